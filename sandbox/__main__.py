"""`python -m sandbox`: a Discord and a language model on this machine, for a bot to be run against.

Runs until it is told to stop, and prints the environment that a bot needs. What is said in it is
kept in a folder, so that it is all there at the next start.
"""

import argparse
import asyncio
import errno
import os
import secrets
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from sandbox.chat import Chat
from sandbox.demo.model import demo_answerer
from sandbox.discord_server import DiscordServer
from sandbox.lifeline import Lifeline
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.playground.store import UnreadableStoreError
from sandbox.models.script import Script
from sandbox.page.server import PageServer
from sandbox.set_aside import set_aside
from sandbox.world.entities import Guild, Person
from sandbox.world.journal import UnreadableWorldError
from sandbox.world.world import World

_PORTS_TRIED = 50
_PEOPLE = ("you", "alice", "bob")


class _CannotStartError(Exception):
    """The sandbox cannot start; the text says to its person why, and what to do."""


def main(arguments: Sequence[str]) -> int:
    """Run the servers, and give the exit code: 0, or 2 for what has to be mended first."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/sandbox"), help="kept here")
    parser.add_argument("--port", type=int, default=8737, help="of the page; 0 takes any")
    parser.add_argument("--chat", action="store_true", help="chat in this terminal")
    parser.add_argument("--lifeline", type=int, help="a socket to the parent; see lifeline.py")
    chosen = parser.parse_args(arguments)
    os.umask(0o077)  # what is said here is nobody else's on this machine
    try:
        asyncio.run(_run(chosen))
    except _CannotStartError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


async def _run(chosen: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    chosen.data.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        world = _opened(chosen.data)
        stack.callback(world.close)
        guild, people = _inhabit(world)
        discord_server = await stack.enter_async_context(DiscordServer(world))
        token = _page_token(chosen.data)
        page = await _on_free_port(
            stack,
            chosen.port,
            lambda port: PageServer(discord_server, world, guild, people, port=port, token=token),
        )
        playground = await _answering(stack, chosen.data)
        environment = {
            "DISCORD_TOKEN": world.bot.token,
            "DISCORD_API_URL": discord_server.api_url,
            "ALLENAI_BASE_URL": playground.base_url,
        }
        lifeline = None
        if chosen.lifeline is not None:
            lifeline = await stack.enter_async_context(Lifeline(chosen.lifeline))
            lifeline.tell(environment)
        else:
            _announce(environment)
        print(f"Open this page in your browser: {page.url}\n", flush=True)  # noqa: T201
        chat = Chat(discord_server, world, guild, people[0]) if chosen.chat else None
        await _serve(stop, chat, lifeline)


async def _serve(stop: asyncio.Event, chat: Chat | None, lifeline: Lifeline | None) -> None:
    """Wait until a signal, the parent or the chat's person ends it."""
    waits: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait(), name="until-stopped")]
    if lifeline is not None:
        waits.append(asyncio.create_task(lifeline.until_cut(), name="until-cut"))
    if chat is not None:
        waits.append(asyncio.create_task(_chat(chat, lifeline), name="chat"))
    done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


async def _chat(chat: Chat, lifeline: Lifeline | None) -> None:
    """Chat; a child then asks its parent for the end, and goes on serving until that comes."""
    await chat.run()
    if lifeline is not None:
        lifeline.ask_for_end()
        await asyncio.get_running_loop().create_future()


def _opened(folder: Path) -> World:
    """Bring back what was said in the Discord, or begin anew where that cannot be read."""
    path = folder / "discord.db"
    try:
        return World.open(path)
    except UnreadableWorldError as error:
        _begin_anew(path, error)
        return World.open(path)
    except sqlite3.Error as error:
        raise _CannotStartError(f"{path} cannot be opened: {error}.") from error


async def _answering(stack: AsyncExitStack, folder: Path) -> PlaygroundServer:
    """Serve the demo model, which begins anew where its memory cannot be read."""
    path = folder / "playground.db"

    def made() -> PlaygroundServer:
        return PlaygroundServer(Script(default=demo_answerer()), store=path)

    try:
        return await stack.enter_async_context(made())
    except UnreadableStoreError as error:
        _begin_anew(path, error)
        return await stack.enter_async_context(made())
    except sqlite3.Error as error:
        raise _CannotStartError(f"{path} cannot be opened: {error}.") from error


def _begin_anew(path: Path, error: Exception) -> None:
    """Set a file aside and say so."""
    target = set_aside(path)
    print(  # noqa: T201
        f"What the sandbox kept in {path} cannot be read: {error}. It begins anew; the old file "
        f"is kept as {target.name}.",
        flush=True,
    )


def _inhabit(world: World) -> tuple[Guild, list[Person]]:
    """Return the guild and its people, the one at the keyboard first; a new world gets them."""
    if not world.guilds:
        people = [world.create_person(name) for name in _PEOPLE]
        guild = world.create_guild("Sandbox", owner=people[0])
        world.create_text_channel(guild, "general")
        world.create_text_channel(guild, "random")
        world.create_forum(guild, "questions")
        for somebody in (*people[1:], world.bot):
            world.join(guild, somebody)
    by_name = {person.name: person for person in world.people.values()}
    return next(iter(world.guilds.values())), [by_name[name] for name in _PEOPLE]


def _page_token(folder: Path) -> str:
    """Return what the page's link carries; it is kept, so that an old link still opens the page."""
    path = folder / "page-token"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text().strip()


async def _on_free_port(
    stack: AsyncExitStack, port: int, make: Callable[[int], PageServer]
) -> PageServer:
    """Serve the page on the port, or on the next free one."""
    last = min(port + _PORTS_TRIED, 65_536)
    for candidate in range(port, last) if port else (0,):
        try:
            server = await stack.enter_async_context(make(candidate))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise _CannotStartError(f"Port {candidate} cannot be used: {error}.") from error
            continue
        if candidate != port:
            print(f"Port {port} is taken; the page is on {candidate}.", flush=True)  # noqa: T201
        return server
    raise _CannotStartError(
        f"Every port from {port} to {last - 1} is taken: choose another with SANDBOX_PORT "
        "(--port, where the sandbox runs alone)."
    )


def _announce(environment: Mapping[str, str]) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in environment.items())
    print("The sandbox is running. A bot needs this environment:\n\n" + lines)  # noqa: T201
    print("Ctrl-C ends it.", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
