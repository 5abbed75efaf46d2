"""`python bot.py sandbox`: the whole of it, as a person at a terminal has it."""

import asyncio
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rendering.wording.sentences import Sentence
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, Script
from tests.running.program import IN_TERMINAL, ROOT, SANDBOX, SANDBOX_ALONE, run, running

# Several processes, one after another, on a machine that may have other work.
pytestmark = pytest.mark.timeout(150)

_TALK = "@bobbin my name is Ada\nwhat can you do?\nwhat is my name?\n"


async def test_three_turns_remember_and_so_does_the_next_start(tmp_path: Path) -> None:
    """The third answer knows what the first message said; after a new start, it still is known."""
    code, printed = await run(tmp_path, *SANDBOX, typed=_TALK)
    assert code == 0
    assert "No DISCORD_TOKEN is set" in printed
    assert "Your name is Ada" in printed

    code, printed = await run(
        tmp_path,
        *SANDBOX,
        typed="what is my name?\n",
        settings={"DISCORD_TOKEN": "not-for-here", "DISCORD_API_URL": "https://discord.invalid"},
    )
    assert code == 0
    assert "Your name is Ada" in printed
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"sandbox"}
    assert (tmp_path / "data/sandbox/bobbin.db").is_file()


async def test_what_a_terminal_would_obey_is_not_said_to_it(tmp_path: Path) -> None:
    """Escape sequences that the model repeats are shown as signs that cannot be read."""
    typed = "@bobbin felt\x1b]52;c;aGk=\x07\x9b31m\nwhat did I say first?\n"
    code, printed = await run(tmp_path, *SANDBOX, typed=typed)
    assert code == 0
    assert "felt\ufffd]52;c;aGk=\ufffd\ufffd31m" in printed
    assert not {"\x1b", "\x07", "\x9b"} & set(printed)


