"""What a provider tells while it answers, and what the service tells on top of that."""

from dataclasses import dataclass, field

from conversation.entities import Exchange, Failure, Outcome, ResumeState, Usage


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
class Began:
    """The question and an empty answer are stored; asking upstream comes next."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Shortened:
    """The oldest turns were left out of the request, for the model could not take them all."""

    left_out_turns: int


ReplyEvent = Began | Shortened | StreamEvent
"""What `ConversationService.reply` yields: `Began` first, `Finished` last."""
