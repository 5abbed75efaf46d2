"""Commands whose answer came too late for Discord, or whose answer's answer was lost."""

import asyncio
import gc
import logging
import sqlite3
from contextlib import closing

import pytest

from rendering.wording.sentences import Sentence, say
from sandbox.world.entities import Person
from tests.e2e.scene import Scene
from tests.e2e.steps import command

_UNKNOWN = {"message": "Unknown interaction", "code": 10062}
_SAVED = say(Sentence.SETTINGS_SAVED, settings="")


@pytest.mark.parametrize("is_refused", [False, True])
async def test_an_answer_that_is_too_late_is_a_warning(
    scene: Scene, caplog: pytest.LogCaptureFixture, *, is_refused: bool
) -> None:
    """Discord takes no answer after three seconds: one line in the log, and nobody has to act."""
    who: Person = scene.ben if is_refused else scene.ann
    async with scene.bot(BLOCKED_USERS=str(scene.ben.id)):
        scene.discord.faults.answer("POST", "/interactions/*", 404, body=_UNKNOWN)
        record = await scene.actor(who).slash(scene.channel, "help")
        assert record.failed
        await scene.until(lambda: "was answered too late" in caplog.text)
        gc.collect()
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


def _problems(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what an operator reads, but the library's own lines."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and not record.name.startswith("discord")
    ]


async def test_a_form_whose_opening_is_answered_with_an_error_works(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Where Discord opens a form and answers 503, what is typed into it is saved all the same."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        fault = scene.discord.faults.answer("POST", "/interactions/*", 503, after=True)
        record = await scene.actor(scene.ann).slash(thread, "settings")
        await scene.until(lambda: len(scene.discord.requests_to("POST", "/interactions/*")) == 2)
        assert record.modal is not None
        saved = await scene.actor(scene.ann).submit(record.modal, Temperature="0.5")
        assert await command(scene, thread, "help")
    assert fault.times == 0
    assert saved.response is not None
    assert saved.response.content.startswith(_SAVED)
    assert record.followups == []
    assert _problems(caplog) == []


async def test_a_form_whose_opening_is_cut_off_works(scene: Scene) -> None:
    """Where Discord opens a form and the connection is reset, what is typed into it is saved."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        scene.discord.faults.reset("POST", "/interactions/*", after=True)
        record = await scene.actor(scene.ann).slash(thread, "settings")
        assert record.modal is not None
        saved = await scene.actor(scene.ann).submit(record.modal, Temperature="0.5")
        assert await command(scene, thread, "help")
    assert saved.response is not None
    assert saved.response.content.startswith(_SAVED)
    assert record.followups == []


async def test_a_form_that_cannot_be_opened_again_is_no_reason_to_act(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the connection is lost as somebody clicks *Edit again*, they are told; a warning."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        opened = await scene.actor(scene.ann).slash(thread, "settings")
        assert opened.modal is not None
        refused = await scene.actor(scene.ann).submit(opened.modal, Temperature="99")
        assert refused.response is not None
        scene.discord.faults.reset("POST", "/interactions/*")
        clicked = await scene.actor(scene.ann).click(refused.response, label="Edit again")
    assert clicked.response is not None
    assert clicked.response.content == Sentence.BROKEN
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_promise_whose_answer_was_lost_is_kept(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Where Discord shows that the bot thinks and answers 503, the answer to the command comes."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        path = scene.folder / "bobbin.db"
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            scene.discord.faults.answer("POST", "/interactions/*", 503, after=True)
            record = await scene.actor(scene.ann).slash(thread, "model", name="olmoe-0125")
            assert record.is_thinking
            await scene.until(
                lambda: len(scene.discord.requests_to("POST", "/interactions/*")) == 2
            )
        await record.until(lambda: not record.is_thinking)
    assert record.response is not None
    assert record.response.content == say(Sentence.MODEL_SET, model="allenai/olmoe-0125")
    assert _problems(caplog) == []
