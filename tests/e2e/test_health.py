"""The health port tells how the bot is, and what it has done, and nothing about anybody."""

import asyncio
import json
import logging
import re
import socket
import sqlite3
from contextlib import closing
from http import HTTPStatus

import pytest

from monitoring.health import HealthPortError
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, Http
from tests.e2e.health_port import bot_with_health
from tests.e2e.scene import Scene
from tests.e2e.streams import first_shown, hold


async def test_bot_that_is_well_is_ready(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Once the gateway is ready, so is the bot; each part says so."""
    async with bot_with_health(scene, caplog) as port:
        await port.until_ready()
        assert (await port.get("/livez")).status == HTTPStatus.OK
        told = await port.get("/readyz")
        parts = {"gateway": "ok", "database": "ok", "provider": "ok"}
        assert json.loads(told.text) == {"ready": True, "parts": parts}
        assert (await port.get("/")).status == HTTPStatus.NOT_FOUND


async def test_bot_is_not_ready_while_discord_is_down(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A lost gateway is 503 until it is back; the process lives all the while."""
    async with bot_with_health(scene, caplog) as port:
        await port.until_ready()
        scene.discord.gateway.faults.is_down = True
        scene.discord.gateway.faults.drop_all()
        await port.until_wrong("gateway")
        assert (await port.get("/livez")).status == HTTPStatus.OK
        scene.discord.gateway.faults.is_down = False
        await port.until_ready()


async def test_bot_is_not_ready_after_a_new_session_until_it_is_there(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A gateway that forgot the session makes it 503, and a new session makes it ready."""
    async with bot_with_health(scene, caplog) as port:
        await port.until_ready()
        scene.discord.gateway.faults.invalidate()
        await port.until_wrong("gateway")
        await port.until_ready()


async def test_bot_is_not_ready_while_the_database_is_locked(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that another program holds is 503, and asking does not pile up behind it."""
    async with bot_with_health(scene, caplog) as port:
        await port.until_ready()
        path = scene.folder / "bobbin.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            asked = [port.get("/readyz") for _ in range(20)]
            assert {told.status for told in await asyncio.gather(*asked)} == {503}
            await port.until_wrong("database")
            other.execute("ROLLBACK")
        await port.until_ready()


async def test_bot_is_not_ready_when_the_database_is_removed(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that lost its name would take what is said to its grave: 503 until it is back."""
    async with bot_with_health(scene, caplog) as port:
        await port.until_ready()
        path = scene.folder / "bobbin.db"
        path.rename(scene.folder / "elsewhere.db")
        await port.until_wrong("database")
        (scene.folder / "elsewhere.db").rename(path)
        await port.until_ready()


async def test_bot_is_not_ready_while_the_default_provider_answers_nobody(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Three answers in a row that the model failed are 503 for as long as it is left alone."""
    settings = {"UPSTREAM_ATTEMPTS": "1", "UPSTREAM_PAUSE_S": "3"}
    async with bot_with_health(scene, caplog, **settings) as port:
        for count in range(3):
            await port.until_ready()
            scene.script.queue(Answer("never", fault=Http(503)))
            await scene.ask(f"question {count}")
        await port.until_wrong("provider")
        await port.until_ready()
        scene.script.queue(Answer("here I am"))
        await scene.ask("are you there?")
        await port.until_ready()


async def test_the_metrics_tell_of_the_conversation(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """What was asked, shown and stored is counted and timed, by provider and outcome."""
    async with OpenAIServer(scene.script, flavour="openai", models=("demo",)) as server:
        settings = {
            "PROVIDERS__LOCAL__BASE_URL": server.base_url,
            "DEFAULT_MODEL": "local/demo",
            "UPSTREAM_ATTEMPTS": "1",
        }
        async with bot_with_health(scene, caplog, **settings) as port:
            scene.script.queue(Answer("one two three"))
            await scene.ask("count")
            scene.script.queue(Answer("never", fault=Http(401)))
            await scene.ask("again")
            told = await port.until(
                "/metrics", lambda told: told.value("bobbin_final_lag_seconds_count") == 2
            )
            await port.until(
                "/metrics", lambda told: told.value("bobbin_loop_delay_seconds_count") > 0
            )
    assert told.value("bobbin_answers_total", provider="local", outcome="complete", reason="") == 1
    failed = {"provider": "local", "outcome": "failed", "reason": "unauthorized"}
    assert told.value("bobbin_answers_total", **failed) == 1
    assert told.value("bobbin_tokens_total", provider="local", kind="prompt") > 0
    assert told.value("bobbin_tokens_total", provider="local", kind="completion") > 0
    assert told.value("bobbin_discord_requests_total", kind="post", status="200") == 2
    assert told.value("bobbin_first_visible_lag_seconds_count") == 2
    assert 0 < told.value("bobbin_first_visible_lag_seconds_sum") < 10
    assert told.value("bobbin_database_seconds_count", kind="write") > 0
    assert told.value("bobbin_database_seconds_count", kind="read") > 0
    assert told.value("bobbin_streams_running") == 0
    assert told.value("bobbin_waiting_messages") == 0
    assert 0 <= told.value("bobbin_gateway_latency_seconds") < 10


async def test_the_metrics_tell_what_runs_and_waits(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """While an answer streams it is counted as running, and what is said meanwhile as waiting."""
    async with bot_with_health(scene, caplog) as port:
        held = await hold(scene, "One, ", "two, ", "three.")
        await first_shown(scene, held)
        scene.actor(scene.ann).say(held.thread, "and then?")
        told = await port.until("/metrics", lambda told: told.value("bobbin_waiting_messages") == 1)
        assert told.value("bobbin_streams_running") == 1
        held.gate.release()
        await port.until(
            "/metrics", lambda told: told.value("bobbin_display_lag_seconds_count") > 0
        )
        held.gate.open()
        await scene.answer_in(held.thread, 2)
        told = await port.until("/metrics", lambda told: told.value("bobbin_waiting_messages") == 0)
        assert told.value("bobbin_streams_running") == 0
        assert told.value("bobbin_discord_requests_total", kind="edit", status="200") > 0


async def test_the_metrics_count_what_discord_refuses(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A 429 is counted, by the kind of the request and altogether."""
    async with bot_with_health(scene, caplog) as port:
        held = await hold(scene, "One, ", "two.")
        scene.discord.faults.answer("POST", "/channels/*/messages", 429)
        held.gate.open()
        await scene.answer_in(held.thread)
        told = await port.get("/metrics")
    assert told.value("bobbin_discord_429_total") == 1
    assert told.value("bobbin_discord_requests_total", kind="post", status="429") == 1


async def test_the_metrics_hold_nothing_of_anybody(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """No text, no name and no id of a person, a place or a message is in what is told."""
    async with bot_with_health(scene, caplog) as port:
        scene.script.queue(Answer("Zanzibar is an island"))
        thread, answer = await scene.ask("where is Timbuktu?")
        scene.actor(scene.ben).say(thread, scene.mention("and Ouagadougou?"))
        await scene.answer_in(thread, 2)
        said = (await port.get("/metrics")).text + (await port.get("/readyz")).text
    known = [scene.ann, scene.ben, scene.guild, scene.channel, thread, answer, scene.world.bot]
    for word in ("Zanzibar", "Timbuktu", "Ouagadougou", scene.world.bot.token):
        assert word.lower() not in said.lower()
    for name in (scene.ann.name, scene.ben.name, scene.channel.name, scene.guild.name):
        assert not re.search(rf"\b{re.escape(name)}\b", said)
    for each in known:
        assert str(each.id) not in said


async def test_without_a_port_nothing_listens(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Unless the setting is made, no port is opened."""
    caplog.set_level(logging.INFO, "monitoring.health")
    async with scene.bot():
        assert "health is told" not in caplog.text


async def test_port_that_is_taken_keeps_the_bot_from_starting(scene: Scene) -> None:
    """A port that another program has is an error of the setting, not a bot without health."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(HealthPortError, match=f"port {number} cannot be opened"):
            async with scene.bot(HEALTH_PORT=str(number)):
                pass
