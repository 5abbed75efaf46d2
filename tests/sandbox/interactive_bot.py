"""A bot with one of each: what the tests of interactions click, type and choose."""

import asyncio
import re
from typing import Any, Self

import discord
from discord import app_commands

Given = discord.Interaction[Any]
AnyCommand = app_commands.Command[Any, ..., None]


class Rename(discord.ui.Modal, title="Rename"):
    """A form with a field that is filled in and one that is not."""

    name: discord.ui.TextInput[Self] = discord.ui.TextInput(label="Name", default="loom")
    why: discord.ui.TextInput[Self] = discord.ui.TextInput(
        label="Why", required=False, placeholder="optional", max_length=10
    )

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        """Say what was put in."""
        await interaction.response.send_message(f"{self.name.value}/{self.why.value}")


class Tune(discord.ui.Modal, title="Tune"):
    """A form of labels, with a text between them."""

    how: discord.ui.Label[Self] = discord.ui.Label(
        text="How", component=discord.ui.TextInput(custom_id="how", required=False)
    )
    note: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay("Choose with care.")
    pitch: discord.ui.Label[Self] = discord.ui.Label(
        text="Pitch",
        component=discord.ui.Select(
            custom_id="pitch", options=[discord.SelectOption(label="High", value="h")]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        """Change the message whose button opened this."""
        how, pitch = self.how.component, self.pitch.component
        assert isinstance(how, discord.ui.TextInput)
        assert isinstance(pitch, discord.ui.Select)
        await interaction.response.edit_message(content=f"{how.value} {pitch.values}")


class Vote(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"vote:(?P<count>\d+)"):
    """A button that knows its number from its custom id alone."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(discord.ui.Button(label=f"Votes: {count}", custom_id=f"vote:{count}"))

    @classmethod
    async def from_custom_id(
        cls, interaction: Given, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make it again from its custom id."""
        assert interaction.type is discord.InteractionType.component
        assert item.type is discord.ComponentType.button
        return cls(int(match["count"]))

    async def callback(self, interaction: Given) -> None:
        """Count one more."""
        view = discord.ui.View(timeout=None)
        view.add_item(Vote(self.count + 1))
        await interaction.response.edit_message(content=f"{self.count + 1} votes", view=view)


class Palette(discord.ui.View):
    """Menus of both kinds, and a button that opens a form."""

    @discord.ui.select(
        custom_id="colour",
        options=[discord.SelectOption(label="Red", value="r"), discord.SelectOption(label="Blue")],
    )
    async def colour(self, interaction: Given, menu: discord.ui.Select[Self]) -> None:
        """Say which value was chosen, later."""
        await interaction.response.defer()
        await interaction.edit_original_response(content=f"chose {menu.values[0]}")

    @discord.ui.button(label="Tune", custom_id="tune")
    async def tune(self, interaction: Given, button: discord.ui.Button[Self]) -> None:
        """Open a form."""
        assert button.custom_id == "tune"
        await interaction.response.send_modal(Tune())

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who")
    async def who(self, interaction: Given, menu: discord.ui.UserSelect[Self]) -> None:
        """Say who was chosen, to that person alone."""
        await interaction.response.send_message(f"chose {menu.values[0].name}", ephemeral=True)


class InteractiveBot(discord.Client):
    """Registers its commands in `setup_hook`.

    Args:
        pause_s: How long `/slow` waits before it answers.
    """

    def __init__(self, pause_s: float = 0.0) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.pause_s = pause_s
        self.refusals: list[int] = []

    async def setup_hook(self) -> None:
        """Register everything."""
        self.add_dynamic_items(Vote)
        commands: list[AnyCommand] = [echo, whisper, think, look, slow, rename, vote, palette]
        menus = [quote, wave]
        for command in [*commands, *menus]:
            self.tree.add_command(command)
        group = app_commands.Group(name="loom", description="Looms")
        subcommands: list[AnyCommand] = [thread_loom]
        group.add_command(subcommands[0])
        self.tree.add_command(group)
        await self.tree.sync()


@app_commands.command()
async def echo(interaction: Given, text: app_commands.Range[str, 1, 10], times: int = 1) -> None:
    """Say it again."""
    await interaction.response.send_message(" ".join([text] * times))


@echo.autocomplete("text")
async def _complete(interaction: Given, current: str) -> list[app_commands.Choice[str]]:
    words = ["warp", "weft", "wool", str(interaction.namespace.times)]
    return [app_commands.Choice(name=f"{w}!", value=w) for w in words if w.startswith(current)]


@app_commands.command()
async def whisper(interaction: Given) -> None:
    """Answer for one person's eyes."""
    view = discord.ui.View(timeout=None)
    view.add_item(Vote(1))
    await interaction.response.send_message("psst", ephemeral=True, view=view)
    await interaction.followup.send("and more", ephemeral=True)


@app_commands.command()
async def think(interaction: Given) -> None:
    """Defer, answer, follow up, change, delete."""
    await interaction.response.defer(thinking=True)
    await interaction.followup.send("thought")
    second = await interaction.followup.send("doubt", wait=True)
    third = await interaction.followup.send("error", wait=True)
    await second.edit(content="certainty")
    await third.delete()
    assert (await interaction.original_response()).content == "thought"


@app_commands.command()
async def look(
    interaction: Given,
    user: discord.Member,
    channel: discord.TextChannel,
    role: discord.Role,
) -> None:
    """Say what the options were resolved to."""
    assert interaction.guild is not None
    assert interaction.app_permissions.send_messages
    assert interaction.permissions.use_application_commands
    await interaction.response.send_message(f"{user.name} {channel.name} {role.name}")


@app_commands.command()
async def slow(interaction: Given) -> None:
    """Answer too late."""
    bot = interaction.client
    assert isinstance(bot, InteractiveBot)
    await asyncio.sleep(bot.pause_s)
    try:
        await interaction.response.send_message("sorry")
    except discord.NotFound as error:
        bot.refusals.append(error.code)


@app_commands.command()
async def rename(interaction: Given) -> None:
    """Open a form."""
    await interaction.response.send_modal(Rename())


@app_commands.command()
async def vote(interaction: Given) -> None:
    """Post a button."""
    view = discord.ui.View(timeout=None)
    view.add_item(Vote(0))
    await interaction.response.send_message("no votes", view=view)


@app_commands.command()
async def palette(interaction: Given) -> None:
    """Post menus."""
    await interaction.response.send_message("choose", view=Palette())


@app_commands.command(name="thread")
async def thread_loom(interaction: Given, warp: int) -> None:
    """Answer a subcommand."""
    await interaction.response.send_message(f"threaded {warp}")


@app_commands.context_menu(name="Quote")
async def quote(interaction: Given, message: discord.Message) -> None:
    """Quote a message."""
    await interaction.response.send_message(f"> {message.content}")


@app_commands.context_menu(name="Wave")
async def wave(interaction: Given, user: discord.User) -> None:
    """Greet a person."""
    await interaction.response.send_message(f"hello {user.name}")
