"""One attempt at an answer: a single model, its request, and what is passed on of its events."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from conversation import history
from conversation.asking.breaker import Breaker
from conversation.asking.length_limit import LengthLimit
from conversation.effective_settings import Choice
from conversation.entities import Exchange, Failure, FailureReason, Outcome
from conversation.events import Finished, StreamEvent, Switched
from conversation.meter import Meter
from conversation.ports.catalog import CatalogModel
from conversation.ports.provider import Request
from conversation.stop_signal import StopRequestedError

_INTERRUPTED = Finished(Outcome.INTERRUPTED)


class FittedRequest:
    """The request for one model, with as much of the history as the model accepts.

    Args:
        exchange: The question and the path that leads to it.
        choice: The settings in force.
        model: Its context decides how much of the history is sent at first.
    """

    def __init__(self, exchange: Exchange, choice: Choice, model: CatalogModel) -> None:
        self._model_name = model.full_name.partition("/")[2]
        self._parameters = choice.parameters
        self._system_prompt = history.instructions(choice.system_prompt, exchange.path)
        self._entries = history.entries_of(exchange.path)
        self._whole_count = len(self._entries)
        if model.context_tokens is not None:
            self._entries = history.shortened(
                self._entries,
                self._system_prompt,
                model.context_tokens,
                choice.parameters.max_tokens,
            )

    @property
    def left_out_turns(self) -> int:
        """How many of the oldest turns are not sent."""
        return self._whole_count - len(self._entries)

    def build(self) -> Request:
        """Return the request to send now."""
        return Request(
            self._model_name,
            history.alternating(self._entries),
            self._system_prompt,
            self._parameters,
        )

    def halve(self) -> bool:
        """Leave out the older half; return False, and change nothing, if one entry is left."""
        if len(self._entries) <= 1:
            return False
        self._entries = history.halved(self._entries)
        return True


class Attempt:
    """One model being asked: what of its events is passed on, and how the attempt ends.

    Args:
        model: The model that is asked.
        replaced: Why the chosen model failed; None where this is the chosen model.
        breaker: Asked whether the model is worth asking, and told what comes of it.
        limit: Cuts the answer.
        meter: Records the end.
    """

    def __init__(
        self,
        model: CatalogModel,
        replaced: Failure | None,
        *,
        breaker: Breaker,
        limit: LengthLimit,
        meter: Meter,
    ) -> None:
        self.model = model
        self.provider_name = model.full_name.partition("/")[0]
        self._replaced = replaced
        self._breaker = breaker
        self._limit = limit
        self._meter = meter
        self._request: FittedRequest | None = None
        self._is_request_due = False
        self._end: Finished | None = None
        self.has_begun = False
        """Whether an answer has begun to come, after which no other model is asked."""

    @property
    def end(self) -> Finished:
        """How the attempt has ended; interrupted as long as nobody says otherwise."""
        return self._end or _INTERRUPTED

    @contextmanager
    def recorded(self) -> Generator[None, None, None]:
        """Record the end with the breaker and the meter, however the context is left.

        A stop ends the attempt as `stopped` and goes no further.
        """
        try:
            yield
        except StopRequestedError:
            self._end = Finished(Outcome.STOPPED)
        finally:
            if self._request is not None:
                self._breaker.record_end(self.model.full_name, self.end)
            self._meter.asked(self.provider_name, self.end)

    def end_if_known_to_fail(self) -> bool:
        """End, and return True, where the breaker knows how the model would fail."""
        return self._fail(self._breaker.known_failure(self.model.full_name))

    def admit(self, exchange: Exchange, choice: Choice) -> bool:
        """Prepare the request where the breaker admits the attempt; else end, and return False."""
        request = FittedRequest(exchange, choice, self.model)
        if self._fail(self._breaker.admit(self.model.full_name)):
            return False
        self._request, self._is_request_due = request, True
        return True

    def next_request(self) -> FittedRequest | None:
        """Return the request of an admitted attempt, once more after it was made shorter."""
        is_due, self._is_request_due = self._is_request_due, False
        return self._request if is_due else None

    @property
    def is_response_over(self) -> bool:
        """Whether nothing more is read of the response to the current request."""
        return self._end is not None or self._is_request_due

    def take(self, event: StreamEvent) -> Sequence[StreamEvent | Switched]:
        """Record an event of the provider, and return what is passed on of it.

        `Finished` is not passed on: it becomes the attempt's end, unless it refuses a request
        that can be made shorter.
        """
        if not self.has_begun and self._is_refused_as_too_long(event):
            self._is_request_due = True
            return ()
        passed = self._limit.take(event)
        if passed and isinstance(last := passed[-1], Finished):
            self._end, passed = last, passed[:-1]
        return passed if self.has_begun else self._begin(event, passed)

    def _begin(
        self, event: StreamEvent, passed: Sequence[StreamEvent]
    ) -> Sequence[StreamEvent | Switched]:
        if not isinstance(event, Finished):
            self._breaker.record_token(self.model.full_name)
        elif self.end.outcome is Outcome.FAILED:
            return ()
        self.has_begun = True
        if self._replaced is None:
            return passed
        return (Switched(self.model.full_name, self._replaced), *passed)

    def _is_refused_as_too_long(self, event: StreamEvent) -> bool:
        """Return whether the request was too long and has been made shorter."""
        if not isinstance(event, Finished) or event.failure is None or self._request is None:
            return False
        is_too_long = event.failure.reason is FailureReason.TOO_LONG
        return is_too_long and event.outcome is Outcome.FAILED and self._request.halve()

    def _fail(self, failure: Failure | None) -> bool:
        if failure is not None:
            self._end = Finished(Outcome.FAILED, failure)
        return failure is not None
