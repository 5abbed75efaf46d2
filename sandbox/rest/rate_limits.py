"""Rate limits as Discord has them: fixed windows, one a bucket and place, and a global one.

Source: Discord documentation, "Rate Limits". The documentation gives the global number only; the
others are of the order that its headers tell, so a client that hard-codes them is wrong.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Self

from sandbox.world.entities import Payload


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in a window of so many seconds; the window starts with its first request.

    Attributes:
        count: How many; at least 1.
        window_s: How long.
        scope: What a 429 calls it: `user`, or `shared` where others use it up as well.
    """

    count: int
    window_s: float
    scope: str = "user"


@dataclass(frozen=True, slots=True)
class Limits:
    """What each kind of request may do; null is no limit."""

    create_message: Rate | None = Rate(5, 5.0)
    edit_message: Rate | None = Rate(5, 5.0)
    delete_message: Rate | None = Rate(5, 1.0)
    read_messages: Rate | None = Rate(5, 1.0)
    typing: Rate | None = Rate(5, 5.0)
    react: Rate | None = Rate(1, 0.25)
    create_thread: Rate | None = Rate(5, 300.0, "shared")
    change_channel: Rate | None = Rate(5, 300.0)
    edit_old_message: Rate | None = Rate(3, 60.0)
    webhook: Rate | None = Rate(5, 2.0)
    others: Rate | None = Rate(50, 1.0)
    everything: Rate | None = Rate(50, 1.0, "global")

    @classmethod
    def off(cls) -> Self:
        """Return no limits at all: no headers and never a 429."""
        return cls(**dict.fromkeys(each.name for each in fields(cls)))

    def but(self, **rates: Rate | None) -> Self:
        """Return the same limits with some of them, by name, replaced."""
        return replace(self, **rates)


@dataclass(slots=True)
class _Window:
    """How much of a fixed window is used, and when it ends."""

    ends_at: float = 0.0
    used: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what its answer says of the limits.

    Attributes:
        headers: The `X-RateLimit-*` headers, and `Retry-After` on a refusal.
        body: The 429's JSON; null where the request may pass.
    """

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Payload | None = None


class Buckets:
    """Counts requests against limits.

    Args:
        limits: The numbers.
        wall_clock: Seconds since 1970, for `X-RateLimit-Reset`.
        clock: A clock that never jumps, in seconds, for the windows.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._wall_clock = wall_clock
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}

    def take(self, name: str, key: str, major: str, *, counts_globally: bool = True) -> Verdict:
        """Take a token of a bucket and a global one, or refuse.

        Args:
            name: Which field of `Limits` holds the bucket's rate.
            key: What tells the bucket from others.
            major: The values of the path's major parameters; each has a window of its own.
            counts_globally: Whether the global limit holds for it.
        """
        everything = self.limits.everything
        if everything is not None and counts_globally:
            window = self._window(("", ""), everything)
            if window.used >= everything.count:
                return self._refusal(everything, window, {"X-RateLimit-Global": "true"})
            window.used += 1
        rate: Rate | None = getattr(self.limits, name)
        return Verdict() if rate is None else self._take(rate, key, major)

    def take_old_edit(self, channel_id: int) -> bool:
        """Take a token for editing a message that is over an hour old; false if there is none."""
        rate = self.limits.edit_old_message
        if rate is None:
            return True
        window = self._window(("edit_old_message", str(channel_id)), rate)
        if window.used >= rate.count:
            return False
        window.used += 1
        return True

    def retry_after_old_edit_s(self, channel_id: int) -> float:
        """Return how long the window of old edits in a channel goes on."""
        window = self._windows["edit_old_message", str(channel_id)]
        return max(0.0, window.ends_at - self._clock())

    def _take(self, rate: Rate, bucket: str, major: str) -> Verdict:
        """Take a token of one window."""
        window = self._window((bucket, major), rate)
        name = hashlib.blake2b(bucket.encode(), digest_size=16).hexdigest()
        headers = {"X-RateLimit-Bucket": name}
        if window.used >= rate.count:
            return self._refusal(rate, window, headers | self._state(rate, window))
        window.used += 1
        return Verdict(headers | self._state(rate, window))

    def _window(self, key: tuple[str, str], rate: Rate) -> _Window:
        """Return the window that runs now, a fresh one if the last is over."""
        window = self._windows.setdefault(key, _Window())
        now = self._clock()
        if now >= window.ends_at:
            window.used = 0
            window.ends_at = now + rate.window_s
        return window

    def _state(self, rate: Rate, window: _Window) -> dict[str, str]:
        """Write how a window stands."""
        left_s = max(0.0, window.ends_at - self._clock())
        return {
            "X-RateLimit-Limit": str(rate.count),
            "X-RateLimit-Remaining": str(rate.count - window.used),
            "X-RateLimit-Reset": f"{self._wall_clock() + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
        }

    def _refusal(self, rate: Rate, window: _Window, headers: dict[str, str]) -> Verdict:
        """Write a 429; the bot may ask again when the window is over."""
        return refusal(max(0.001, window.ends_at - self._clock()), rate.scope, headers)


def refusal(retry_after_s: float, scope: str, headers: Mapping[str, str]) -> Verdict:
    """Write a 429.

    Args:
        retry_after_s: When to ask again.
        scope: `user`, `shared` or `global`.
        headers: What else the answer says.
    """
    message = (
        "The resource is being rate limited."
        if scope == "shared"
        else "You are being rate limited."
    )
    return Verdict(
        {
            **headers,
            "X-RateLimit-Scope": scope,
            "Retry-After": str(max(1, -int(-retry_after_s // 1))),
        },
        {
            "message": message,
            "retry_after": round(retry_after_s, 3),
            "global": scope == "global",
        },
    )
