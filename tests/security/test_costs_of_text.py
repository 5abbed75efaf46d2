"""Texts that are made to be slow to read: each holds everybody's event loop up while it is read."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from cogs.messages.message_text import Names, readable
from conversation.errors import ModelNameError
from conversation.events import StreamEvent
from conversation.ports.provider import ModelInfo, ParameterBounds, Request
from rendering.one_line import one_line
from rendering.splitting.splitter import Splitter
from rendering.titles import thread_title
from upstream.catalog import Catalog
from upstream.model_names import MOST_MODELS
from upstream.openai.error_objects import error_from_object
from upstream.openai.provider import BOUNDS
from upstream.wire.transport import ERROR_BODY_BYTES

_LONGEST_CHARS = 12_000
"""What one message can say: its own text, what it replies to and what it forwards."""
_LINEAR = 9.0
"""Four times the text takes four times as long, or a little more; sixteen times where each sign is
looked at for each other one, as with the texts that held the bot up for seconds."""
_GRAIN_S = 0.002
"""What a clock cannot tell from nothing."""

_SLOW = (
    "*a ", "_a ", "`a ", "||a ", "~~a ", "*a ~~b ||c `d _e ", "[", "[a](", "[a](b)", "</", "</a",
    "<@", "<@ ", "<@ [", "<a:", "<t:", "* ", "> ", "- ", "-\n", "1. ", "```a", "``a` ", "`a\n",
    "http://", "<http://a ", "a:\n", "a\u0301", "\u202e", "|a", "\\", " ",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Listed:
    """A provider of which only the list is looked at."""

    known_models: tuple[ModelInfo, ...]
    name: str = "local"
    is_listed: bool = True
    bounds: ParameterBounds = BOUNDS

    def stream(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Answer nothing: nobody asks."""
        raise NotImplementedError(request)

    async def models(self) -> tuple[ModelInfo, ...]:
        """Return the list."""
        return self.known_models


def _best_s(act: Callable[[], object]) -> float:
    """Return what something costs the processor when nothing disturbs it."""
    taken: list[float] = []
    for _ in range(5):
        began = time.process_time()
        act()
        taken.append(time.process_time() - began)
    return min(taken)


def _assert_linear(act: Callable[[str], object], piece: str, size_chars: int) -> None:
    """See that a text costs no more a sign than one of a quarter of its length."""
    whole = piece * (size_chars // len(piece))
    quarter = piece * (size_chars // 4 // len(piece))
    assert _best_s(lambda: act(whole)) < _LINEAR * _best_s(lambda: act(quarter)) + _GRAIN_S


@pytest.mark.parametrize("piece", _SLOW)
def test_a_message_is_read_at_once(piece: str) -> None:
    """A message as long as can be is read, and made a title of, without holding anybody up."""
    _assert_linear(lambda text: readable(text, Names()), piece, _LONGEST_CHARS)
    _assert_linear(lambda text: thread_title(text, "ann"), piece, _LONGEST_CHARS)
    _assert_linear(one_line, piece, _LONGEST_CHARS)


@pytest.mark.parametrize("piece", _SLOW)
def test_an_unfinished_answer_is_shown_at_once(piece: str) -> None:
    """What streams is made fit to be shown in little time, whatever a model was made to write."""

    def tail(text: str) -> None:
        splitter = Splitter()
        splitter.feed(text)
        splitter.tail("|")

    _assert_linear(tail, piece, 1900)


@pytest.mark.parametrize("piece", ["m", "vendor/model", "model ", "x"])
def test_a_name_is_found_at_once(piece: str) -> None:
    """The longest list of models is searched, for any text, while somebody types."""
    names = [f"vendor/model-{number:05}-instruct" for number in range(MOST_MODELS // 10)]
    catalog = Catalog([_Listed(tuple(map(ModelInfo, names)))])

    def resolve(text: str) -> None:
        with suppress(ModelNameError):
            catalog.resolve(text)

    _assert_linear(catalog.search, piece, 6000)
    _assert_linear(resolve, piece, 6000)


@pytest.mark.parametrize("piece", ["model ", "context ", "exceeds the model's ", "a"])
def test_an_error_is_understood_at_once(piece: str) -> None:
    """As much of an error as is read is searched for what it means without holding anybody up."""
    _assert_linear(lambda text: error_from_object(400, {"message": text}), piece, ERROR_BODY_BYTES)
