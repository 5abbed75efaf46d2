"""The laws of chaos are broken by what they forbid: a check that cannot fail is none."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from delivery.discord_api import Row, view_of
from rendering.buttons import STREAMING
from rendering.wording.english import Notice, say
from sandbox.world.entities import Draft, Message, Reference
from tests.chaos.chronicle import Spoken
from tests.chaos.laws import Laws
from tests.chaos.stage import Stage, opened_stage
from tests.chaos.stored import Stored, StoredInbound, StoredPart, StoredTurn
from tests.chaos.talker import Speech


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage, None]:
    """Give a stage on which no bot lives."""
    async with opened_stage(tmp_path, 1) as opened:
        yield opened


def _asked(stage: Stage, tag: str = "q1q", *, has_words: bool = True) -> Spoken:
    """Have somebody ask something in a direct message."""
    channel, person = stage.direct[0]
    message = stage.discord.person(person).say(channel, f"hello {tag}")
    spoken = Spoken(tag, message, channel, person, is_meant=True, has_words=has_words)
    stage.chronicle.speak(spoken)
    return spoken


def _posted(
    stage: Stage, content: str, *, is_running: bool = False, reply_to: Message | None = None
) -> Message:
    """Have the bot post something there."""
    rows = view_of(Row(1, STREAMING)).to_components() if is_running else []
    reference = Reference(reply_to.channel_id, reply_to.id) if reply_to else None
    draft = Draft(content=content, components=tuple(rows), reference=reference)
    return stage.world.post(stage.world.bot, stage.direct[0][0], draft)


def _answered(stage: Stage, **changed: str) -> Stored:
    """Give a store and a channel in which all is well, but for what is changed."""
    spoken = _asked(stage)
    stage.talker.speeches["A1"] = Speech("hello q1q", "A1 says: hi")
    message = _posted(stage, changed.get("shown", "A1 says: hi"))
    stored, place = Stored(), spoken.channel.id
    stored.places[1] = place
    stored.inbounds[spoken.message.id] = StoredInbound(
        spoken.message.id,
        place,
        spoken.person.id,
        "hello q1q",
        changed.get("state", "answered"),
        1,
    )
    stored.turns[1] = StoredTurn(1, 1, None, "user", "hello q1q", None)
    stored.turns[2] = StoredTurn(
        2, 1, 1, "assistant", changed.get("text", "A1 says: hi"), changed.get("outcome", "complete")
    )
    stored.shown[2] = 1
    stored.parts[1] = [StoredPart(0, place, message.id)]
    return stored


def _broken(stage: Stage, stored: Stored) -> str:
    return " / ".join(violation.words for violation in Laws(stage, stored).violations())


async def test_an_answered_question_breaks_no_law(stage: Stage) -> None:
    """What is asked, stored and shown as it was said is as it should be."""
    assert _broken(stage, _answered(stage)) == ""


async def test_a_question_that_nobody_took_breaks_a_law(stage: Stage) -> None:
    """A message for the bot that is neither stored nor told of is lost."""
    _asked(stage)
    assert "never taken" in _broken(stage, Stored())


@pytest.mark.parametrize(
    ("told", "is_broken"),
    [
        (say(Notice.ONLY_FILES, names="`a.png`"), False),
        (Notice.ONLY_WORDS, False),
        (say(Notice.HOW_TO, bot="bobbin"), True),
    ],
)
async def test_a_notice_covers_what_has_no_words_after_it_where_it_says_so(
    stage: Stage, told: str, *, is_broken: bool
) -> None:
    """Of files in a row the first may be told of alone, by a notice that speaks of the others."""
    first = _asked(stage, "q1q", has_words=False)
    _asked(stage, "q2q", has_words=False)
    _posted(stage, told, reply_to=first.message)
    assert ("never taken" in _broken(stage, Stored())) is is_broken


async def test_a_notice_covers_nothing_that_has_words_or_came_before_it(stage: Stage) -> None:
    """What was said in words, and what is older than the message told of, has its own notice."""
    before, first = (_asked(stage, tag, has_words=False) for tag in ("q1q", "q2q"))
    later = _asked(stage, "q3q")
    _posted(stage, Notice.ONLY_WORDS, reply_to=first.message)
    broken = _broken(stage, Stored())
    assert [it.tag in broken for it in (before, first, later)] == [True, False, True]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"state": "waiting"}, "still waits"),
        ({"state": "withdrawn"}, "withdrawn by nobody"),
        ({"state": "refused"}, "refused without a word"),
        ({"shown": "A1 says:"}, "shown otherwise than stored"),
        ({"text": "A1 says: ho", "shown": "A1 says: ho"}, "not what was said"),
        ({"text": "A9 says", "shown": "A9 says"}, "never said"),
        ({"outcome": "stopped"}, "(stopped) ends"),
    ],
)
async def test_what_is_stored_otherwise_breaks_a_law(
    stage: Stage, changed: dict[str, str], words: str
) -> None:
    """What is stored or shown otherwise than it was said is found."""
    assert words in _broken(stage, _answered(stage, **changed))


async def test_a_streaming_turn_breaks_a_law(stage: Stage) -> None:
    """A turn without outcome is found when all is quiet."""
    stored = _answered(stage)
    stored.turns[2] = StoredTurn(2, 1, 1, "assistant", "", None)
    assert "still streams" in _broken(stage, stored)


async def test_an_answer_posted_twice_breaks_laws(stage: Stage) -> None:
    """A second message with the words of an answer is found, and so is a button left behind."""
    stored = _answered(stage)
    _posted(stage, "A1 says: hi", is_running=True)
    broken = _broken(stage, stored)
    assert "posted 2 times" in broken
    assert "shows no answer" in broken
    assert "can still be stopped" in broken


async def test_a_message_asked_twice_breaks_a_law(stage: Stage) -> None:
    """A message that became part of two questions is found."""
    stored = _answered(stage)
    stored.turns[3] = StoredTurn(3, 1, 2, "user", "hello q1q", None)
    assert "asked 2 times" in _broken(stage, stored)
