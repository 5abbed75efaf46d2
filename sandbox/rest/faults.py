"""Faults on demand: what a test or a person at the sandbox's page can make Discord do wrong."""

import fnmatch
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any


class FaultKind(Enum):
    """What a fault does to a request."""

    ANSWER = "answer"
    RESET = "reset"
    HANG_UP = "hang up"


@dataclass(slots=True, eq=False)
class Fault:
    """One planned fault.

    Attributes:
        kind: What it does.
        method: Such as `PATCH`; `*` is any.
        pattern: A shell pattern for the path, without the `/api/v10` in front; `*` is any.
        times: How many requests it still strikes.
        is_after: Whether the request has taken effect when the fault strikes.
        status: The status to answer.
        body: The JSON to answer.
        headers: Headers to answer.
        content: The bytes to answer in place of JSON; null for none.
    """

    kind: FaultKind
    method: str
    pattern: str
    times: int
    is_after: bool
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    content: bytes | None = None

    def strikes(self, method: str, path: str) -> bool:
        """Whether it is for this request."""
        is_method = self.method in ("*", method)
        return self.times > 0 and is_method and fnmatch.fnmatchcase(path, self.pattern)


class Faults:
    """The faults that are planned and those that go on.

    What can go wrong with the gateway's events and connections is with the `Gateway`.

    Args:
        clock: A clock that never jumps, in seconds.

    Attributes:
        latency_s: How long a round trip takes: half of it passes before a request arrives (and is
            counted, and takes effect), the other half before its answer is sent, whatever that is.
        outage_status: What everything is answered with; null while Discord is up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.latency_s = 0.0
        self.outage_status: int | None = None
        self._clock = clock
        self._planned: list[Fault] = []
        self._storm_ends_at = 0.0
        self._storm_retry_after_s = 0.0
        self._outage_listeners: list[Callable[[], None]] = []

    def answer(
        self,
        method: str,
        pattern: str,
        status: int,
        *,
        times: int = 1,
        after: bool = False,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Fault:
        """Answer the next requests with a status, before (as a rule) or after they take effect.

        Args:
            method: Such as `PATCH`; `*` is any.
            pattern: A shell pattern for the path, such as `/channels/*/messages`.
            status: The HTTP status.
            times: How many requests.
            after: Whether they take effect although they are answered so.
            body: The JSON; if null a sentence with code 0, and for 429 when to ask again.
            headers: More headers.
        """
        told = body if body is not None else _body_of(status)
        fault = Fault(
            FaultKind.ANSWER, method, pattern, times, after, status, told, dict(headers or {})
        )
        self._planned.append(fault)
        return fault

    def garble(
        self,
        method: str,
        pattern: str,
        content: bytes,
        *,
        content_type: str = "application/json",
        times: int = 1,
        after: bool = True,
    ) -> Fault:
        """Answer the next requests with 200 and bytes that make no sense, such as a proxy's page.

        They take effect unless it is said otherwise.
        """
        headers = {"Content-Type": content_type}
        fault = Fault(FaultKind.ANSWER, method, pattern, times, after, 200, None, headers, content)
        self._planned.append(fault)
        return fault

    def reset(self, method: str, pattern: str, *, times: int = 1, after: bool = False) -> Fault:
        """Reset the connection of the next requests, before or after they take effect."""
        fault = Fault(FaultKind.RESET, method, pattern, times, after)
        self._planned.append(fault)
        return fault

    def hang_up(self, method: str, pattern: str, *, times: int = 1, after: bool = False) -> Fault:
        """Close the connection of the next requests without an answer, as a server that ends."""
        fault = Fault(FaultKind.HANG_UP, method, pattern, times, after)
        self._planned.append(fault)
        return fault

    def storm_429(self, duration_s: float, *, retry_after_s: float = 0.2) -> None:
        """Answer everything with a global 429 for a while."""
        self._storm_ends_at = self._clock() + duration_s
        self._storm_retry_after_s = retry_after_s

    @property
    def storm_retry_after_s(self) -> float | None:
        """When to ask again while a storm rages; null while none does."""
        return self._storm_retry_after_s if self._clock() < self._storm_ends_at else None

    @property
    def is_out(self) -> bool:
        """Whether Discord is down as a whole."""
        return self.outage_status is not None

    def begin_outage(self, status: int = 503) -> None:
        """Answer everything with a status, and close the gateway's connections."""
        self.outage_status = status
        for listener in tuple(self._outage_listeners):
            listener()

    def end_outage(self) -> None:
        """Answer properly again."""
        self.outage_status = None

    def on_outage(self, listener: Callable[[], None]) -> None:
        """Call a listener whenever an outage begins."""
        self._outage_listeners.append(listener)

    def clear(self) -> None:
        """Take back everything that is planned and goes on."""
        self.latency_s = 0.0
        self.outage_status = None
        self._planned.clear()
        self._storm_ends_at = 0.0

    def take(self, method: str, path: str, *, is_after: bool) -> Fault | None:
        """Use up and give the fault that strikes a request at this point, if one does."""
        for fault in self._planned:
            if fault.is_after is is_after and fault.strikes(method, path):
                fault.times -= 1
                return fault
        return None


def _body_of(status: int) -> dict[str, Any]:
    """Write the JSON of a planned status that came without one."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return {"message": "You are being rate limited.", "retry_after": 0.05, "global": False}
    return {"message": f"{status}: as planned", "code": 0}