async def _until_posted(folder: Path, text: str) -> None:
    """Wait until a text is among the messages that the sandbox has written to its file."""
    with closing(sqlite3.connect(folder / "data/sandbox/discord.db")) as world:
        async with asyncio.timeout(30):
            while not any(  # noqa: ASYNC110 - another process writes it
                text in body
                for (body,) in world.execute("SELECT body FROM entity WHERE kind = 'message'")
            ):
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signal_to_the_whole_group_ends_all_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C marks the answer that streams, and ends the bot and its sandbox without a trace."""
    async with running(tmp_path, *SANDBOX) as program:
        program.write("@bobbin a slow answer\n")
        await program.until("#general>")
        await _until_posted(tmp_path, "This is a slow")
        program.signal_group(number)
        assert await program.end() == 0
        assert Sentence.INTERRUPTED in program.printed
        assert "Traceback" not in program.printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_terminal_says_what_is_waited_for(tmp_path: Path, number: signal.Signals) -> None:
    """In mid-answer a signal is answered at once, at the terminal; a second one ends it all."""
    settings = {"SHUTDOWN_GRACE_S": "600"}
    async with running(tmp_path, *SANDBOX, settings=settings) as program:
        program.write("@bobbin a slow answer\n")
        await program.until("#general>")
        await _until_posted(tmp_path, "This is a slow")
        program.signal_group(number)
        again = "Ctrl-C again" if number == signal.SIGINT else "a second signal"
        await program.until(f"\nStopping; {again} ends it at once.\n")
        await program.until("\nWaiting up to 600 s for 1 answer that is being written.\n")
        program.signal_group(number)
        await program.until("\nEnding at once; ")
        assert await program.end() == 128 + number
        assert "Traceback" not in program.printed


async def test_a_sandbox_that_runs_is_not_emptied(tmp_path: Path) -> None:
    """A second sandbox in the same folder is refused in words, and `--reset` empties nothing."""
    data = tmp_path / "data" / "sandbox"
    async with running(tmp_path, *SANDBOX) as program:
        program.write("@bobbin my name is Zelda\n")
        await program.until("#general>")
        await _until_posted(tmp_path, "my name is Zelda")
        before = {path.name: path.stat().st_ino for path in data.iterdir()}
        for arguments in (("--reset",), ()):
            code, printed = await run(tmp_path, *SANDBOX, *arguments)
            assert code == 2
            assert f"The sandbox in {Path('data/sandbox')} runs already" in printed
            assert "Ctrl-C where it runs" in printed
            assert "Traceback" not in printed
        assert {path.name: path.stat().st_ino for path in data.iterdir()} == before
        program.close_input()
        assert await program.end() == 0
    code, printed = await run(tmp_path, *SANDBOX, "--reset", typed="@bobbin what is my name?\n")
    assert code == 0
    assert "Zelda" not in printed


async def test_a_sandbox_that_runs_alone_is_not_emptied(tmp_path: Path) -> None:
    """Nor is one emptied in which no bot runs, but whose Discord does."""
    data = tmp_path / "data" / "sandbox"
    settings = {"PYTHONPATH": str(ROOT)}
    async with running(tmp_path, *SANDBOX_ALONE, "--port", "0", settings=settings) as program:
        await program.until("Ctrl-C ends it.")
        code, printed = await run(tmp_path, *SANDBOX, "--reset")
        assert code == 2
        assert "runs already" in printed
        assert (data / "discord.db").exists()
        program.process.send_signal(signal.SIGINT)
        assert await program.end() == 0


async def test_killed_parent_leaves_no_child(tmp_path: Path) -> None:
    """When the bot is killed, its sandbox ends by itself."""
    async with running(tmp_path, *SANDBOX) as program:
        await program.until("#general>")
        program.process.kill()
        assert await program.end() == -signal.SIGKILL


async def test_without_input_it_serves_until_a_signal(tmp_path: Path) -> None:
    """Where nobody can type, the sandbox goes on serving, and ends with a signal."""
    async with running(tmp_path, *SANDBOX, has_input=False) as program:
        await program.until("serving until it is stopped")
        program.process.send_signal(signal.SIGTERM)
        assert await program.end() == 0


async def test_talking_at_a_terminal(tmp_path: Path) -> None:
    """At a real terminal lines are read, an answer is stopped by /stop, and Ctrl-C ends it all."""
    async with running(tmp_path, *IN_TERMINAL, *SANDBOX, settings={"TERM": "xterm"}) as program:
        await program.until("#general>")
        program.write("@bobbin a slow answer\n")
        await program.until("This is a slow")
        program.write("/stop\n")
        await program.until(str(Sentence.STOPPED).split(maxsplit=2)[-1][:12])
        await program.until("#a slow answer>")
        program.write("\x03")
        assert await program.end() == 0
        assert "Traceback" not in program.printed


async def test_configured_providers_answer(tmp_path: Path) -> None:
    """A provider that is set answers in the sandbox as it would on Discord."""
    async with OpenAIServer(Script(Answer("I am local.")), models=("demo",)) as server:
        settings = {
            "PROVIDERS__LOCAL__BASE_URL": server.base_url,
            "DEFAULT_MODEL": "local/demo",
        }
        code, printed = await run(tmp_path, *SANDBOX, typed="@bobbin hello\n", settings=settings)
    assert code == 0
    assert "I am local." in printed


async def test_taken_port_is_said_and_the_next_one_used(tmp_path: Path) -> None:
    """Where the port is taken, the next free one is, and that is said."""
    async with OpenAIServer(Script()) as taken:
        port = taken.base_url.rsplit(":", 1)[1].partition("/")[0]
        arguments = (*SANDBOX_ALONE, "--port", port)
        settings = {"PYTHONPATH": str(ROOT)}
        async with running(tmp_path, *arguments, settings=settings) as program:
            await program.until("Ctrl-C ends it.")
            assert f"Port {port} is taken" in program.printed
            program.process.send_signal(signal.SIGINT)
            assert await program.end() == 0
            assert "Traceback" not in program.printed


@pytest.mark.parametrize("name", ["discord.db", "playground.db"])
async def test_unreadable_file_is_set_aside(tmp_path: Path, name: str) -> None:
    """A file that cannot be read is renamed, said in a sentence, and the sandbox begins anew."""
    folder = tmp_path / "data/sandbox"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"what is this? " * 500)
    settings = {"PYTHONPATH": str(ROOT)}
    async with running(tmp_path, *SANDBOX_ALONE, "--port", "0", settings=settings) as program:
        await program.until("Ctrl-C ends it.")
        program.process.send_signal(signal.SIGINT)
        assert await program.end() == 0
    told = f"data/sandbox/{name} cannot be read: it is damaged. It begins anew; the old file is"
    assert f"{told} kept as {name}.set-aside-1." in program.printed
    assert "Traceback" not in program.printed
    assert (folder / f"{name}.set-aside-1").read_bytes() == b"what is this? " * 500
