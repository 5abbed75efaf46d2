"""A reply ends saying how, unless it is complete."""

from dataclasses import dataclass

import pytest

from conversation.entities import FailureReason, Outcome, Turn
from delivery.discord_api import Row, view_of
from rendering.buttons import buttons_after
from rendering.wording.fields import relative_time
from rendering.wording.sentences import Sentence, say
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import (
    Answer,
    Cut,
    Fault,
    HangUp,
    Http,
    Pace,
    Reason,
    Refuse,
    Script,
    Stall,
)
from tests.e2e.scene import Scene, labels_of
from tests.e2e.streams import stored

_TEXT = "One two three"
_IMPATIENT = {
    "UPSTREAM_ATTEMPTS": "1",
    "UPSTREAM_FIRST_TOKEN_TIMEOUT_S": "0.4",
    "UPSTREAM_CHUNK_TIMEOUT_S": "0.4",
}


@dataclass(frozen=True, slots=True)
class End:
    """An answer of the upstream, and how the reply to it ends."""

    answer: Answer
    notice: str
    reason: FailureReason | None
    came: str = ""
    outcome: Outcome = Outcome.FAILED


def _failing(fault: Fault, notice: str, reason: FailureReason, came: str = "") -> End:
    return End(Answer(_TEXT, fault=fault), notice, reason, came)


_CAPTCHA_WORDS = "Failed to evaluate captcha"
_PLAYGROUND_ENDS = {
    "complete": End(Answer(_TEXT), "", None, _TEXT, Outcome.COMPLETE),
    "length": End(
        Answer(_TEXT, limit_tokens=2),
        Sentence.LENGTH,
        FailureReason.LENGTH,
        "One two",
        Outcome.TRUNCATED,
    ),
    "empty": End(Answer(""), Sentence.EMPTY, FailureReason.EMPTY),
    "blank": End(Answer(chunks=[" ", "\n"]), Sentence.EMPTY, FailureReason.EMPTY),
    "hang up": _failing(HangUp(), Sentence.CUT_UNSAID, FailureReason.CUT),
    "no first token": _failing(Stall(0), Sentence.NO_FIRST_TOKEN, FailureReason.NO_FIRST_TOKEN),
    "stall": _failing(Stall(7), Sentence.STALLED, FailureReason.STALLED, "One two"),
    "cut": _failing(Cut(7), Sentence.CUT, FailureReason.CUT, "One two"),
    "torn": _failing(Cut(7, torn_bytes=5), Sentence.CUT, FailureReason.CUT, "One two"),
    "nonsense": _failing(Http(200, "<html>hello</html>"), Sentence.GARBAGE, FailureReason.GARBAGE),
    "overloaded": _failing(
        Reason("model overloaded", after_chars=0), Sentence.OVERLOADED, FailureReason.OVERLOADED
    ),
    "503": _failing(Http(503), Sentence.OVERLOADED, FailureReason.OVERLOADED),
    "502": _failing(Http(502), Sentence.SERVER_ERROR, FailureReason.SERVER_ERROR),
    "broke off": _failing(
        Reason("grpc inference failed", after_chars=7),
        Sentence.SERVER_ERROR,
        FailureReason.SERVER_ERROR,
        "One two",
    ),
    "429": _failing(Http(429), Sentence.RATE_LIMITED, FailureReason.RATE_LIMITED),
    "401": _failing(Http(401), Sentence.UNAUTHORIZED, FailureReason.UNAUTHORIZED),
    "403": _failing(Http(403), Sentence.FORBIDDEN, FailureReason.FORBIDDEN),
    "captcha": _failing(Refuse(_CAPTCHA_WORDS), Sentence.CAPTCHA, FailureReason.CAPTCHA),
    "unsafe": _failing(Refuse("inappropriate_prompt"), Sentence.UNSAFE, FailureReason.UNSAFE),
    "too long": _failing(Http(413), Sentence.TOO_LONG, FailureReason.TOO_LONG),
    "refused": _failing(Refuse("something else"), Sentence.INVALID, FailureReason.INVALID),
}


def _reason(turn: Turn) -> FailureReason | None:
    """Return why a turn failed, if it did."""
    return None if turn.failure is None else turn.failure.reason


