"""When a request may be sent, and for which reply: one scheduler for the whole process.

It decides over instants and knows no text: the driver says what each reply (a *lane*) wishes,
asks `due` at the instant that `next_time` named, takes the text of that instant, sends, and hands
back what the HTTP trace saw. So no request waits inside the library with stale text in it, and
none is sent into a bucket that is empty. Nothing here waits or does I/O: every method takes `now`,
seconds of one monotonic clock.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass

from delivery.pacing.buckets import Bucket, BucketBook
from delivery.pacing.global_limit import GlobalLimit
from delivery.pacing.policy import Answer, Call, Policy, Urgency

Lane = Hashable
_OpensAt = dict[tuple[Call, int, Urgency], float]
"""When buckets open, for each kind of wish: hundreds of replies may wait for one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one reply would send if it could; `since_s` is when its shown text became stale."""

    call: Call
    channel_id: int
    urgency: Urgency
    since_s: float


@dataclass(slots=True)
class _LaneState:
    """What is known of one reply; `edits` counts its mid-stream edits so far.

    `has_closed` says that its last request took the last token of a window.
    """

    wish: Wish | None = None
    in_flight: bool = False
    edits: int = 0
    has_closed: bool = False
    sent_at: float = -math.inf


@dataclass(slots=True)
class _Flight:
    """A request without an answer so far; `lane` is None when it was not the scheduler's."""

    lane: Lane
    bucket: Bucket
    sent_at: float

    def move_to(self, bucket: Bucket) -> None:
        """Count it in the bucket that an answer named, if that is another than was guessed."""
        self.bucket.land()
        bucket.send(self.sent_at)
        self.bucket = bucket


