"""What the Playground sends while it answers, as values that its dialects have in common.

A dialect decodes the objects of its wire into these; `AnswerReader` turns them into an answer.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AssistantText:
    """An assistant entry as the service stores it."""

    id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """The new entries as the service stores them; sent first with their ids, last with texts."""

    root_id: str
    answers: tuple[AssistantText, ...]
    is_final: bool
    finish_reason: str = ""


@dataclass(frozen=True, slots=True)
class TextChunk:
    """More of the answer, verbatim."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ThoughtChunk:
    """More of the model's reasoning."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ErrorChunk:
    """The service reports that the answer failed; `reason` is its own word for it."""

    reason: str


@dataclass(frozen=True, slots=True)
class EndChunk:
    """Nothing more comes."""


@dataclass(frozen=True, slots=True)
class OtherChunk:
    """A chunk without content; `kind` names it where it was not expected."""

    kind: str = ""


Chunk = StoredChunk | TextChunk | ThoughtChunk | ErrorChunk | EndChunk | OtherChunk
