"""What a provider tells while it answers, and what the service tells on top of that."""

from dataclasses import dataclass, field

from conversation.entities import Failure, Outcome, ResumeState, Usage


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's text, verbatim; white space is text. Never empty."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of what the model thinks before it answers; not part of the text. Never empty."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finished:
    """The end: always the last event, and there is exactly one."""

    outcome: Outcome
    failure: Failure | None = None
    """Why, unless the outcome is `complete` or `stopped`."""
    usage: Usage | None = None
    resume: ResumeState | None = field(default=None, repr=False)
    """Only with `complete`, and only from a provider with a memory of its own."""
    text: str | None = field(default=None, repr=False)
    """The whole text, only where the service's last word on it differs from the deltas."""


StreamEvent = TextDelta | ReasoningDelta | Finished
"""What a provider yields."""


@dataclass(frozen=True, slots=True)
class Shortened:
    """The oldest turns were left out of the request, for the model could not take them all."""

    left_out_turns: int


@dataclass(frozen=True, slots=True)
class Queued:
    """As many answers as may stream at once do so: this one waits for its turn."""

    ahead: int
    """How many wait before it."""


@dataclass(frozen=True, slots=True)
class Switched:
    """The model that was chosen has failed, and another one answers; comes before any text."""

    model: str
    """`provider/model`, the one that answers."""
    failure: Failure
    """Of the one that was chosen."""


ReplyEvent = Queued | Shortened | Switched | StreamEvent
"""What `ConversationService.stream` yields; `Finished` comes last."""
