"""How the bot that runs on Discord ends, and how it says why it cannot start."""

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web

from rendering.wording.sentences import Sentence
from sandbox.guard import listen
from sandbox.models.script import Answer, Gate
from tests.e2e.scene import Scene, opened_scene
from tests.running.program import BOT, IN_TERMINAL, run, running

_AT_ONCE_S = 3.0
_DOCKER_WAITS_S = 10.0
"""Docker documentation, `docker stop`: the default of `--time`."""


def _settings(scene: Scene, **settings: str) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": scene.world.bot.token,
        "DISCORD_API_URL": scene.discord.api_url,
        "ALLENAI_BASE_URL": scene.playground.base_url,
        **settings,
    }


async def _until_connected(scene: Scene) -> None:
    await scene.until(lambda: scene.discord.gateway.is_connected, 20.0)


def _has_words(program_printed: str, *words: str) -> None:
    assert "Traceback" not in program_printed
    for each in words:
        assert each in program_printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signal_marks_the_answer_that_streams(tmp_path: Path, number: signal.Signals) -> None:
    """A signal ends the bot with exit code 0, and what streams says that it was interrupted."""
    gate = Gate()
    async with opened_scene(tmp_path / "unused") as scene:
        scene.script.queue(Answer("Once upon a time", chunks=["Once upon", " a time"], hold=gate))
        async with running(tmp_path, *BOT, settings=_settings(scene)) as program:
            await _until_connected(scene)
            gate.release()
            question = scene.actor(scene.ann).say(scene.channel, scene.mention("a story"))
            thread = await scene.thread_of(question)
            await scene.until(lambda: [m for m in scene.from_bot(thread) if "Once" in m.content])
            program.process.send_signal(number)
            assert await program.end() == 0
            _has_words(program.printed, "stopped")
        (shown,) = scene.finished(thread)
        assert shown.content.startswith("Once upon")
        assert shown.content.endswith(Sentence.INTERRUPTED)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_second_signal_ends_at_once(tmp_path: Path, number: signal.Signals) -> None:
    """A second signal waits for nothing; the next start goes on with what streamed."""
    gate = Gate()
    async with opened_scene(tmp_path / "unused") as scene:
        scene.script.queue(Answer("Once upon a time", chunks=["Once upon", " a time"], hold=gate))
        settings = _settings(scene, SHUTDOWN_GRACE_S="600")
        async with running(tmp_path, *BOT, settings=settings) as program:
            await _until_connected(scene)
            gate.release()
            question = scene.actor(scene.ann).say(scene.channel, scene.mention("a story"))
            thread = await scene.thread_of(question)
            await scene.until(lambda: [m for m in scene.from_bot(thread) if "Once" in m.content])
            program.process.send_signal(number)
            await program.until("waiting up to 600 s for 1 answers")
            program.process.send_signal(number)
            began_s = time.monotonic()
            assert await program.end() == 128 + number
            assert time.monotonic() - began_s < _AT_ONCE_S
            _has_words(program.printed, "a second signal: ending at once")
        async with running(tmp_path, *BOT, settings=_settings(scene)) as program:
            answer = await scene.answer_in(thread)
            assert answer.content == "You said: a story"


async def test_a_terminal_that_shows_no_log_is_told_what_is_waited_for(tmp_path: Path) -> None:
    """Where the log's level hides it, Ctrl-C in mid-answer is answered at the terminal."""
    gate = Gate()
    async with opened_scene(tmp_path / "unused") as scene:
        scene.script.queue(Answer("Once upon a time", chunks=["Once upon", " a time"], hold=gate))
        settings = _settings(scene, SHUTDOWN_GRACE_S="1", LOG_LEVEL="WARNING")
        async with running(tmp_path, *IN_TERMINAL, *BOT, settings=settings) as program:
            await _until_connected(scene)
            gate.release()
            question = scene.actor(scene.ann).say(scene.channel, scene.mention("a story"))
            thread = await scene.thread_of(question)
            await scene.until(lambda: [m for m in scene.from_bot(thread) if "Once" in m.content])
            program.write("\x03")
            await program.until("Stopping; Ctrl-C again ends it at once.")
            await program.until("Waiting up to 1 s for 1 answer that is being written.")
            assert await program.end() == 0


