"""A plain chat in the terminal: one person, in the sandbox's Discord, over the real servers."""

import asyncio
import re
import sys
import threading

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from sandbox.discord_server import DiscordServer
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.world.entities import ChannelKind, Guild, Message, MessageKind, Payload, Person
from sandbox.world.world import World

_BOT_LIMIT_S = 60.0
_ANSWER_LIMIT_S = 300.0
_QUIET_S = 0.6
"""An answer without a Stop button, and nothing new for so long, is over."""

_HARMLESS = dict.fromkeys(
    (*range(9), *range(11, 32), *range(0x7F, 0xA0)), "\N{REPLACEMENT CHARACTER}"
)
"""What a terminal would obey instead of showing it: a model may write anything."""

_WELCOME = """
[bold]This is a small Discord on your own machine.[/bold]
You are in its channel #general, and so is the bot. Mention it to begin:

    @{bot} my name is Ada

It opens a thread and answers there. In its thread, go on without a mention:

    what can you do?
    what is my name?
"""
_WELCOME_BACK = """
[bold]You are back in “{thread}”.[/bold] Go on without a mention; the bot remembers:

    what did I say first?
"""
_HOW_TO = """\
[dim]/help tells what the bot can do, and /stop, while it writes, stops it.
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
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._kept: list[str | None] = []

    async def run(self) -> None:
        """Chat until the person has had enough; where there is none, go on until cancelled."""
        try:
            await self._server.until(lambda: self._server.gateway.is_connected, _BOT_LIMIT_S)
        except TimeoutError:
            self._console.print(f"No bot came within {_BOT_LIMIT_S:g} s: see its log.")
            return
        self._welcome()
        reader = threading.Thread(
            target=_read, args=(asyncio.get_running_loop(), self._lines), daemon=True
        )
        reader.start()
        try:
            await self._converse()
        finally:
            self._console.print()

    def _welcome(self) -> None:
        if self._place is self._general:
            self._console.print(_WELCOME.format(bot=self._world.bot.name))
        else:
            self._console.print(_WELCOME_BACK.format(thread=escape(_harmless(self._place.name))))
        self._console.print(_HOW_TO)

    async def _converse(self) -> None:
        is_anybody_there = sys.stdin is not None and sys.stdin.isatty()
        while True:
            self._console.print(f"[bold cyan]#{escape(self._place.name)}>[/bold cyan] ", end="")
            line = self._kept.pop(0) if self._kept else await self._lines.get()
            if line is None and not is_anybody_there:
                self._console.print("\nNobody types here: serving until it is stopped.")
                await asyncio.get_running_loop().create_future()
            if line is None or line.strip() == "/quit":
                return
            is_anybody_there = True
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
                await self._follow(self._actor.say(self._place, text))
        except (ClientRefusedError, TimeoutError) as error:
            self._console.print(str(error), style="red", markup=False)

    async def _follow(self, question: Message) -> None:
        """Show the answer; /stop is obeyed meanwhile, and any other line waits until it is over."""
        if self._world.bot.id not in question.mention_ids and self._place is self._general:
            self._console.print(f"[dim](mention @{self._world.bot.name} to be answered)[/dim]")
            return
        showing = asyncio.create_task(self._show_answer(question), name="answer")
        try:
            while not showing.done() and None not in self._kept:
                listening = asyncio.create_task(self._lines.get(), name="line")
                await asyncio.wait({showing, listening}, return_when=asyncio.FIRST_COMPLETED)
                if not listening.done():
                    listening.cancel()
                elif (line := listening.result()) is not None and line.strip() == "/stop":
                    await self._command("stop")
                else:
                    self._kept.append(line)
            await showing
        finally:
            showing.cancel()

    async def _command(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        known = [it for it in self._world.commands.values() if it.name == name]
        options: list[Payload] = known[0].body.get("options", []) if known else []
        given = {str(options[0]["name"]): rest} if rest and options else {}
        record = await self._actor.slash(self._place, name, **given)
        if record.modal is not None:
            self._console.print("[dim](a form opens: this terminal cannot show it)[/dim]")
        elif record.response is not None:
            self._console.print(_harmless(record.response.content), style="dim", markup=False)

    async def _show_answer(self, question: Message) -> None:
        """Follow into the thread that the bot opens, and show its answer until that is over."""
        try:
            with Live(Text("…"), console=self._console, auto_refresh=False, transient=True) as live:
                await self._watch(question, live)
        finally:
            for message in self._answers_to(question):
                self._console.print(_harmless(message.content), markup=False, soft_wrap=True)

    async def _watch(self, question: Message, live: Live) -> None:
        while True:
            messages = self._answers_to(question)
            live.update(self._last_lines(messages), refresh=True)
            if messages and not any(it.components for it in messages):
                if not await self._has_news(question, messages, _QUIET_S):
                    return
            elif not await self._has_news(question, messages, _ANSWER_LIMIT_S):
                raise TimeoutError("The bot did not answer: see its log.")

    def _last_lines(self, messages: list[Message]) -> Text:
        """Return as much of an answer's end as the terminal can show at once."""
        text = Text(_harmless("\n".join(it.content for it in messages)) or "…")
        lines = text.wrap(self._console, self._console.width)
        return Text("\n").join(lines[-max(1, self._console.height - 2) :])

    def _answers_to(self, question: Message) -> list[Message]:
        thread = self._world.channels.get(question.id)
        if thread is not None and self._place is not thread:
            self._place = thread
            name = escape(_harmless(thread.name))
            self._console.print(f"[dim]→ the bot opened the thread “{name}”[/dim]")
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


def _harmless(text: str) -> str:
    return text.translate(_HARMLESS)


def _look(message: Message) -> tuple[int, str, int]:
    return message.id, message.content, len(message.components)


def _read(loop: asyncio.AbstractEventLoop, lines: "asyncio.Queue[str | None]") -> None:
    """Hand lines over from a thread of its own: a terminal cannot be read without blocking."""
    for line in sys.stdin or ():
        loop.call_soon_threadsafe(lines.put_nowait, line)
    loop.call_soon_threadsafe(lines.put_nowait, None)
