"""The state of reading one answer of an OpenAI-compatible server, and how it ended."""

import logging
from collections.abc import Sequence

from conversation.entities import Failure, FailureReason, Outcome, Usage
from conversation.events import Finished, ReasoningDelta, StreamEvent, TextDelta
from upstream.errors import UpstreamError
from upstream.openai.chunks import read_chunk
from upstream.openai.error_objects import error_in_stream
from upstream.wire.decoders.json_objects import JsonObject, parse_object
from upstream.wire.decoders.server_sent_events import ServerSentEvent

log = logging.getLogger(__name__)

_LENGTH = frozenset({"length", "max_tokens"})
_FAILED = frozenset({"error", "abort"})


class AnswerReader:
    """Turn what a server sends into events, and judge the end; knows no bytes and no time."""

    def __init__(self) -> None:
        self._has_text = False
        self._usage: Usage | None = None
        self.finish_reason = ""
        """Why the model finished; only the usage may follow it."""
        self.is_done = False
        """Whether the server has sent `[DONE]`."""

    def take(self, event: ServerSentEvent) -> Sequence[StreamEvent]:
        """Record an event of the wire, and return the events that it makes.

        Raises:
            UpstreamError: It is an error object, or cannot be understood.
        """
        data = event.data.strip()
        if data == "[DONE]":
            self.is_done = True
            return ()
        if not data:
            return ()
        value = parse_object(data)
        is_bare_error = event.name == "error" and "error" not in value
        return self.take_object({"error": value} if is_bare_error else value)

    def take_object(self, value: JsonObject) -> Sequence[StreamEvent]:
        """Record an object: a chunk, or a whole completion of a server that does not stream.

        Raises:
            UpstreamError: It is an error object.
        """
        chunk = read_chunk(value)
        if chunk.error is not None:
            raise error_in_stream(chunk.error)
        self._usage = chunk.usage or self._usage
        self.finish_reason = chunk.finish_reason or self.finish_reason
        events: list[StreamEvent] = []
        if chunk.reasoning:
            events.append(ReasoningDelta(chunk.reasoning))
        if chunk.text:
            self._has_text = True
            events.append(TextDelta(chunk.text))
        return events

    def finished(self, *, is_end_certain: bool) -> Finished:
        """Return the end.

        A finish reason decides. Without one, `[DONE]` ends an answer as well as `stop` does. With
        neither, the end of a body that has an end of its own (chunked, or of a known length) is
        taken for the answer's where there is text, for some servers say nothing more; a body that
        ends with the connection, or that held no text, was cut.

        Raises:
            UpstreamError: `CUT`, or an end that is a failure.
        """
        is_ended = bool(self.finish_reason) or self.is_done
        if not is_ended and not (is_end_certain and self._has_text):
            raise UpstreamError(Failure(FailureReason.CUT), may_retry=True)
        outcome, failure = self._judged()
        return Finished(outcome, failure, usage=self._usage)

    def _judged(self) -> tuple[Outcome, Failure | None]:
        if self.finish_reason in _LENGTH:
            return Outcome.TRUNCATED, Failure(FailureReason.LENGTH)
        if self.finish_reason == "content_filter":
            outcome = Outcome.TRUNCATED if self._has_text else Outcome.FAILED
            return outcome, Failure(FailureReason.UNSAFE)
        if self.finish_reason in _FAILED:
            failure = Failure(FailureReason.SERVER_ERROR, detail=self.finish_reason)
            raise UpstreamError(failure, may_retry=True)
        return Outcome.COMPLETE, None
