"""How the small print under an answer has to begin, by what is stored: the tests' own table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from tests.chaos.stored import StoredTurn

_CUT = "-# ✂️ Cut short: the answer reached "
_OUTCOMES: Mapping[str | None, str] = {
    "stopped": "-# ⏹️ Stopped",
    "interrupted": "-# ⚠️ Interrupted: the bot had to stop.",
}
_TRUNCATIONS: Mapping[str | None, str] = {
    None: f"{_CUT}its maximum length.",
    "length": f"{_CUT}its maximum length.",
    "length_bound": f"{_CUT}the length that the bot's owner allows.",
    "unsafe": "-# ✂️ Cut short by the service's content filter.",
}
_FAILURES: Mapping[str | None, str] = {
    "unreachable": "-# ⚠️ The model's service cannot be reached.",
    "no_first_token": "-# ⚠️ The model did not begin to answer in time.",
    "stalled": "-# ⚠️ Cut short: the model fell silent.",
    "cut": "-# ⚠️ Cut short: the connection to the model was lost.",
    "garbage": "-# ⚠️ The model's service sent something that makes no sense.",
    "overloaded": "-# ⚠️ The model is overloaded.",
    "rate_limited": "-# ⚠️ The model's service asks for a pause.",
    "server_error": "-# ⚠️ The model's service failed.",
    "unauthorized": "-# ⚠️ The model's service does not accept the bot's key.",
    "forbidden": "-# ⚠️ The model's service refuses this bot.",
    "captcha": "-# ⚠️ The model's service only takes people in a browser",
    "unsafe": "-# ⚠️ The model's service judged this unsafe",
    "too_long": "-# ⚠️ This is too long for the model.",
    "unknown_model": "-# ⚠️ There is no model `",
    "invalid": "-# ⚠️ The model's service did not accept the request.",
    "empty": "-# ⚠️ The model answered with nothing.",
    "length": _TRUNCATIONS["length"],
    "internal": "-# ⚠️ Cut short: something went wrong on the bot's side.",
}
_BEFORE_THE_FIRST_WORD: Mapping[str | None, str] = {
    "cut": "-# ⚠️ The connection to the model was lost before the first word.",
    "stalled": "-# ⚠️ The model did not begin to answer in time.",
    "length": "-# ✂️ The answer reached its maximum length before the first word.",
    "length_bound": "-# ✂️ Cut short before the first word",
}
_REMARKS: Mapping[str, str] = {
    "switched": "-# 🔀 Answered by `",
    "shortened": "-# The conversation has grown too long for this model",
    "unread_files": "-# I cannot read files yet",
    "was_away": "-# I was away for a while",
    "quota_near": "-# ",
    "no_thread_kind": "-# I answer here because I cannot open threads in this kind",
    "no_thread_permissions": "-# I answer here because I lack the permission",
    "no_thread_refused": "-# I answer here because I may not open threads",
    "no_thread_failed": "-# I answer here because I could not open a thread",
    "no_thread_busy": "-# I answer here because I would have to wait",
}
_QUOTA_NEAR = "answers for today are left"
_REPLACED = "-# What stands above is from the attempt before"


@dataclass(frozen=True, slots=True)
class Beginnings:
    """How the lines of small print have to begin, in this order."""

    lines: Sequence[str]

    def match(self, small_print: Sequence[str]) -> bool:
        """Return whether there are these lines and no others."""
        pairs = zip_longest(self.lines, small_print)
        return all(
            wanted is not None and found is not None and _begins(found, wanted)
            for wanted, found in pairs
        )


def kinds_of(turn: StoredTurn, *, is_replaced: bool) -> Beginnings:
    """Return what has to stand under an ended answer.

    Args:
        turn: The answer.
        is_replaced: Whether it has no text, and that of an earlier attempt stands above.
    """
    lines = [_REPLACED] if is_replaced else []
    if turn.outcome != "complete":
        lines.append(_ending(turn))
    return Beginnings([*lines, *(_REMARKS[kind] for kind in turn.remarks)])


def _ending(turn: StoredTurn) -> str:
    if turn.outcome in _OUTCOMES:
        return _OUTCOMES[turn.outcome]
    if not turn.text.strip() and turn.failure in _BEFORE_THE_FIRST_WORD:
        return _BEFORE_THE_FIRST_WORD[turn.failure]
    return (_TRUNCATIONS if turn.outcome == "truncated" else _FAILURES)[turn.failure]


def _begins(line: str, wanted: str) -> bool:
    if wanted == _REMARKS["quota_near"]:
        return _QUOTA_NEAR in line
    return line.startswith(wanted)
