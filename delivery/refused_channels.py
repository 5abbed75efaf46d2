"""Places in which Discord refuses us, and replies that wait until something changes there.

Discord bans a bot for a while that makes 10,000 invalid requests in ten minutes (documentation,
"Rate Limits", "Invalid Request Limit"): so what is refused is not asked again.
"""

from typing import Protocol

from delivery.errors import DeliveryError
from delivery.pacing.policy import Call

REMEMBERED = 1000
"""Of so many places and replies; the oldest are forgotten."""

FORGOTTEN_AFTER_S = 600.0
"""Not every change is told: a member's timeout ends without an event."""

_MISSING_ACCESS, _MISSING_PERMISSIONS, _UNKNOWN_CHANNEL = 50001, 50013, 10003
_WHOLE_PLACE = frozenset({_MISSING_ACCESS, _UNKNOWN_CHANNEL})
_BY_CALL = frozenset({Call.POST, Call.EDIT, Call.TYPING})
"""What is refused alike for every reply of a place; a thread or a deletion is a case of its own."""


class Waiter(Protocol):
    """A reply that a place has refused."""

    def reopened(self) -> None:
        """Take in that the place has changed: what was refused may be tried once more."""
        ...


class ClosedPlaces:
    """What is refused where, and who waits for a change."""

    def __init__(self) -> None:
        self._refusals: dict[int, dict[Call | None, tuple[DeliveryError, float]]] = {}
        self._waiting: dict[Waiter, int] = {}

    @property
    def channel_ids(self) -> frozenset[int]:
        """The places that have refused something, or in which a reply waits."""
        return frozenset(self._refusals) | frozenset(self._waiting.values())

    def refused(self, call: Call, channel_id: int, error: DeliveryError, now: float) -> None:
        """Take in a refusal; it is remembered if it is the place's, not one message's."""
        if error.code in _WHOLE_PLACE:
            key = None
        elif error.code == _MISSING_PERMISSIONS and call in _BY_CALL:
            key = call
        else:
            return
        self._refusals.setdefault(channel_id, {})[key] = (error, now)
        if len(self._refusals) > REMEMBERED:
            del self._refusals[next(iter(self._refusals))]

    def refusal(self, call: Call, channel_id: int, now: float) -> DeliveryError | None:
        """Give what a request would be refused with; None if it may be tried."""
        known = self._refusals.get(channel_id, {})
        for key in (None, call):
            error, refused_s = known.get(key, (None, now))
            if error is not None and now - refused_s < FORGOTTEN_AFTER_S:
                return error
        return None

    def put_by(self, waiter: Waiter, channel_id: int) -> None:
        """Keep a reply that was refused."""
        self._waiting[waiter] = channel_id
        if len(self._waiting) > REMEMBERED:
            del self._waiting[next(iter(self._waiting))]

    def forget(self, waiter: object) -> None:
        """Keep a reply no longer; nothing happens if it is not kept."""
        for kept in [kept for kept in self._waiting if kept is waiter]:
            del self._waiting[kept]

    def reopen(self, channel_id: int) -> None:
        """Take in that a place has changed: forget what it refused, and tell who waits for it."""
        self._refusals.pop(channel_id, None)
        waiting = [it for it, place in self._waiting.items() if place == channel_id]
        for waiter in waiting:
            del self._waiting[waiter]
            waiter.reopened()
