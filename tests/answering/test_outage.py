"""What is said while the store cannot be used: once to each person in each place."""

from collections.abc import AsyncGenerator

import pytest

from answering.outage import OutageNotices
from conversation.entities import Spot
from rendering.wording.sentences import Sentence
from tests.delivery.stage import ANN, Stage

BEN = ANN + 1


@pytest.fixture
async def outage(stage: Stage) -> AsyncGenerator[OutageNotices, None]:
    """Return what tells people."""
    notices = OutageNotices(stage.courier, stage.api)
    yield notices
    await notices.close()


def _spot(stage: Stage, message_id: int) -> Spot:
    return Spot(stage.channel.id, stage.guild.id, message_id)


async def test_each_person_is_told_once_an_outage(stage: Stage, outage: OutageNotices) -> None:
    """However much somebody writes they are told once in a place; so is everybody else."""
    for message_id in range(1, 6):
        outage.tell(_spot(stage, message_id), ANN)
    outage.tell(_spot(stage, 6), BEN)
    await stage.server.until(lambda: len(stage.messages) == 2)
    assert stage.contents == [Sentence.STORE_DOWN] * 2
    assert len(stage.server.requests_to("POST", "/channels/*/messages")) == 2


async def test_the_next_outage_is_told_again(stage: Stage, outage: OutageNotices) -> None:
    """Once the store has worked again, another failure is news."""
    outage.tell(_spot(stage, 1), ANN)
    await stage.server.until(lambda: len(stage.messages) == 1)
    outage.is_over()
    outage.tell(_spot(stage, 2), ANN)
    await stage.server.until(lambda: len(stage.messages) == 2)


async def test_a_place_that_refuses_is_logged_and_no_more(
    stage: Stage, outage: OutageNotices, caplog: pytest.LogCaptureFixture
) -> None:
    """Who cannot be told is not told, and nothing else fails for that."""
    body = {"message": "no", "code": 50013}
    stage.server.faults.answer("POST", "/channels/*/messages", 403, body=body)
    outage.tell(_spot(stage, 1), ANN)
    await stage.server.until(lambda: "nobody is told" in caplog.text)
    assert stage.contents == []
