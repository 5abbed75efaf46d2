"""What the log of a whole life of the bot does not hold: secrets, and what anybody said."""

import json
import signal
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer, Http, Reason
from sandbox.world.entities import Channel
from tests.e2e.scene import Scene, opened_scene
from tests.running.program import BOT, Program, running

# Several processes, one after another, on a machine that may have other work.
pytestmark = pytest.mark.timeout(150)

_KEY = "sk-a-key-that-nobody-may-read"
_HEADER = "a-header-that-nobody-may-read"
_PASSWORD = "pass-word-that-nobody-may-read"
_SAID = ("marmalade", "zeppelin", "bagpipes", "cinnamon", "tangerine", "saxophone", "walnut")
"""One word in each thing that is said: by people, by models, in bodies of errors."""


def _settings(scene: Scene, log_format: str) -> dict[str, str]:
    host = scene.playground.base_url.removeprefix("http://")
    return {
        "DISCORD_TOKEN": scene.world.bot.token,
        "DISCORD_API_URL": scene.discord.api_url,
        "ALLENAI_BASE_URL": scene.playground.base_url,
        # The Playground stands in for a proxy too: what it is asked through itself, it answers.
        "UPSTREAM_PROXY": f"http://me:{_PASSWORD}@{host}",
        "PROVIDERS__LOCAL__BASE_URL": f"{scene.playground.base_url}/v1",
        "PROVIDERS__LOCAL__API_KEY": _KEY,
        "PROVIDERS__LOCAL__HEADERS": json.dumps({"X-Pass": _HEADER}),
        "PROVIDERS__LOCAL__MODELS": "demo",
        "SYSTEM_PROMPT": "You know about the walnut.",
        "UPSTREAM_ATTEMPTS": "1",
        "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": log_format,
    }


@asynccontextmanager
async def _life(
    scene: Scene, folder: Path, logs: list[str], log_format: str
) -> AsyncGenerator[Program, None]:
    """Run the bot for a while; at its end its log is complete."""
    identified = scene.discord.gateway.identify_count
    async with running(folder, *BOT, settings=_settings(scene, log_format)) as program:
        await scene.until(lambda: scene.discord.gateway.identify_count > identified, 20.0)
        yield program
        program.process.send_signal(signal.SIGTERM)
        assert await program.end() == 0
        logs.append(program.printed)


async def _ask(scene: Scene, thread: Channel, text: str) -> None:
    """Say something in the bot's thread, and wait until its answer has ended."""
    count = len(scene.finished(thread))
    scene.actor(scene.ann).say(thread, text)
    await scene.until(lambda: len(scene.finished(thread)) > count)


async def _until_said(scene: Scene, thread: Channel, notice: str) -> None:
    await scene.until(lambda: [it for it in scene.from_bot(thread) if notice in it.content])


async def _first_life(scene: Scene) -> Channel:
    """A conversation, with Discord and the upstream failing now and then."""
    scene.script.queue(
        Answer("Here is some zeppelin."),
        Answer("half a tangerine", fault=Reason("grpc inference failed", after_chars=8)),
        Answer("", fault=Http(500, "no saxophone today")),
    )
    scene.discord.faults.answer("PATCH", "/channels/*/messages/*", 503)
    scene.discord.faults.answer("POST", "/channels/*/messages", 503)
    thread, _ = await scene.ask("tell me of marmalade")
    await _ask(scene, thread, "and of bagpipes?")
    await _ask(scene, thread, "and of cinnamon?")
    return thread


async def _second_life(scene: Scene, folder: Path, thread: Channel) -> None:
    """Commands, limited ones too; a provider that refuses; at last, a store that fails."""
    limited = {"message": "You are being rate limited.", "retry_after": 0.01, "global": False}
    scene.discord.faults.answer(
        "*", "/interactions/*", 429, body=limited, headers={"Via": "1.1 sandbox"}
    )
    record = await scene.actor(scene.ann).slash(thread, "model", name="local/demo")
    assert record.response is not None
    await _ask(scene, thread, "bagpipes again")
    database = sqlite3.connect(folder / "data/bobbin.db")
    with database:
        database.execute("ALTER TABLE inbound RENAME TO outbound")
    database.close()
    scene.actor(scene.ann).say(thread, "does it hold marmalade?")
    await _until_said(scene, thread, say(Sentence.STORE_DOWN))


async def test_log_of_a_whole_life_holds_no_secret_and_nothing_said(tmp_path: Path) -> None:
    """At LOG_LEVEL=DEBUG too, no secret, no anonymous id and no message's text is logged."""
    logs: list[str] = []
    async with opened_scene(tmp_path / "unused") as scene:
        async with _life(scene, tmp_path, logs, "text"):
            thread = await _first_life(scene)
        async with _life(scene, tmp_path, logs, "json"):
            await _second_life(scene, tmp_path, thread)
        upstream = scene.playground.requests
        users = {it.headers["X-Anonymous-User-Id"] for it in upstream if it.asked is not None}
        proxied = [it for it in upstream if "Proxy-Authorization" in it.headers]
        keyed = [it for it in upstream if it.headers.get("Authorization") == f"Bearer {_KEY}"]
    assert users
    assert proxied
    assert keyed
    said = [word for word in _SAID if any(word in str(it.fields) for it in upstream)]
    assert {"marmalade", "bagpipes", "cinnamon", "walnut"} <= set(said)
    text = "\n".join(logs)
    assert "Traceback" in text  # the store failed, which is logged whole
    assert "DEBUG" in text
    for secret in (scene.world.bot.token, _KEY, _HEADER, _PASSWORD, *users, *_SAID):
        assert secret not in text
    assert [json.loads(line)["level"] for line in logs[1].splitlines()]


async def test_json_lines(tmp_path: Path) -> None:
    """With LOG_FORMAT=json each line of the log is an object with time, level, name, message."""
    logs: list[str] = []
    async with (
        opened_scene(tmp_path / "unused") as scene,
        _life(scene, tmp_path, logs, "json") as program,
    ):
        await program.until("connected as")
    lines = [json.loads(line) for line in logs[0].splitlines()]
    assert len(lines) > 3
    for line in lines:
        assert {"time", "level", "name", "message"} <= line.keys()
