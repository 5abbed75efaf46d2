"""A plain chat in the terminal: one person, in the sandbox's Discord, over the real servers."""

import asyncio
import re
import sys
import threading

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sandbox.discord.client_refusal import ClientRefusedError
from sandbox.discord.entities import ChannelKind, Guild, Message, MessageKind, Payload, Person
from sandbox.discord.server import DiscordServer
from sandbox.discord.world import World

_BOT_LIMIT_S = 60.0
_ANSWER_LIMIT_S = 300.0
_QUIET_S = 0.6
"""An answer without a Stop button, and nothing new for so long, is over."""

_WELCOME = """
[bold]This is a small Discord on your own machine.[/bold]
You are in #general, with a bot that has a demo model behind it.
Mention the bot to begin, and go on without a mention in its thread:

    @{bot} what can you do?

[dim]/help, /model, /stop, /reset are the bot's commands.
/general leaves the thread, /quit ends.[/dim]
"""


class Chat:
    """Reads lines, says them as a person, and shows what the bot answers as it is written.

    Args:
        server: The Discord.
        world: What is in it.
        guild: The server to chat in.
        person: Who is chatting.
    """

    def __init__(self, server: DiscordServer, world: World, guild: Guild, person: Person) -> None:
        self._server = server
        self._world = world
        self._actor = server.person(person)
        self._console = Console(highlight=False)
        channels = [it for it in world.channels.values() if it.guild_id == guild.id]
        self._general = next(it for it in channels if it.name == "general")
        threads = [it for it in channels if it.kind is ChannelKind.PUBLIC_THREAD]
        self._place = max(threads, key=lambda it: it.last_message_id or 0, default=self._general)

    async def run(self) -> None:
        """Chat until the person has had enough."""
        await self._server.until(lambda: self._server.gateway.is_connected, _BOT_LIMIT_S)
        self._console.print(_WELCOME.format(bot=self._world.bot.name))
        if self._place is not self._general:
            self._console.print(f"[dim]You are back in the thread “{self._place.name}”.[/dim]")
        lines: asyncio.Queue[str | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        threading.Thread(target=_read, args=(loop, lines), daemon=True).start()
        while True:
            self._console.print(f"[bold cyan]#{self._place.name}>[/bold cyan] ", end="")
            line = await lines.get()
            if line is None or line.strip() == "/quit":
                return
            if line.strip():
                await self._act(line.strip())

    async def _act(self, line: str) -> None:
        try:
            if line == "/general":
                self._place = self._general
            elif line.startswith("/"):
                await self._command(line[1:])
            else:
                bot = self._world.bot
                text = re.sub(f"@{re.escape(bot.name)}", bot.mention, line, flags=re.IGNORECASE)
                await self._show_answer(self._actor.say(self._place, text))
        except (ClientRefusedError, TimeoutError) as error:
            self._console.print(f"[red]{error}[/red]")

    async def _command(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        known = [it for it in self._world.commands.values() if it.name == name]
        options: list[Payload] = known[0].body.get("options", []) if known else []
        given = {str(options[0]["name"]): rest} if rest and options else {}
        record = await self._actor.slash(self._place, name, **given)
        if record.modal is not None:
            self._console.print("[dim](a form opens: this terminal cannot show it)[/dim]")
        elif record.response is not None:
            self._console.print(record.response.content, style="dim", markup=False)

    async def _show_answer(self, question: Message) -> None:
        """Follow into the thread that the bot opens, and show its answer until that is over."""
        if self._world.bot.id not in question.mention_ids and self._place is self._general:
            self._console.print(f"[dim](mention @{self._world.bot.name} to be answered)[/dim]")
            return
        with Live(Text("…"), console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                messages = self._answers_to(question)
                live.update(Text("\n".join(it.content for it in messages) or "…"), refresh=True)
                if messages and not any(it.components for it in messages):
                    if not await self._has_news(question, messages, _QUIET_S):
                        break
                elif not await self._has_news(question, messages, _ANSWER_LIMIT_S):
                    raise TimeoutError("The bot did not answer: see its log.")
        for message in messages:
            self._console.print(message.content, markup=False)

    def _answers_to(self, question: Message) -> list[Message]:
        thread = self._world.channels.get(question.id)
        if thread is not None and self._place is not thread:
            self._place = thread
            self._console.print(f"[dim]→ the bot opened the thread “{thread.name}”[/dim]")
        return [
            message
            for message in self._server.messages(self._place)
            if message.author_id == self._world.bot.id
            and message.id > question.id
            and message.kind is not MessageKind.THREAD_STARTER_MESSAGE
        ]

    async def _has_news(self, question: Message, seen: list[Message], timeout_s: float) -> bool:
        before = [_look(message) for message in seen]
        try:
            await self._server.until(
                lambda: [_look(message) for message in self._answers_to(question)] != before,
                timeout_s,
            )
        except TimeoutError:
            return False
        return True


def _look(message: Message) -> tuple[int, str, int]:
    return message.id, message.content, len(message.components)


def _read(loop: asyncio.AbstractEventLoop, lines: "asyncio.Queue[str | None]") -> None:
    """Hand lines over from a thread of its own: a terminal cannot be read without blocking."""
    for line in sys.stdin:
        loop.call_soon_threadsafe(lines.put_nowait, line)
    loop.call_soon_threadsafe(lines.put_nowait, None)