class Scheduler:
    """Decides which wishes may be sent now, so that Discord never has to refuse one.

    It is pure and not thread-safe. Of each lane it keeps one wish, and one request in flight.
    A request that is not its own (a command, a retry inside the library) is told by `spend`.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self._policy = policy or Policy()
        self._book = BucketBook(self._policy)
        self._global = GlobalLimit(self._policy)
        self._lanes: dict[Lane, _LaneState] = {}
        self._waiting: dict[Lane, Wish] = {}
        self._urgent: set[Lane] = set()
        self._flights: dict[tuple[Call, int], list[_Flight]] = {}

    def wish(self, lane: Lane, wish: Wish | None, now: float) -> None:  # noqa: ARG002
        """Set what a lane would send next, in place of what it wished before; None withdraws.

        While a request of the lane is in flight the wish waits for the answer. To wish the same
        again costs nothing. A wish that was `due` is gone: who has new text wishes anew, so an
        unchanged text is never sent again.
        """
        state = self._lanes.get(lane)
        if state is None:
            if wish is None:
                return
            state = self._lanes[lane] = _LaneState()
        if state.wish == wish:
            return
        state.wish = wish
        self._admit(lane, state)

    def due(self, now: float) -> list[tuple[Lane, Wish]]:
        """Return the wishes that are to be sent now, best first; each counts as in flight.

        The driver must send each at once and bring `answered` or `lost` for it.
        """
        if not self._waiting or self._gate(now) > now:
            return []
        opens_at: _OpensAt = {}
        ready = sorted(
            (self._rank(wish, now), wish.since_s, order, lane)
            for order, (lane, wish) in enumerate(self._waiting.items())
            if self._ready_at(lane, wish, now, opens_at) <= now
        )
        sent: list[tuple[Lane, Wish]] = []
        for rank, _, _, lane in ready:
            wish = self._waiting[lane]
            if self._global.opens_at(rank, now) > now:
                break
            if self._ready_at(lane, wish, now, opens_at) <= now:
                self._send(lane, wish, now)
                opens_at.clear()
                sent.append((lane, wish))
        return sent

    def next_time(self, now: float) -> float | None:
        """Return when to ask `due` again; None: not before the next wish, answer or loss.

        It may be early (then `due` gives nothing and a later instant is told), never late.
        """
        gate = self._gate(now)
        if not self._waiting or gate == math.inf:
            return None
        if gate > now:
            return gate
        opens_at: _OpensAt = {}
        at = min(
            max(
                self._ready_at(lane, wish, now, opens_at),
                self._global.opens_at(self._rank(wish, now), now),
            )
            for lane, wish in self._waiting.items()
        )
        return None if at == math.inf else at

    def answered(
        self,
        call: Call,
        channel_id: int,
        answer: Answer,
        now: float,
        *,
        sent_at: float,
        lane: Lane | None = None,
        will_retry: bool = False,
    ) -> None:
        """Record an answer the trace saw; it ends the request and teaches the bucket.

        Without `lane` it ends the request of this route that was sent nearest to `sent_at`. An
        answer to a request never told of is counted all the same. `will_retry` says that the
        library sends the same again by itself (a 5xx, a 429): the lane stays in flight, so that
        no newer text is overtaken, until a later `answered` or `lost` that names it.
        """
        flight = self._land(call, channel_id, sent_at, lane)
        if flight is None:
            self._global.passed(now)
        else:
            self._global.answered(flight.sent_at, now)
            sent_at = min(sent_at, flight.sent_at)
        if not will_retry:
            self._release(lane if flight is None else flight.lane)
        bucket = self._book.learn(call, channel_id, answer, sent_at, now)
        for other in self._flights.get((call, channel_id), []):
            other.move_to(bucket)
        if answer.status == 429 and answer.is_global:
            self._global.refuse(answer.retry_after_s or self._policy.global_window_s, now)

    def lost(self, call: Call, channel_id: int, now: float, *, lane: Lane | None = None) -> None:
        """Record that a request died without an answer: its token counts as spent."""
        flight = self._land(call, channel_id, now, lane)
        if flight is not None:
            self._global.lost(now)
            flight.bucket.lose(now)
        self._release(lane if flight is None else flight.lane)

    def unsent(self, call: Call, channel_id: int, now: float, *, lane: Lane) -> None:
        """Record that a wish that was due was not sent after all: it spends nothing."""
        flight = self._land(call, channel_id, now, lane)
        if flight is not None:
            self._global.unsent()
        self._release(lane)

    def spend(self, call: Call, channel_id: int, now: float, *, lane: Lane | None = None) -> None:
        """Count a request that starts without having been `due`; `answered` ends it too.

        A retry inside the library names the lane whose request it repeats.
        """
        bucket = self._book.of(call, channel_id, now)
        self._launch(call, channel_id, _Flight(lane, bucket, now))

    def wait_for(self, call: Call, channel_id: int, now: float) -> float:
        """Estimate the seconds until a new request of this route could go, behind what waits.

        A thread that waits to be opened counts twice: the first words of its answer come with it.
        Infinity for a thread where the channel's bucket has a single token: it is never spent.
        """
        bucket = self._book.of(call, channel_id, now)
        urgency = Urgency.COSMETIC if call is Call.TYPING else Urgency.FIRST
        ahead = sum(
            self._book.of(wish.call, wish.channel_id, now) is bucket
            for wish in self._waiting.values()
            if wish.urgency <= urgency
        )
        if call is Call.THREAD and bucket.limit == 1:
            return math.inf
        waiting = len(self._urgent if urgency < Urgency.STALE else self._waiting)
        waiting += sum(wish.call is Call.THREAD for wish in self._waiting.values())
        answered_at = now + self._global.round_trip_s
        times = (
            bucket.opens_at(call, urgency, now, ahead),
            self._global.opens_at(urgency, now, waiting),
        )
        return max(answered_at if at == math.inf else at for at in times) - now

    def forget(self, lane: Lane) -> None:
        """Drop a lane that is over; the answer to its last request is still awaited."""
        self._lanes.pop(lane, None)
        self._waiting.pop(lane, None)
        self._urgent.discard(lane)

    def _admit(self, lane: Lane, state: _LaneState) -> None:
        self._waiting.pop(lane, None)
        self._urgent.discard(lane)
        if state.wish is not None and not state.in_flight:
            self._waiting[lane] = state.wish
            if state.wish.urgency < Urgency.STALE:
                self._urgent.add(lane)

    def _rank(self, wish: Wish, now: float) -> int:
        rises = int((now - wish.since_s) / self._policy.rise_after_s)
        return max(0, wish.urgency - max(0, rises))

    def _gate(self, now: float) -> float:
        return self._global.opens_at(Urgency.FIRST if self._urgent else Urgency.STALE, now)

    def _ready_at(self, lane: Lane, wish: Wish, now: float, opens_at: _OpensAt) -> float:
        """Return from when a wish may go; `opens_at` holds what was asked of buckets just now."""
        key = (wish.call, wish.channel_id, wish.urgency)
        ready_at = opens_at.get(key)
        if ready_at is None:
            bucket = self._book.of(wish.call, wish.channel_id, now)
            ready_at = opens_at[key] = bucket.opens_at(wish.call, wish.urgency, now)
        if wish.urgency < Urgency.PART:
            return ready_at
        state = self._lanes[lane]
        if wish.call is Call.EDIT:
            ready_at = max(ready_at, state.sent_at + self._gap_s(state, wish.urgency))
        if wish.urgency < Urgency.STALE:
            return ready_at
        return max(ready_at, self._book.of(wish.call, wish.channel_id, now).spaced_at(lane))

    def _gap_s(self, state: _LaneState, urgency: Urgency) -> float:
        gaps_s = self._policy.opening_gaps_s
        gap_s = gaps_s[state.edits] if state.edits < len(gaps_s) else self._policy.steady_gap_s
        is_early = state.has_closed or urgency < Urgency.STALE
        return min(gap_s, self._policy.early_gap_s) if is_early else gap_s

    def _send(self, lane: Lane, wish: Wish, now: float) -> None:
        state = self._lanes[lane]
        is_edit = wish.urgency is Urgency.STALE
        state.edits += is_edit
        state.sent_at = now
        state.wish = None
        state.in_flight = True
        self._admit(lane, state)
        bucket = self._book.of(wish.call, wish.channel_id, now)
        state.has_closed = is_edit and bucket.is_closing(now)
        self._launch(wish.call, wish.channel_id, _Flight(lane, bucket, now), is_edit=is_edit)

    def _launch(
        self, call: Call, channel_id: int, flight: _Flight, *, is_edit: bool = False
    ) -> None:
        flight.bucket.send(flight.sent_at, flight.lane if is_edit else None)
        self._global.send(flight.sent_at)
        self._flights.setdefault((call, channel_id), []).append(flight)

    def _land(
        self, call: Call, channel_id: int, sent_at: float, lane: Lane | None
    ) -> _Flight | None:
        flights = self._flights.get((call, channel_id), [])
        candidates = [flight for flight in flights if lane is None or flight.lane == lane]
        if not candidates:
            return None
        flight = min(candidates, key=lambda flight: abs(flight.sent_at - sent_at))
        flights.remove(flight)
        if not flights:
            del self._flights[call, channel_id]
        flight.bucket.land()
        return flight

    def _release(self, lane: Lane | None) -> None:
        state = self._lanes.get(lane)
        if state is not None and state.in_flight:
            state.in_flight = False
            self._admit(lane, state)
