"""The meter: what is counted and timed of the work. It takes no text, no name and no id of anybody.

Nothing is measured for each chunk of an answer: its cost must not grow with the answer.
"""

from typing import Protocol

from conversation.events import Finished


class Meter(Protocol):
    """Takes measurements; returns at once and never raises. Seconds are of a steady clock."""

    def asked(self, provider: str, end: Finished) -> None:
        """Record how a model's attempt at an answer ended.

        An answer has several where others are asked after the first one has failed. `provider` is
        one of ours, or empty for a model that nobody knows.
        """
        ...

    def requested(self, call: str, status: int) -> None:
        """Record that Discord answered a request, of a kind such as `edit`, with a status."""
        ...

    def shown(self, lag_s: float, *, is_first: bool) -> None:
        """Record how long an answer's oldest hidden text waited until Discord had it.

        Args:
            lag_s: From when it came from the model to when Discord took it.
            is_first: Whether it was the first that could be seen of the answer.
        """
        ...

    def ended(self, lag_s: float) -> None:
        """Record how long it took from an answer's end until Discord showed all of it."""
        ...

    def stored(self, duration_s: float, *, is_write: bool) -> None:
        """Record how long a transaction took, its wait for others included."""
        ...


class NoMeter:
    """Measures nothing."""

    def asked(self, provider: str, end: Finished) -> None:
        """See `Meter.asked`."""

    def requested(self, call: str, status: int) -> None:
        """See `Meter.requested`."""

    def shown(self, lag_s: float, *, is_first: bool) -> None:
        """See `Meter.shown`."""

    def ended(self, lag_s: float) -> None:
        """See `Meter.ended`."""

    def stored(self, duration_s: float, *, is_write: bool) -> None:
        """See `Meter.stored`."""


NO_METER = NoMeter()
"""For whoever is given none."""