@pytest.mark.parametrize("is_discord_slow", [False, True])
@pytest.mark.timeout(120)
async def test_default_settings_end_before_docker_kills(
    tmp_path: Path, *, is_discord_slow: bool
) -> None:
    """`docker stop` waits for ten seconds: an endless answer is stored within them, come what may.

    However slow Discord is, the answer is marked by this process or the next one.
    """
    gate = Gate()
    async with opened_scene(tmp_path / "unused") as scene:
        scene.script.queue(Answer("Once upon a time", chunks=["Once upon", " a time"], hold=gate))
        settings = _settings(scene)
        async with running(tmp_path, *BOT, settings=settings | {"SHUTDOWN_GRACE_S": ""}) as program:
            await _until_connected(scene)
            gate.release()
            question = scene.actor(scene.ann).say(scene.channel, scene.mention("a story"))
            thread = await scene.thread_of(question)
            await scene.until(lambda: [m for m in scene.from_bot(thread) if "Once" in m.content])
            if is_discord_slow:
                scene.discord.faults.latency_s = 30.0
            program.process.terminate()
            began_s = time.monotonic()
            assert await program.end() == 0
            assert time.monotonic() - began_s < _DOCKER_WAITS_S
        scene.discord.faults.clear()
        with closing(sqlite3.connect(tmp_path / "data" / "bobbin.db")) as database:
            outcomes = database.execute("SELECT outcome FROM turn WHERE role = 'assistant'")
            assert [outcome for (outcome,) in outcomes] == ["interrupted"]
        if not is_discord_slow:
            (shown,) = scene.finished(thread)
            assert shown.content.endswith(Sentence.INTERRUPTED)


async def test_start_tells_who_it_is_where_and_with_which_models(tmp_path: Path) -> None:
    """The log of the start names the bot, its servers, a missing intent and the models."""
    async with opened_scene(tmp_path / "unused") as scene:
        scene.world.bot.may_read_content = False
        async with running(tmp_path, *BOT, settings=_settings(scene)) as program:
            await program.until("Message Content Intent is not switched on")
            await program.until("models: 5 of allenai")
            await program.until(f"as {scene.world.bot.name}")
            await program.until("1 servers")
            assert "voice will NOT" not in program.printed
            program.process.send_signal(signal.SIGTERM)
            assert await program.end() == 0
            _has_words(program.printed)


async def test_no_token(tmp_path: Path) -> None:
    """Without a token the bot says so and how to try it without Discord."""
    code, printed = await run(tmp_path, *BOT)
    assert code == 2
    _has_words(printed, "DISCORD_TOKEN: not set", "bot.py sandbox")


async def test_refused_token(tmp_path: Path) -> None:
    """A token that Discord refuses is not repeated, but what to do is said."""
    async with opened_scene(tmp_path / "unused") as scene:
        settings = _settings(scene, DISCORD_TOKEN="an-old-secret-token")
        code, printed = await run(tmp_path, *BOT, settings=settings)
    assert code == 2
    _has_words(printed, "DISCORD_TOKEN: Discord does not accept this token")
    assert "an-old-secret-token" not in printed


async def test_all_wrong_settings_at_once(tmp_path: Path) -> None:
    """Every wrong setting is named with its mend, no secret is shown, and the exit code is 2."""
    (tmp_path / ".env").write_text(
        "DEFAULT_MODLE=allenai/x\nPROVIDERS__A__API_KEY=sk-very-secret\n"
    )
    settings = {
        "DISCORD_TOKEN": "a secret with blanks",
        "UPSTREAM_PROXY": "gopher://me:hunter2@proxy",
        "LOG_FORMAT": "xml",
        "QUEUE_LIMIT": "none",
    }
    code, printed = await run(tmp_path, *BOT, settings=settings)
    assert code == 2
    wrong = ("DISCORD_TOKEN", "UPSTREAM_PROXY", "LOG_FORMAT", "QUEUE_LIMIT", "DEFAULT_MODLE")
    _has_words(printed, *(f"{name}: " for name in wrong), "PROVIDERS__A__BASE_URL: ")
    _has_words(printed, "Did you mean DEFAULT_MODEL?", "text or json")
    for secret in ("a secret with blanks", "hunter2", "sk-very-secret"):
        assert secret not in printed


