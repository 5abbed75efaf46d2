"""What the core needs of a provider; `tests/contracts/test_provider.py` is the suite for each."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

from conversation.entities import Parameters, ResumeState, Role
from conversation.events import StreamEvent


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the history that a model is asked with."""

    role: Role
    text: str = field(repr=False)
    resume: ResumeState | None = None
    """Assistant entries only: what the provider that gave the answer needs to go on from it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question to a provider.

    `entries` alternates between user and assistant, begins with either, ends with the user's new
    entry, and holds no blank text.
    """

    model: str
    """The provider's own name of the model, without the provider's."""
    entries: tuple[Entry, ...]
    system_prompt: str = field(default="", repr=False)
    parameters: Parameters = field(default_factory=Parameters)


@dataclass(frozen=True, slots=True)
class Bound:
    """A closed interval of allowed values, and the grid they lie on."""

    lower: float
    upper: float
    step: float | None = None
    """None: any value within."""


@dataclass(frozen=True, slots=True)
class ParameterBounds:
    """What a provider takes."""

    temperature: Bound
    top_p: Bound
    max_tokens: Bound


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as its provider lists it."""

    name: str
    """The provider's own name of it, which may hold slashes."""
    description: str = ""
    aliases: tuple[str, ...] = ()
    context_tokens: int | None = None
    """How many tokens prompt and answer may have together; None where the provider is silent."""


class Provider(Protocol):
    """One upstream service. Holds no conversation: what it must remember is in the resume state.

    Owns nothing that needs closing: the HTTP session is passed in and closed by who made it.
    """

    @property
    def name(self) -> str:
        """The part of a model's full name before the first slash; lower case, without one."""
        ...

    @property
    def bounds(self) -> ParameterBounds:
        """The values of parameters it takes; others it brings to the nearest one allowed."""
        ...

    def stream(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Ask, and yield the answer as it comes.

        Ends with exactly one `Finished`, whatever happens upstream: refusals, cuts and nonsense
        are outcomes, not exceptions. Before the first token it tries again, within bounds and
        with backoff, what may succeed at a second try. Nothing that came is dropped: the deltas,
        joined, are the text, unless `Finished.text` says otherwise. Closing or cancelling the
        generator closes the connection at once.
        """
        ...

    async def models(self) -> tuple[ModelInfo, ...]:
        """Ask the service what it offers, in its own order; a documented list where it is silent.

        Raises nothing: a service that does not answer offers what is documented or configured.
        """
        ...
