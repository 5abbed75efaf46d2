"""What is said under an answer of how late it comes."""

from datetime import UTC, datetime, timedelta

import discord.utils
import pytest

from answering.remarks import late_answer
from conversation.entities import (
    Conversation,
    Exchange,
    Inbound,
    InboundState,
    PlaceKey,
    Role,
    Turn,
)

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def _exchange(written_at: datetime, begun_at: datetime) -> Exchange:
    """Give an answer that begins, to a message of that time."""
    message_id = discord.utils.time_snowflake(written_at)
    question = Turn(1, 1, None, Role.USER, "hello", begun_at)
    return Exchange(
        conversation=Conversation(1, PlaceKey(5, 3, 2), None, 2, 7),
        path=(question,),
        turn=Turn(2, 1, 1, Role.ASSISTANT, "", begun_at),
        reply_id=1,
        inbounds=(Inbound(1, message_id, 5, 1, 7, "ann", "hello", InboundState.ANSWERED),),
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
    exchange = _exchange(NOON, NOON + timedelta(minutes=10))
    assert bool(late_answer(exchange, NOON + back_after, away_s)) is is_said
