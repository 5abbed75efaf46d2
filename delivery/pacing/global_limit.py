"""What Discord allows a bot over all channels, and how evenly that is used."""

import heapq
import math

from delivery.pacing.policy import Policy, Urgency


class GlobalLimit:
    """The limit over all requests: a sliding log as a wall, an even pace for what may wait.

    A request leaves the log one window after the latest instant at which it can have reached
    Discord, seen from the quickest way known: `answered_at - quickest round trip`. One without
    an answer stays.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._in_flight = 0
        self._leaving: list[float] = []
        self._even_at = -math.inf
        self._blocked_until = -math.inf
        self._slowed_at = -math.inf
        self._quickest_s = math.inf
        self._quickest_before_s = math.inf
        self._measured_from = -math.inf

    @property
    def round_trip_s(self) -> float:
        """The quickest round trip of the last minute or so; 0 before the first answer."""
        quickest_s = min(self._quickest_s, self._quickest_before_s)
        return 0.0 if quickest_s == math.inf else quickest_s

    def opens_at(self, rank: int, now: float, ahead: int = 0) -> float:
        """Return from when a request of this rank may go; infinity if an answer comes first.

        `ahead` requests that wait are taken as sent before it.
        """
        leaving = self._leaving
        while leaving and leaving[0] <= now:
            heapq.heappop(leaving)
        missing = self._kept(rank) + self._in_flight + len(leaving) + 1 + ahead
        missing -= self._policy.global_limit
        opens_at = now if missing <= 0 else self._leaves_at(missing, now)
        if rank >= Urgency.STALE:
            opens_at = max(opens_at, self._even_at)
        return max(opens_at, self._blocked_until)

    def send(self, now: float) -> None:
        """Count a request as out; the even pace gives way to it."""
        self._in_flight += 1
        step_s = 1.0 / self._rate(now)
        start = max(self._even_at, now - self._policy.catch_up_s)
        self._even_at = min(start + step_s, now + self._policy.global_window_s)

    def answered(self, sent_at: float, now: float) -> None:
        """Record that a request that was counted is over."""
        self._in_flight -= 1
        round_trip_s = max(0.0, now - sent_at)
        if now > self._measured_from + self._policy.calm_after_s:
            self._measured_from = now
            self._quickest_before_s = self._quickest_s
            self._quickest_s = math.inf
        self._quickest_s = min(self._quickest_s, round_trip_s)
        self.passed(now - self.round_trip_s)

    def lost(self, now: float) -> None:
        """Record that a request that was counted ended without an answer."""
        self._in_flight -= 1
        self.passed(now)

    def unsent(self) -> None:
        """Record that a request that was counted was never sent."""
        self._in_flight -= 1

    def passed(self, at: float) -> None:
        """Count a request that reached Discord at this instant at the latest."""
        heapq.heappush(self._leaving, at + self._policy.global_window_s)

    def refuse(self, retry_after_s: float, now: float) -> None:
        """Record a 429 of global scope: stop until it is over, then go slower for a while."""
        self._blocked_until = max(self._blocked_until, now + retry_after_s)
        self._slowed_at = now

    def _kept(self, rank: int) -> int:
        if rank < Urgency.STALE:
            return 0
        kept_from_cosmetics = self._policy.kept_from_cosmetics
        return self._policy.kept_for_finals if rank == Urgency.STALE else kept_from_cosmetics

    def _leaves_at(self, missing: int, now: float) -> float:
        windows, place = divmod(missing - 1, self._policy.global_limit)
        later_s = windows * self._policy.global_window_s
        if place < len(self._leaving):
            return heapq.nsmallest(place + 1, self._leaving)[-1] + later_s
        return math.inf if windows == 0 else now + later_s + self._policy.global_window_s

    def _rate(self, now: float) -> float:
        calm = (now - self._slowed_at) / self._policy.calm_after_s
        return self._policy.edits_per_s * min(1.0, 0.5 + calm / 2)
