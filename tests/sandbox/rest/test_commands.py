"""The registration of application commands over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from sandbox.discord_server import DiscordServer
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.rest.rate_limits import Limits
from sandbox.world.entities import Channel, Guild, Person
from sandbox.world.world import World

Body = dict[str, Any]


def slash(name: str, **more: Any) -> Body:
    """Write a slash command."""
    return {"name": name, "type": 1, "description": "does it", **more}


@dataclass(frozen=True, slots=True)
class Portal:
    """A bot's HTTP client, and a guild that it is in."""

    server: DiscordServer
    session: aiohttp.ClientSession
    guild: Guild
    person: Person
    channel: Channel

    @property
    def everywhere(self) -> str:
        """The path of global commands."""
        return f"/applications/{self.server.world.bot.id}/commands"

    @property
    def here(self) -> str:
        """The path of the guild's commands."""
        return f"/applications/{self.server.world.bot.id}/guilds/{self.guild.id}/commands"

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send a request with the bot's token, and give status and JSON."""
        headers = {"Authorization": f"Bot {self.server.world.bot.token}"}
        url = self.server.api_url + path
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    def offered(self) -> list[str]:
        """Return the names of what the person can type in the channel."""
        commands = self.server.acting.commands(self.person, self.channel)
        return [command.name for command in commands]


@pytest.fixture
async def portal() -> AsyncIterator[Portal]:
    """Serve a guild with a bot, a person and a channel."""
    world = World()
    guild = world.create_guild("Weavers")
    world.join(guild, world.bot)
    person = world.create_person("ada")
    world.join(guild, person)
    channel = world.create_text_channel(guild, "general")
    async with (
        DiscordServer(world, limits=Limits.off()) as server,
        aiohttp.ClientSession() as session,
    ):
        yield Portal(server, session, guild, person, channel)


async def test_a_command_lives_from_creation_to_deletion(portal: Portal) -> None:
    """A command is created, read, changed and deleted under one id; each change is a version."""
    status, created = await portal.ask("POST", portal.everywhere, slash("weave"))
    assert status == 201
    one = f"{portal.everywhere}/{created['id']}"
    status, changed = await portal.ask("PATCH", one, {"description": "does more"})
    assert (status, changed["id"], changed["name"]) == (200, created["id"], "weave")
    assert changed["version"] != created["version"]
    assert (await portal.ask("GET", one))[1] == changed
    assert (await portal.ask("DELETE", one))[0] == 204
    status, body = await portal.ask("GET", one)
    assert (status, body["code"]) == (404, 10063)


async def test_replacing_all_keeps_what_stays_the_same(portal: Portal) -> None:
    """A bulk PUT keeps id and version of equal commands, and removes what it does not name."""
    _, first = await portal.ask("PUT", portal.everywhere, [slash("weave"), slash("spin")])
    _, second = await portal.ask("PUT", portal.everywhere, [slash("weave"), slash("dye")])
    assert second[0] == first[0]
    _, found = await portal.ask("GET", portal.everywhere)
    assert [each["name"] for each in found] == ["weave", "dye"]
    assert await portal.ask("PUT", portal.everywhere, []) == (200, [])


async def test_a_guild_has_commands_of_its_own(portal: Portal) -> None:
    """Guild commands cover global ones of the same name, and are not listed with them."""
    await portal.ask("PUT", portal.everywhere, [slash("weave"), slash("spin")])
    _, own = await portal.ask("POST", portal.here, slash("weave"))
    assert own["guild_id"] == str(portal.guild.id)
    assert portal.offered() == ["spin", "weave"]
    offered = portal.server.acting.commands(portal.person, portal.channel)
    assert offered[1].id == int(own["id"])
    direct = portal.server.person(portal.person).open_direct_message()
    assert len(portal.server.acting.commands(portal.person, direct)) == 2


async def test_commands_are_offered_where_they_are_meant_to_be(portal: Portal) -> None:
    """Contexts and default permissions decide who is offered a command, and where."""
    direct_only = slash("whisper", contexts=[1])
    for_moderators = slash("ban", default_member_permissions="8192")
    await portal.ask("PUT", portal.everywhere, [direct_only, for_moderators, slash("weave")])
    assert portal.offered() == ["weave"]
    with pytest.raises(ClientRefusedError, match="what is: /weave"):
        await portal.server.acting.slash(portal.person, portal.channel, "ban")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (slash("Weave"), "name"),
        (slash("two words"), "name"),
        (slash(""), "name"),
        (slash("w" * 33), "name"),
        ({"name": "weave", "type": 1}, "description"),
        (slash("weave", type=9), "type"),
        ({"name": "Weave", "type": 3, "description": "not here"}, "description"),
        (
            slash("weave", options=[{"type": 3, "name": "Yarn", "description": "d"}]),
            "options.0.name",
        ),
        (
            slash(
                "weave",
                options=[
                    {"type": 3, "name": "yarn", "description": "d"},
                    {"type": 3, "name": "loom", "description": "d", "required": True},
                ],
            ),
            "options.1",
        ),
        (
            slash(
                "weave",
                options=[
                    {
                        "type": 3,
                        "name": "yarn",
                        "description": "d",
                        "choices": [{"name": "a", "value": "a"}] * 26,
                    }
                ],
            ),
            "options.0.choices",
        ),
    ],
)
async def test_a_command_that_breaks_a_rule_is_refused(
    portal: Portal, body: Body, path: str
) -> None:
    """Code 50035 names the field; in a bulk request behind the command's index."""
    status, answer = await portal.ask("POST", portal.everywhere, body)
    assert (status, answer["code"]) == (400, 50035)
    assert _at(answer["errors"], path)["_errors"]
    _, answer = await portal.ask("PUT", portal.everywhere, [slash("fine"), body])
    assert _at(answer["errors"], f"1.{path}")["_errors"]
    assert portal.offered() == []


async def test_two_commands_cannot_share_a_name(portal: Portal) -> None:
    """A bulk request with the same name twice is refused; a slash command and a menu may share."""
    status, _ = await portal.ask("PUT", portal.everywhere, [slash("weave"), slash("weave")])
    assert status == 400
    menu = {"name": "weave", "type": 3}
    status, _ = await portal.ask("PUT", portal.everywhere, [slash("weave"), menu])
    assert status == 200


async def test_creations_are_counted(portal: Portal) -> None:
    """Past 200 new commands a day code 30034 refuses; changing the ones there are stays free."""
    first, second = ([slash(f"{word}-{at}") for at in range(100)] for word in ("weave", "spin"))
    for commands in (first, second, second):
        assert (await portal.ask("PUT", portal.here, commands))[0] == 200
    status, body = await portal.ask("PUT", portal.here, [slash("one-more")])
    assert (status, body["code"]) == (400, 30034)


async def test_another_application_is_unknown(portal: Portal) -> None:
    """A bot has the commands of its own application only."""
    status, body = await portal.ask("GET", "/applications/1/commands")
    assert (status, body["code"]) == (404, 10002)


def _at(errors: Any, path: str) -> Any:
    """Go down to the errors of a field."""
    for step in path.split("."):
        errors = errors[step]
    return errors
