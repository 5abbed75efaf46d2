"""The words under an answer that say how it ended, and the small print beside them (pure)."""

from collections.abc import Callable, Mapping, Sequence

from conversation.entities import Failure, FailureReason, Outcome, Turn
from conversation.notices import Fields, Remark, RemarkKind
from rendering.wording.fields import as_code, both, either, file_names, relative_time
from rendering.wording.sentences import Sentence, say

_FAILURES: Mapping[FailureReason, Sentence] = {
    reason: Sentence[reason.name] for reason in FailureReason
}
"""A failure and its row have the same name: a reason without a row stops the import."""

_OVERTAKEN: Mapping[Sentence, Sentence] = {
    sentence: Sentence[f"{sentence.name}_OVERTAKEN"]
    for sentence in Sentence
    if f"{sentence.name}_OVERTAKEN" in Sentence.__members__
}
"""The same where the conversation has gone on, without the buttons that it names."""

_UNSAID: Mapping[FailureReason, Sentence] = {
    FailureReason.CUT: Sentence.CUT_UNSAID,
    FailureReason.STALLED: Sentence.NO_FIRST_TOKEN,
    FailureReason.LENGTH: Sentence.LENGTH_UNSAID,
    FailureReason.LENGTH_BOUND: Sentence.THOUGHTS_BOUND,
}
"""What is said where there is nothing that could be gone on with."""


def small_print(turn: Turn, *, is_newest: bool, is_continued: bool = False) -> str:
    """Return all that stands under an ended answer in words: how it ended first; empty if none.

    Args:
        turn: The answer.
        is_newest: Whether its buttons are there to be named.
        is_continued: Whether the rest of it follows, so that its end needs no words.
    """
    end = "" if is_continued else how_it_ended(turn, is_newest=is_newest)
    lines = [end, *(remark(it) for it in turn.remarks)]
    return "\n".join(line for line in lines if line)


def how_it_ended(turn: Turn, *, is_newest: bool) -> str:
    """Return the words that say how an answer ended; empty for a complete one."""
    sentence = _sentence(turn.outcome, turn.failure, has_text=bool(turn.text.strip()))
    if sentence is None:
        return ""
    if not is_newest:
        sentence = _OVERTAKEN.get(sentence, sentence)
    return _with_fields(sentence, turn)


def remark(one: Remark) -> str:
    """Return the line of a remark."""
    return _REMARKS[one.kind](one.fields)


def _sentence(
    outcome: Outcome | None, failure: Failure | None, *, has_text: bool
) -> Sentence | None:
    if not has_text and outcome is Outcome.STOPPED:
        return Sentence.STOPPED_UNSAID
    if not has_text and failure is None and outcome is Outcome.TRUNCATED:
        return Sentence.LENGTH_UNSAID
    if not has_text and failure is not None and failure.reason in _UNSAID:
        return _UNSAID[failure.reason]
    match outcome:
        case Outcome.COMPLETE:
            return None
        case Outcome.STOPPED:
            return Sentence.STOPPED
        case Outcome.INTERRUPTED | None:
            return Sentence.INTERRUPTED
        case Outcome.TRUNCATED:
            return _truncation(failure)
        case Outcome.FAILED:
            return _FAILURES[failure.reason if failure else FailureReason.SERVER_ERROR]


def _truncation(failure: Failure | None) -> Sentence:
    match failure:
        case Failure(reason=FailureReason.UNSAFE):
            return Sentence.FILTERED
        case Failure(reason=FailureReason.LENGTH_BOUND):
            return Sentence.LENGTH_BOUND
        case _:
            return Sentence.LENGTH


def _with_fields(sentence: Sentence, turn: Turn) -> str:
    failure = turn.failure
    if sentence is Sentence.UNKNOWN_MODEL:
        model = as_code(turn.model or "")
        if failure is not None and failure.nearest:
            nearest = either(failure.nearest)
            return say(Sentence.UNKNOWN_MODEL_NEAREST, model=model, nearest=nearest)
        return say(sentence, model=model)
    if sentence is Sentence.RATE_LIMITED and failure is not None and failure.retry_after_s:
        ended_at = turn.finished_at or turn.created_at
        when = relative_time(ended_at.timestamp() + failure.retry_after_s)
        return say(Sentence.RATE_LIMITED_UNTIL, when=when)
    return say(sentence)


def _switched(fields: Fields) -> str:
    name = f"SWITCHED_{str(fields['reason']).upper()}"
    sentence = Sentence.__members__.get(name, Sentence.SWITCHED)
    model, chosen = as_code(str(fields["model"])), as_code(str(fields["chosen"]))
    return say(sentence, model=model, chosen=chosen)


def _permissions(fields: Fields) -> str:
    names = names_in(fields)
    one = len(names) == 1
    sentence = Sentence.NO_THREAD_PERMISSION if one else Sentence.NO_THREAD_PERMISSIONS
    return say(sentence, names=both(names))


def names_in(fields: Fields) -> Sequence[str]:
    """Return the field `names`."""
    names = fields.get("names", ())
    return names if isinstance(names, tuple) else (str(names),)


def moment_in(fields: Fields) -> float:
    """Return the field `when`, in seconds since 1970."""
    return float(str(fields["when"]))


def _quota_near(fields: Fields) -> str:
    when = relative_time(moment_in(fields))
    return say(Sentence.QUOTA_NEAR, left=fields["left"], limit=fields["limit"], when=when)


_REMARKS: Mapping[RemarkKind, Callable[[Fields], str]] = {
    RemarkKind.SWITCHED: _switched,
    RemarkKind.SHORTENED: lambda _: say(Sentence.SHORTENED),
    RemarkKind.UNREAD_FILES: lambda it: say(Sentence.UNREAD_FILES, names=file_names(names_in(it))),
    RemarkKind.WAS_AWAY: lambda it: say(Sentence.WAS_AWAY, when=relative_time(moment_in(it))),
    RemarkKind.QUOTA_NEAR: _quota_near,
    RemarkKind.NO_THREAD_KIND: lambda _: say(Sentence.NO_THREAD_KIND),
    RemarkKind.NO_THREAD_PERMISSIONS: _permissions,
    RemarkKind.NO_THREAD_REFUSED: lambda _: say(Sentence.NO_THREAD_REFUSED),
    RemarkKind.NO_THREAD_FAILED: lambda _: say(Sentence.NO_THREAD_FAILED),
    RemarkKind.NO_THREAD_BUSY: lambda _: say(Sentence.NO_THREAD_BUSY),
}
