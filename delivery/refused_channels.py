"""Channels in which Discord refuses us, until something changes there.

Discord bans a bot for a while that makes 10,000 invalid requests in ten minutes (documentation,
"Rate Limits", "Invalid Request Limit"): so what is refused is not asked again.
"""

from delivery.errors import DeliveryError
from delivery.pacing.policy import Call

REMEMBERED = 1000
"""Of so many channels; the oldest are forgotten."""

FORGOTTEN_AFTER_S = 600.0
"""Not every change is told: a member's timeout ends without an event."""

_MISSING_ACCESS, _MISSING_PERMISSIONS, _UNKNOWN_CHANNEL = 50001, 50013, 10003
_WHOLE_PLACE = frozenset({_MISSING_ACCESS, _UNKNOWN_CHANNEL})
_BY_CALL = frozenset({Call.POST, Call.EDIT, Call.TYPING})
"""What is refused alike for every reply of a place; a thread or a deletion is a case of its own."""


class RefusedChannels:
    """What is refused where, as far as answers have told."""

    def __init__(self) -> None:
        self._refusals: dict[int, dict[Call | None, tuple[DeliveryError, float]]] = {}

    @property
    def channel_ids(self) -> frozenset[int]:
        """The channels that have refused something."""
        return frozenset(self._refusals)

    def refused(self, call: Call, channel_id: int, error: DeliveryError, now: float) -> None:
        """Record a refusal; it is remembered if it is the channel's, not one message's."""
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
        """Return what a request would be refused with; None if it may be tried."""
        known = self._refusals.get(channel_id, {})
        for key in (None, call):
            error, refused_s = known.get(key, (None, now))
            if error is not None and now - refused_s < FORGOTTEN_AFTER_S:
                return error
        return None

    def reopen(self, channel_id: int) -> None:
        """Forget what a channel refused, for something has changed there."""
        self._refusals.pop(channel_id, None)
