"""Commands whose answer came too late for Discord."""

import gc
import logging

import pytest

from sandbox.discord.entities import Person
from tests.e2e.scene import Scene

_UNKNOWN = {"message": "Unknown interaction", "code": 10062}


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