@pytest.mark.parametrize("end", _PLAYGROUND_ENDS.values(), ids=_PLAYGROUND_ENDS.keys())
async def test_each_end_has_its_notice_under_what_came(scene: Scene, end: End) -> None:
    """A reply ends saying how unless it is complete, and what came is shown and stored."""
    scene.script.queue(end.answer)
    async with scene.bot(**_IMPATIENT):
        _, answer = await scene.ask("go")
    assert answer.content == "\n".join(words for words in (end.came, end.notice) if words)
    turn = await stored(scene, answer)
    assert (turn.outcome, _reason(turn)) == (end.outcome, end.reason)
    assert turn.text.strip() == end.came
    row = Row(turn.id, buttons_after(end.outcome, end.reason, has_text=bool(end.came)))
    offered = [it["label"] for line in view_of(row).to_components() for it in line["components"]]
    assert labels_of(answer) == offered


async def test_a_pause_that_the_service_asks_for_ends_at_a_time(scene: Scene) -> None:
    """Where the service says how long it wants to be left alone, the reply says until when."""
    scene.script.queue(Answer(_TEXT, fault=Http(429, headers={"Retry-After": "600"})))
    async with scene.bot(**_IMPATIENT):
        _, answer = await scene.ask("go")
    turn = await stored(scene, answer)
    assert turn.finished_at is not None
    when = relative_time(turn.finished_at.timestamp() + 600)
    assert answer.content == say(Sentence.RATE_LIMITED_UNTIL, when=when)


async def test_a_service_that_is_not_there_is_said_to_be_unreachable(scene: Scene) -> None:
    """Where no connection is made the reply says so, and what to do."""
    async with scene.bot(**_IMPATIENT, ALLENAI_BASE_URL="http://127.0.0.1:9"):
        _, answer = await scene.ask("go")
    assert answer.content == Sentence.UNREACHABLE


async def test_a_model_that_is_gone_is_named_with_its_nearest(scene: Scene) -> None:
    """A model that nobody offers any more is named, with those it is most like."""
    async with scene.bot(DEFAULT_MODEL="allenai/tulu3-405"):
        _, answer = await scene.ask("go")
    assert "`allenai/tulu3-405`" in answer.content
    assert "`allenai/tulu3-405b`" in answer.content
    assert _reason(await stored(scene, answer)) is FailureReason.UNKNOWN_MODEL


async def test_a_filtered_answer_says_so(scene: Scene) -> None:
    """An answer cut by the service's filter keeps what came and says what happened."""
    script = Script(Answer(_TEXT, finish_reason="content_filter"))
    async with OpenAIServer(script, flavour="openai", models=("demo",)) as server:
        environ = {"PROVIDERS__OTHER__BASE_URL": server.base_url, "DEFAULT_MODEL": "other/demo"}
        async with scene.bot(**environ):
            _, answer = await scene.ask("go")
    assert answer.content == f"{_TEXT}\n{Sentence.FILTERED}"
    assert (await stored(scene, answer)).outcome is Outcome.TRUNCATED


async def test_a_notice_that_does_not_fit_has_a_message_of_its_own(scene: Scene) -> None:
    """A notice is never cut off and takes nothing from the text."""
    text = "x" * 1990
    scene.script.queue(Answer(chunks=[text], fault=Cut(None)))
    async with scene.bot(**_IMPATIENT):
        thread, _ = await scene.ask("go")
        await scene.until(lambda: len(scene.finished(thread)) == 2)
    assert [message.content for message in scene.from_bot(thread)] == [text, Sentence.CUT]


async def test_after_a_failure_the_conversation_goes_on(scene: Scene) -> None:
    """What was asked before a failure is still known to the next answer."""
    scene.script.queue(Answer(_TEXT, fault=Http(502)))
    async with scene.bot(**_IMPATIENT):
        thread, _ = await scene.ask("my name is Ada")
        scene.actor(scene.ann).say(thread, "who am I?")
        await scene.answer_in(thread, 2)
    last = scene.playground.requests[-1].asked
    assert last is not None
    assert "my name is Ada" in "".join(message.text for message in last.messages)


async def test_a_second_try_before_the_first_words_is_not_seen(scene: Scene) -> None:
    """A service that failed once before the first token is asked again, and nobody notices."""
    scene.script.queue(Answer(fault=Http(502)), Answer(_TEXT, pace=Pace(first_token_s=0.1)))
    async with scene.bot():
        _, answer = await scene.ask("go")
    assert answer.content == _TEXT
