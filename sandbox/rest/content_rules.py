"""Words that Discord will not take, as its moderation and its filters of links do.

Source: Discord documentation, "Opcodes and Status Codes" (codes 200000, 200001 and 240000).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from sandbox.payloads.refusals import RefusedError

_WRITING = ("POST", "PATCH", "PUT")
_WRITTEN_TO = ("/channels/", "/webhooks/", "/interactions/")


@dataclass(frozen=True, slots=True)
class _Rule:
    word: str
    method: str
    status: int
    code: int
    message: str


class ContentRules:
    """Refuses what has a word in it: posts, edits, thread names and answers to interactions.

    A word is found anywhere in a text and in any case; embeds and components are looked through.
    """

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def refuse(
        self,
        word: str,
        *,
        method: str = "*",
        status: int = 400,
        code: int = 200000,
        message: str = "Message was blocked by automatic moderation",
    ) -> None:
        """Refuse what has a word in it from now on, until `allow`.

        Args:
            word: What is looked for; the rules are asked in the order in which they were made.
            method: `POST` is for posts, `PATCH` for edits, `*` for both.
            status: The HTTP status.
            code: Discord's code.
            message: Its sentence.
        """
        self._rules.append(_Rule(word.casefold(), method, status, code, message))

    def allow(self, word: str) -> None:
        """Take the rules of a word back; where there is none, nothing happens."""
        self._rules = [rule for rule in self._rules if rule.word != word.casefold()]

    def check(self, method: str, template: str, body: Any) -> None:
        """Hold a request against the rules.

        Args:
            method: Such as `POST`.
            template: The route's path; commands and the like are not looked at.
            body: The JSON.

        Raises:
            RefusedError: A word is in it that is not taken.
        """
        if not self._rules or method not in _WRITING or not template.startswith(_WRITTEN_TO):
            return
        text = "\n".join(_texts(body)).casefold()
        for rule in self._rules:
            if rule.method in ("*", method) and rule.word in text:
                raise RefusedError(rule.status, {"message": rule.message, "code": rule.code})


def _texts(value: object) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in cast("dict[str, object]", value).values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _texts(each)
