"""What is said in small print under an answer: why it is late, and what was not read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import discord.utils
import pytest

from answering.remarks import about_question, written_at
from conversation.entities import (
    Attachment,
    Conversation,
    Exchange,
    Inbound,
    InboundState,
    PlaceKey,
    ReplyState,
    Role,
    Speaker,
    Spot,
    Turn,
)
from conversation.notices import Remark, RemarkKind

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


ANN = 7
QUESTION = Turn(1, 1, None, Role.USER, "hello", NOON, speakers=(Speaker(ANN, "ann", 5),))


@dataclass(frozen=True, slots=True)
class Absence:
    """When the bot was away."""

    back_at: datetime | None = None
    away_s: float = 0.0


def _exchange(
    begun_at: datetime = NOON,
    *,
    path: tuple[Turn, ...] = (QUESTION,),
    files: tuple[str, ...] = (),
    presser_id: int | None = None,
    left_today: int | None = None,
) -> Exchange:
    """Return an answer that begins, to a message of noon."""
    message_id = discord.utils.time_snowflake(NOON)
    turn = Turn(9, 1, path[-1].id, Role.ASSISTANT, "", begun_at)
    attachments = tuple(Attachment(name, None, 1) for name in files)
    inbound = Inbound(
        id=1,
        message_id=message_id,
        channel_id=5,
        conversation_id=1,
        author_id=ANN,
        author_name="ann",
        text="hello",
        state=InboundState.ANSWERED,
        attachments=attachments,
        received_at=NOON,
        left_today=left_today,
    )
    return Exchange(
        conversation=Conversation(1, PlaceKey(5, 3, 2), None, turn.id, ANN),
        path=path,
        turn=turn,
        reply=ReplyState(1, turn, None, Spot(5, 3), is_newest=True),
        inbounds=(inbound,),
        presser_id=presser_id,
    )


@pytest.mark.parametrize(
    ("back_after", "away_s", "is_said"),
    [
        pytest.param(timedelta(minutes=9), 540.0, True, id="missed"),
        pytest.param(timedelta(minutes=9), 3.0, False, id="a moment's drop while it waited"),
        pytest.param(timedelta(minutes=-1), 3600.0, False, id="there when it was written"),
    ],
)
def test_an_absence_is_named_where_it_made_the_answer_late(
    back_after: timedelta, away_s: float, *, is_said: bool
) -> None:
    """An answer says that the bot was away where that, and no long line, is why it comes late."""
    exchange = _exchange(NOON + timedelta(minutes=10))
    remarks = about_question(exchange, Absence(NOON + back_after, away_s))
    expected = [Remark(RemarkKind.WAS_AWAY, {"when": NOON.timestamp()})]
    assert remarks == (expected if is_said else [])


def test_an_answer_that_somebody_pressed_for_is_not_late() -> None:
    """An answer that a click asked for comes when it was asked for."""
    exchange = _exchange(NOON + timedelta(minutes=10), presser_id=ANN)
    assert about_question(exchange, Absence(NOON + timedelta(minutes=9), 540.0)) == []


def test_before_the_bot_listens_nothing_is_called_late() -> None:
    """As long as no session is ready it is not known whether the bot was away."""
    exchange = _exchange(NOON + timedelta(minutes=10))
    assert about_question(exchange, Absence(None, 540.0)) == []


def test_files_are_named_that_were_not_read() -> None:
    """The names of all files that came with a question stand under its answer."""
    exchange = _exchange(files=("a.png", "b.pdf"))
    assert about_question(exchange, Absence()) == [
        Remark(RemarkKind.UNREAD_FILES, {"names": ("a.png", "b.pdf")})
    ]


def test_an_answer_that_goes_on_repeats_no_remark() -> None:
    """What goes on with an answer says nothing of the question: that was said under the first."""
    answer = Turn(2, 1, 1, Role.ASSISTANT, "so far", NOON)
    hidden = Turn(3, 1, 2, Role.USER, "go on", NOON)
    exchange = _exchange(path=(QUESTION, answer, hidden), files=("a.png",))
    assert about_question(exchange, Absence()) == []


@pytest.mark.parametrize(
    ("left", "limit", "is_said"),
    [(3, 10, True), (4, 10, False), (0, 10, True), (1, 2, True), (2, 3, False), (1, None, False)],
)
def test_the_quota_is_named_when_little_is_left(
    left: int, limit: int | None, *, is_said: bool
) -> None:
    """From three answers left on, or half of a small quota, it is said how many and until when."""
    exchange = _exchange(left_today=left)
    midnight = datetime(2026, 1, 6, tzinfo=UTC).timestamp()
    fields = {"left": left, "limit": limit or 0, "when": midnight}
    expected = [Remark(RemarkKind.QUOTA_NEAR, fields)]
    assert about_question(exchange, Absence(), limit) == (expected if is_said else [])


def test_an_id_tells_when_a_message_was_written() -> None:
    """The time in a message's id is the library's, to the millisecond."""
    message_id = discord.utils.time_snowflake(NOON) + 12345
    assert written_at(message_id) == discord.utils.snowflake_time(message_id) == NOON
