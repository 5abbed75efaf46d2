"""One answer while it comes: what is to be stored of it, whenever it ends."""

from dataclasses import dataclass, field

from conversation.entities import Outcome, TurnResult
from conversation.events import (
    Finished,
    Queued,
    ReasoningDelta,
    ReplyEvent,
    Shortened,
    Switched,
    TextDelta,
)
from conversation.notices import Remark, RemarkKind


@dataclass(slots=True)
class Answer:
    """What has come so far of one answer.

    Attributes:
        conversation_id: Its conversation, which is told once that it has grown too long.
        chosen_model: `provider/model`, the one that was asked first.
    """

    conversation_id: int
    chosen_model: str
    remarks: list[Remark] = field(default_factory=list[Remark])
    last: Finished | None = None
    _texts: list[str] = field(default_factory=list[str])
    _thoughts: list[str] = field(default_factory=list[str])
    _model: str | None = None

    def add(self, event: ReplyEvent) -> None:
        """Add an event; costs the same however long the answer is."""
        match event:
            case TextDelta(text):
                self._texts.append(text)
            case ReasoningDelta(text):
                self._thoughts.append(text)
            case Finished():
                self.last = event
            case Switched(model, failure):
                self._model = model
                fields = {
                    "model": model,
                    "chosen": self.chosen_model,
                    "reason": failure.reason.value,
                }
                self.remarks.append(Remark(RemarkKind.SWITCHED, fields))
            case Shortened():
                key = f"shortened:{self.conversation_id}"
                self.remarks.append(Remark(RemarkKind.SHORTENED, once_key=key))
            case Queued():
                pass

    def text(self) -> str:
        """Return the text so far; joined once, and kept joined."""
        if len(self._texts) > 1:
            self._texts = ["".join(self._texts)]
        return self._texts[0] if self._texts else ""

    def result(self) -> TurnResult:
        """Return what is to be stored; an answer without an end was interrupted."""
        last = self.last or Finished(Outcome.INTERRUPTED)
        return TurnResult(
            text=self.text() if last.text is None else last.text,
            outcome=last.outcome,
            failure=last.failure,
            remarks=tuple(self.remarks),
            reasoning="".join(self._thoughts),
            usage=last.usage,
            resume=last.resume if last.outcome is Outcome.COMPLETE else None,
            model=self._model,
        )
