"""Texts that are made to be slow to read: each holds everybody's event loop up while it is read."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from cogs.reading import Names, readable
from conversation.errors import ModelNameError
from conversation.events import StreamEvent
from conversation.ports import ModelInfo, ParameterBounds, Request
from rendering.one_line import one_line
from rendering.splitting import Splitter
from rendering.titles import thread_title
from upstream.catalog import Catalog
from upstream.chat_refusals import chat_refusal
from upstream.model_names import MOST_MODELS
from upstream.openai_compatible import BOUNDS
from upstream.transport import ERROR_BODY_BYTES

_LONGEST_CHARS = 12_000
"""What one message can say: its own text, what it replies to and what it forwards."""
_READ_S = 0.5
"""Reading such a text took seconds; it takes a few milliseconds now, on a slow machine too."""
_TAIL_S = 0.02
"""A look at what streams took 35 ms at worst; every answer that streams has one a second."""

_SEARCH_S = 0.15
"""Finding what begins like 2,000 names took half a second."""
_ERROR_S = 0.05
"""An error of 64 KiB took 0.2 s."""

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
        """Give the list."""
        return self.known_models


def _best_s(act: Callable[[], object], times: int = 3) -> float:
    """Tell how long something takes when nothing else does."""
    taken: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return min(taken)


@pytest.mark.parametrize("piece", _SLOW)
def test_a_message_is_read_at_once(piece: str) -> None:
    """A message as long as can be is read, and made a title of, without holding anybody up."""
    text = piece * (_LONGEST_CHARS // len(piece))
    assert _best_s(lambda: readable(text, Names())) < _READ_S
    assert _best_s(lambda: thread_title(text, "ann")) < _READ_S
    assert _best_s(lambda: one_line(text)) < _READ_S


@pytest.mark.parametrize("piece", _SLOW)
def test_an_unfinished_answer_is_shown_at_once(piece: str) -> None:
    """What streams is made fit to be shown in little time, whatever a model was made to write."""
    splitter = Splitter()
    splitter.feed(piece * (1900 // len(piece)))
    assert _best_s(lambda: splitter.tail("|"), 10) < _TAIL_S


@pytest.mark.parametrize("typed", ["m", "vendor/model", "model " * 1000, "x" * 6000])
def test_a_name_is_found_at_once(typed: str) -> None:
    """The longest list of models is searched, for any text, while somebody types."""
    names = [f"vendor/model-{number:05}-instruct" for number in range(MOST_MODELS)]
    catalog = Catalog([_Listed(tuple(map(ModelInfo, names)))])

    def resolve() -> None:
        with suppress(ModelNameError):
            catalog.resolve(typed)

    assert _best_s(lambda: catalog.search(typed)) < _SEARCH_S
    assert _best_s(resolve) < _SEARCH_S


@pytest.mark.parametrize("piece", ["model ", "context ", "exceeds the model's ", "a"])
def test_an_error_is_understood_at_once(piece: str) -> None:
    """As much of an error as is read is searched for what it means without holding anybody up."""
    error = {"message": piece * (ERROR_BODY_BYTES // len(piece))}
    assert _best_s(lambda: chat_refusal(400, error)) < _ERROR_S