@pytest.mark.parametrize(
    ("url", "words", "exit_code"),
    [
        ("postgresql://bobbin:hunter2@db/bobbin", "PostgreSQL is not supported yet", 2),
        ("sqlite:////proc/nowhere/bobbin.db", "the folder of the database cannot be made", 4),
    ],
)
async def test_database_that_cannot_be_used(
    tmp_path: Path, url: str, words: str, exit_code: int
) -> None:
    """A database that cannot be used is an error of DATABASE_URL, without its password."""
    async with opened_scene(tmp_path / "unused") as scene:
        code, printed = await run(tmp_path, *BOT, settings=_settings(scene, DATABASE_URL=url))
    assert code == exit_code
    _has_words(printed, "DATABASE_URL: ", words)
    assert "hunter2" not in printed


async def test_nobody_answers_at_the_address_of_discord(tmp_path: Path) -> None:
    """An address at which nobody answers is an error of DISCORD_API_URL."""
    settings = {"DISCORD_TOKEN": "a-token", "DISCORD_API_URL": "http://127.0.0.1:9/api/v10"}
    code, printed = await run(tmp_path, *BOT, settings=settings)
    assert code == 2
    _has_words(printed, "DISCORD_API_URL: nothing answers there")


async def test_something_else_answers_at_the_address_of_discord(tmp_path: Path) -> None:
    """An address at which something other than Discord answers is an error of DISCORD_API_URL."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<h1>Welcome</h1>", content_type="text/html")

    application = web.Application()
    application.router.add_get("/{anything:.*}", page)
    runner, port = await listen(application)
    try:
        settings = {"DISCORD_TOKEN": "a-token", "DISCORD_API_URL": f"http://127.0.0.1:{port}/api"}
        code, printed = await run(tmp_path, *BOT, settings=settings)
    finally:
        await runner.cleanup()
    assert code == 2
    _has_words(printed, "DISCORD_API_URL: what answers there is not Discord's interface")


async def test_discord_fails_at_the_start(tmp_path: Path) -> None:
    """Where Discord itself fails, that is said, and the exit code asks for another try."""
    async with opened_scene(tmp_path / "unused") as scene:
        scene.discord.faults.answer("GET", "/users/@me", 503)
        code, printed = await run(tmp_path, *BOT, settings=_settings(scene))
    assert code == 1
    _has_words(printed, "Discord answers 503")


@pytest.mark.parametrize(
    ("closing_code", "words"),
    [
        (4004, "DISCORD_TOKEN: Discord does not accept this token any more. Copy it anew from"),
        (4010, "nothing on this machine mends that"),
        (4011, "The bot is in too many servers (2,500) for one connection"),
        (4012, "Discord no longer speaks the version of its interface"),
        (4013, "Discord does not know what this Bobbin wants to hear of"),
    ],
)
async def test_discord_ends_the_connection_for_good(
    tmp_path: Path, closing_code: int, words: str
) -> None:
    """Each closing code that is for good has its sentence, which says what to do; exit code 3."""
    async with opened_scene(tmp_path / "unused") as scene:
        async with running(tmp_path, *BOT, settings=_settings(scene)) as program:
            await program.until("connected as")
            await scene.discord.gateway.faults.close_all(closing_code)
            assert await program.end() == 3
        _has_words(program.printed, words, f"(closing code {closing_code}).")


async def test_intents_that_are_refused_twice(tmp_path: Path) -> None:
    """Without message contents the bot goes on; where Discord refuses that too, it says so."""
    async with opened_scene(tmp_path / "unused") as scene:
        scene.world.bot.may_read_content = False
        async with running(tmp_path, *BOT, settings=_settings(scene)) as program:
            await program.until("connected as")
            await scene.discord.gateway.faults.close_all(4014)
            assert await program.end() == 3
        _has_words(program.printed, "Privileged Gateway Intents", "(closing code 4014).")


@pytest.mark.parametrize("closing_code", [1001, 4000, 4003, 4008, 4009, 4099])
async def test_discord_ends_the_connection_for_now(tmp_path: Path, closing_code: int) -> None:
    """After each other code, known or not, the bot connects again and answers."""
    async with opened_scene(tmp_path) as scene, scene.bot():
        await scene.discord.gateway.faults.close_all(closing_code)
        _, answer = await scene.ask("hello")
        assert answer.content == "You said: hello"
