"""`python -m sandbox`: a Discord and a language model on this machine, for a bot to be run against.

Runs until it is told to stop, and prints the environment that a bot needs. What is said in it is
kept in a folder, so that it is all there at the next start.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from sandbox.chat import Chat
from sandbox.demo import demo_answerer
from sandbox.discord.entities import Guild, Person
from sandbox.discord.server import DiscordServer
from sandbox.discord.world import World
from sandbox.playground.server import PlaygroundServer
from sandbox.script import Script

_PORTS_TRIED = 50
_PARENT_LOOKED_AT_EVERY_S = 1.0


def main(arguments: Sequence[str]) -> int:
    """Run the servers, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/sandbox"), help="kept here")
    parser.add_argument("--port", type=int, default=8737, help="of the Discord; 0 takes any")
    parser.add_argument("--env-file", type=Path, help="also write the environment to this file")
    parser.add_argument("--chat", action="store_true", help="chat in this terminal")
    parser.add_argument("--child", action="store_true", help="end with the parent, not by Ctrl-C")
    chosen = parser.parse_args(arguments)
    asyncio.run(_run(chosen))
    return 0


async def _run(chosen: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, (lambda: None) if chosen.child else stop.set)
    chosen.data.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        world = World.open(chosen.data / "discord.db")
        stack.callback(world.close)
        guild, person = _inhabit(world)
        discord_server = await _listening(stack, world, chosen.port)
        script = Script(default=demo_answerer())
        playground = await stack.enter_async_context(
            PlaygroundServer(script, store=chosen.data / "playground.db")
        )
        environment = {
            "DISCORD_TOKEN": world.bot.token,
            "DISCORD_API_URL": discord_server.api_url,
            "ALLENAI_BASE_URL": playground.base_url,
        }
        _announce(environment, chosen.env_file, is_quiet=chosen.child)
        waits: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait(), name="until-stopped")]
        if chosen.child:
            waits.append(asyncio.create_task(_until_orphaned(), name="until-orphaned"))
        if chosen.chat:
            chat = _chat(Chat(discord_server, world, guild, person), is_child=chosen.child)
            waits.append(asyncio.create_task(chat, name="chat"))
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()


async def _chat(chat: Chat, *, is_child: bool) -> None:
    """Chat; a child then asks its parent to end, and goes on serving until the parent has."""
    await chat.run()
    if is_child:
        os.kill(os.getppid(), signal.SIGTERM)
        await asyncio.get_running_loop().create_future()


def _inhabit(world: World) -> tuple[Guild, Person]:
    """Give the guild and the person of this world; a new world gets them, and two channels."""
    people = [person for person in world.people.values() if not person.is_bot]
    if world.guilds:
        return next(iter(world.guilds.values())), people[0]
    guild = world.create_guild("Sandbox")
    world.create_text_channel(guild, "general")
    world.create_text_channel(guild, "random")
    world.create_forum(guild, "questions")
    for name in ("you", "alice", "bob"):
        world.join(guild, world.create_person(name))
    world.join(guild, world.bot)
    return guild, next(person for person in world.people.values() if person.name == "you")


async def _listening(stack: AsyncExitStack, world: World, port: int) -> DiscordServer:
    """Serve the Discord on the port, or on the next free one."""
    for candidate in range(port, port + _PORTS_TRIED if port else 1):
        try:
            return await stack.enter_async_context(DiscordServer(world, port=candidate))
        except OSError as error:
            print(f"Port {candidate} is taken ({error.strerror}); trying the next.")  # noqa: T201
    raise SystemExit(f"No free port from {port} on: choose another with SANDBOX_PORT.")


def _announce(environment: Mapping[str, str], path: Path | None, *, is_quiet: bool) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in environment.items())
    if not is_quiet:
        print("The sandbox is running. A bot needs this environment:\n\n" + lines)  # noqa: T201
        print("Ctrl-C ends it.", flush=True)  # noqa: T201
    if path is not None:
        partial = path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(lines)
        partial.replace(path)


async def _until_orphaned() -> None:
    """Wait until the process that started this one is gone, however it went."""
    parent_id = os.getppid()
    while os.getppid() == parent_id:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(_PARENT_LOOKED_AT_EVERY_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
