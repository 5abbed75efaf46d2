"""The laws about buttons, privacy, memory and debts object to what they forbid."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox.models.script import AskedConversation, AskedMessage
from sandbox.world.entities import ChannelKind
from tests.chaos.laws import buttons, debts, memory, privacy
from tests.chaos.made_up import BEN, MadeUp, told_by
from tests.chaos.made_up import buttons as row_of
from tests.chaos.record import Life, Told
from tests.chaos.stored import StoredTurn


def _answered(kind: ChannelKind = ChannelKind.PUBLIC_THREAD, **changed: Any) -> tuple[Any, ...]:
    made = MadeUp()
    place = made.place(kind)
    return made, place, made.exchange(place, "q1q", "A1", **changed)


def test_nothing_can_be_stopped_when_all_is_quiet() -> None:
    """A *Stop* that stays is found, on whatever message."""
    made, place, turn = _answered()
    made.post(place.id, "hm").components = row_of(turn.id, "stop")
    assert "can still be stopped" in told_by(buttons.nothing_can_be_stopped, made)


@pytest.mark.parametrize(("page", "of_turn"), [(0, 0), (1, 1)])
def test_buttons_stand_at_the_end_and_are_the_turns(page: int, of_turn: int) -> None:
    """A button above the last part is found, and one that belongs to another turn."""
    made, _, turn = _answered(text="A1 says: hi\fand more", outcome="interrupted")
    made.messages_of(turn)[page].components = row_of(turn.id + of_turn, "again")
    assert "button again" in told_by(buttons.buttons_are_their_turns, made)


def test_only_the_newest_answer_has_buttons() -> None:
    """A button under an answer after which something was said, or begun, is found."""
    made, place, turn = _answered(outcome="interrupted")
    made.messages_of(turn)[0].components = row_of(turn.id, "again")
    assert told_by(buttons.only_the_newest_has_buttons, made) == ""
    made.exchange(place, "q2q", "A2")
    assert "not the newest" in told_by(buttons.only_the_newest_has_buttons, made)


def test_an_answer_has_the_buttons_that_it_names() -> None:
    """Words that name a button which is not there are found."""
    made, _, turn = _answered(outcome="interrupted")
    made.messages_of(turn)[0].content += "\n-# ⚠️ Interrupted: … *Try again* brings a whole answer."
    assert "names ['again'] and offers []" in told_by(buttons.only_the_newest_has_buttons, made)


@pytest.mark.parametrize("kind", [ChannelKind.DIRECT_MESSAGE, ChannelKind.PRIVATE_THREAD])
@pytest.mark.parametrize("content", ["A1 says: hi", "A1w3", "I have not seen `q1q.txt`"])
def test_private_words_stay_where_they_were_said(kind: ChannelKind, content: str) -> None:
    """What was answered, or said, in private and is shown elsewhere is found."""
    made, _, _ = _answered(kind)
    assert told_by(privacy.private_words_stay, made) == ""
    made.post(made.place(ChannelKind.DIRECT_MESSAGE).id, content)
    assert "is from private place" in told_by(privacy.private_words_stay, made)


@pytest.mark.parametrize(
    ("mentions", "may_ping"),
    [
        ({"parse": [], "replied_user": True}, False),
        ({"parse": ["users"]}, True),
        ({"parse": [], "users": ["11"]}, True),
        (None, True),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/channels/5/messages"),
        ("PATCH", "/channels/5/messages/6"),
        ("POST", "/webhooks/7/word"),
        ("PATCH", "/webhooks/7/word/messages/@original"),
    ],
)
def test_no_request_may_ping(
    method: str, path: str, mentions: dict[str, Any] | None, *, may_ping: bool
) -> None:
    """A request that lets Discord look for whom to ping is found."""
    made = MadeUp()
    body = {"content": "@everyone"} | ({} if mentions is None else {"allowed_mentions": mentions})
    made.request(method, path, body=body)
    assert ("may ping" in told_by(privacy.nobody_is_pinged, made)) is may_ping


def test_no_answer_to_a_click_may_ping() -> None:
    """What is said to an interaction may ping as little as a message."""
    made = MadeUp()
    path = "/interactions/7/word/callback"
    made.request("POST", path, body={"type": 4, "data": {"content": "@everyone"}})
    assert "may ping" in told_by(privacy.nobody_is_pinged, made)


def test_no_message_pings() -> None:
    """A message that pings anybody but the person it replies to is found."""
    made, place, turn = _answered()
    spoken = made.say(place, "q2q")
    reply = made.post(place.id, "no", spoken.message.id)
    reply.mention_ids = [spoken.person.id]
    assert told_by(privacy.nobody_is_pinged, made) == ""
    made.messages_of(turn)[0].mention_ids = [BEN.id]
    assert "pings people" in told_by(privacy.nobody_is_pinged, made)


@pytest.mark.parametrize("line", ["login with a-token", "said q1q", "shows A1w3"])
def test_the_log_tells_nothing(line: str) -> None:
    """A secret in the log is found, and so is what was said."""
    made = MadeUp()
    made.record.log = f"INFO all is well\nINFO {line}\n"
    assert "the log" in told_by(privacy.the_log_keeps_secrets, made)


def _tell(made: MadeUp, *texts: str, may_be_shortened: bool = False) -> None:
    """Have the last request tell something else."""
    messages = tuple(AskedMessage("user", text) for text in texts)
    made.told[-1] = Told(AskedConversation("a-model", messages), may_be_shortened)


def _with_history() -> tuple[MadeUp, StoredTurn]:
    made = MadeUp()
    place = made.place()
    made.exchange(place, "q1q", "A1")
    return made, made.exchange(place, "q2q", "A2")


_FOLDED = (
    "This is our conversation so far:\n\nUser: hello q1q\n\nAssistant: A1 says: hi\n\n"
    "Go on from there. My next message:\n\nhello q2q"
)


@pytest.mark.parametrize(
    ("texts", "is_path"),
    [
        (["hello q1q", "A1 says: hi", "hello q2q"], True),
        ([_FOLDED], True),
        (["hello q2q"], False),
        (["hello q1q", "hello q2q"], False),
        (["A1 says: hi", "hello q1q", "hello q2q"], False),
        (["hello q1q", "A1 says: hi", "A1 says: hi", "hello q2q"], False),
        (["hello q1q", "A1 says: hi", "hello q2q", "and a word"], False),
        (["hello q1q", "A1 says: hi", "hello q9q"], False),
    ],
)
def test_a_model_is_told_the_stored_path(texts: list[str], *, is_path: bool) -> None:
    """A model that was told none of the history, or too little, too much, or otherwise is found."""
    made, _ = _with_history()
    _tell(made, *texts)
    assert (told_by(memory.models_know_the_path, made) == "") is is_path


@pytest.mark.parametrize(
    ("texts", "is_path"), [(["hello q2q"], True), (["hello q1q", "hello q2q"], False)]
)
def test_a_model_may_be_told_less_where_all_is_too_much(texts: list[str], *, is_path: bool) -> None:
    """Where a service has refused the whole path, its end is told, with no gap in it."""
    made, _ = _with_history()
    _tell(made, *texts, may_be_shortened=True)
    assert (told_by(memory.models_know_the_path, made) == "") is is_path


def test_a_model_is_told_who_speaks_where_several_do() -> None:
    """Names before what several people say in one question are no fault, nor what says so."""
    made = MadeUp()
    place = made.place()
    made.answer(made.question(made.say(place, "q1q"), made.say(place, "q2q", person=BEN)), "A1")
    told = (
        "Instructions for you, for this whole conversation:\n\nSeveral people take part in this "
        "conversation; what each one says …\n\nann: hello q1q\n\nben: hello q2q"
    )
    _tell(made, told)
    assert told_by(memory.models_know_the_path, made) == ""


def test_private_memories_stay_in_their_conversation() -> None:
    """A model that is told of a direct message in another conversation is found."""
    made, _, _ = _answered(ChannelKind.DIRECT_MESSAGE)
    made.exchange(made.place(), "q2q", "A2")
    _tell(made, "hello q1q", "A1 says: hi", "hello q2q")
    assert "one of them private" in told_by(memory.private_memories_stay, made)


def test_nothing_is_owed_when_all_is_quiet() -> None:
    """A reply that is behind is found, and a notice that was not posted."""
    made, place, turn = _answered()
    reply = made.record.stored.replies[turn.id]
    made.record.stored.replies[turn.id] = replace(reply, wanted_rev=3)
    made.notice(made.say(place, "q2q"), "queue_full", "…", is_ended=False, message_id=None)
    broken = told_by(debts.nothing_is_owed, made)
    assert "shows 2, wanted is 3" in broken
    assert "was not posted" in broken


def test_no_request_is_one_too_many() -> None:
    """A 429 that was not made on purpose is found."""
    made = MadeUp()
    injected = {"retry_after": debts.INJECTED_RETRY_AFTER_S, "global": True}
    made.request("POST", "/channels/5/messages", status=429, answer=injected)
    assert told_by(debts.limits_are_kept, made) == ""
    made.request("POST", "/channels/5/messages", status=429, answer={"retry_after": 0.4})
    assert "one too many" in told_by(debts.limits_are_kept, made)


@pytest.mark.parametrize(
    ("time_s", "earlier", "is_found"), [(4, 0, False), (4, 1, True), (9, 0, True)]
)
def test_a_life_does_not_answer_for_the_one_before(
    time_s: float, earlier: int, *, is_found: bool
) -> None:
    """Only the first request of a bucket, soon after a death, may meet what the dead one used."""
    made = MadeUp()
    made.record.lives = [Life(0.0, 2.0), Life(3.0)]
    for _ in range(earlier):
        made.request("POST", "/channels/5/messages", time_s=3.5)
    made.request("POST", "/channels/5/messages", status=429, answer={}, time_s=time_s)
    assert ("one too many" in told_by(debts.limits_are_kept, made)) is is_found
