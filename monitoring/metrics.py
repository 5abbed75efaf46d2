"""What Prometheus is told: the meter's counters and histograms, and the loop's delay.

Labels are kinds of requests, HTTP statuses, providers, outcomes and reasons: all from short lists,
so that their number is bounded and nobody is named. Source of the names' form:
https://prometheus.io/docs/practices/naming/.
"""

import asyncio
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.exposition import generate_latest

from conversation.events import Finished
from conversation.meter import Meter
from conversation.version import VERSION

LOOP_INTERVAL_S = 1.0
"""How often the loop's delay is taken."""

_LAG_BUCKETS_S = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
"""About the second between two edits, where it matters, and on to outages."""
_SHORT_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)
_TOO_MANY_REQUESTS = 429


class PrometheusMeter(Meter):
    """Implements the meter with the client library, in a registry of its own."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("bobbin", "Which Bobbin this is.", registry=registry).info({"version": VERSION})
        self._answers = self._counter(
            "answers",
            "How models that were to answer ended, by provider, outcome and what went wrong.",
            *("provider", "outcome", "reason"),
        )
        self._tokens = self._counter(
            "tokens", "Tokens as the providers counted them.", "provider", "kind"
        )
        self._requests = self._counter(
            "discord_requests",
            "Requests that Discord answered, by kind and HTTP status.",
            *("kind", "status"),
        )
        self._refused = self._counter("discord_429", "Requests that Discord answered with 429.")
        self._first_visible = self._lag(
            "first_visible", "From an answer's first text to its first sight on Discord."
        )
        self._display_lag = self._lag(
            "display", "Age of the oldest hidden text at each further sight of an answer."
        )
        self._final_lag = self._lag("final", "From an answer's end until Discord showed all of it.")
        self._stored = self._duration(
            "database_seconds", "Transactions, with the wait for others.", "kind"
        )
        self._loop_delay = self._duration(
            "loop_delay_seconds", "How much later than asked for the event loop woke a task."
        )

    def asked(self, provider: str, end: Finished) -> None:
        """See `Meter.asked`."""
        reason = end.failure.reason.value if end.failure else ""
        self._answers.labels(provider, end.outcome.value, reason).inc()
        if end.usage is not None:
            self._tokens.labels(provider, "prompt").inc(end.usage.prompt_tokens)
            self._tokens.labels(provider, "completion").inc(end.usage.completion_tokens)

    def requested(self, call: str, status: int) -> None:
        """See `Meter.requested`."""
        self._requests.labels(call, str(status)).inc()
        if status == _TOO_MANY_REQUESTS:
            self._refused.inc()

    def shown(self, lag_s: float, *, is_first: bool) -> None:
        """See `Meter.shown`."""
        (self._first_visible if is_first else self._display_lag).observe(lag_s)

    def ended(self, lag_s: float) -> None:
        """See `Meter.ended`."""
        self._final_lag.observe(lag_s)

    def stored(self, duration_s: float, *, is_write: bool) -> None:
        """See `Meter.stored`."""
        self._stored.labels("write" if is_write else "read").observe(duration_s)

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Add what is looked up whenever somebody asks, without waiting."""
        Gauge(f"bobbin_{name}", description, registry=self._registry).set_function(value)

    def waiting(self) -> Gauge:
        """Add the gauge for the messages that wait, which has to be set before a page is made."""
        description = "Messages that wait for an answer."
        return Gauge("bobbin_waiting_messages", description, registry=self._registry)

    def page(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)

    async def watch_loop(self) -> None:
        """Measure the event loop's delay, again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + LOOP_INTERVAL_S
            await asyncio.sleep(LOOP_INTERVAL_S)
            self._loop_delay.observe(max(0.0, loop.time() - due_s))

    def _counter(self, name: str, description: str, *labels: str) -> Counter:
        return Counter(f"bobbin_{name}", description, labels, registry=self._registry)

    def _lag(self, name: str, description: str) -> Histogram:
        name = f"bobbin_{name}_lag_seconds"
        return Histogram(name, description, buckets=_LAG_BUCKETS_S, registry=self._registry)

    def _duration(self, name: str, description: str, *labels: str) -> Histogram:
        name, buckets = f"bobbin_{name}", _SHORT_BUCKETS_S
        return Histogram(name, description, labels, buckets=buckets, registry=self._registry)
