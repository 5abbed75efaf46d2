"""What Discord allows in each channel: its buckets, learnt from the headers of answers.

Discord counts in fixed windows: the first request after a window's end opens the next one, and
each answer says how many requests are left in it and in how many seconds it renews (Discord's
documentation, "Rate Limits"). The instant of renewal is known here only to lie between the
instants `sent_at + reset_after` and `answered_at + reset_after`; the later one is believed,
because discord.py believes it too and would hold an earlier request with stale text in it.

All instants are seconds of one monotonic clock, given by the caller.
"""

import math

from delivery.pacing.policy import Answer, Call, Policy, Urgency


class Bucket:
    """One fixed window of requests, as far as answers have told.

    Until the first answer with headers one request at a time may be out (`is_known` is False):
    discord.py would make others wait inside anyway. With a `sibling` it is a guess: its requests
    may turn out to be counted there, so they take their turn there too.
    """

    __slots__ = (
        "_blocked_until",
        "_edited_at",
        "_edited_by",
        "_policy",
        "_remaining",
        "_renews_at",
        "_renews_from",
        "_sibling",
        "_strain",
        "_strained_at",
        "_window_s",
        "in_flight",
        "limit",
        "name",
        "used_at",
    )

    def __init__(self, policy: Policy, now: float, sibling: "Bucket | None" = None) -> None:
        self._policy = policy
        self._sibling = sibling
        self.name: str | None = None
        self.limit = 0
        self.in_flight = 0
        self.used_at = now
        self._remaining = 0
        self._renews_at = -math.inf
        self._renews_from = -math.inf
        self._window_s = policy.guessed_window_s
        self._blocked_until = -math.inf
        self._strain = 0
        self._strained_at = -math.inf
        self._edited_at = -math.inf
        self._edited_by: object = None

    @property
    def is_known(self) -> bool:
        """An answer has told this bucket's limit."""
        return self.limit > 0

    @property
    def is_guess(self) -> bool:
        """Whether its requests may be counted in a sibling is not yet told."""
        return self._sibling is not None

    def opens_at(self, call: Call, urgency: Urgency, now: float, ahead: int = 0) -> float:
        """Return from when a request may be sent; infinity if an answer has to come first.

        `ahead` requests that wait for the same bucket are taken as sent before. The last token
        of a bucket that creates threads is never given (the library's call would hang until it
        renews, for minutes), that of others to mid-stream edits only shortly before renewal.
        """
        if not self.is_known:
            free_at = now if self.in_flight + ahead == 0 else math.inf
            if self._sibling is not None:
                free_at = max(free_at, self._sibling.opens_at(call, urgency, now, ahead))
            return max(free_at, self._blocked_until)
        kept = self._kept(call, urgency)
        has_renewed = now >= self._renews_at
        free = (self.limit if has_renewed else self._remaining) - self.in_flight - ahead
        if free > kept:
            opens_at = now
        elif has_renewed or self.limit <= kept:
            opens_at = math.inf
        elif free > 0 and call is not Call.THREAD:
            opens_at = max(now, self._renews_at - self._policy.last_edit_s)
        else:
            opens_at = self._renews_at
        return max(opens_at, self._blocked_until)

    def is_closing(self, now: float) -> bool:
        """Return whether the next request takes the last token of a window that still runs."""
        return self.is_known and now < self._renews_at and self._remaining - self.in_flight == 1

    def spaced_at(self, lane: object) -> float:
        """Return from when a mid-stream edit of this reply leaves the others their share.

        Replies that share a bucket take turns evenly; one alone is spaced by its own gaps. A
        bucket whose limit was met lately is spaced wider, by half as much again for each time.
        """
        if self._strain == 0 and lane == self._edited_by:
            return -math.inf
        even_s = self._window_s / max(self.limit, 1)
        return self._edited_at + even_s * 1.5**self._strain

    def send(self, now: float, editor: object = None) -> None:
        """Count a request as out; `editor` is the reply whose mid-stream edit it is."""
        self.in_flight += 1
        self.used_at = now
        if editor is not None:
            self._edited_at = now
            self._edited_by = editor
        if self._sibling is not None:
            self._sibling.send(now)

    def land(self) -> None:
        """Count a request as no longer out."""
        self.in_flight -= 1
        if self._sibling is not None:
            self._sibling.land()

    def learn(self, answer: Answer, sent_at: float, now: float) -> None:
        """Record the headers of an answer to a request of this bucket."""
        self.used_at = now
        if self._strain and sent_at > self._strained_at + self._policy.calm_after_s:
            self._strain = 0
        if answer.limit is None or answer.remaining is None or answer.reset_after_s is None:
            self._assume_spent(now)
        else:
            self._take_window(answer.limit, answer.remaining, answer.reset_after_s, sent_at, now)
        if answer.status == 429 and not answer.is_global:
            self._refused(answer, now)

    def lose(self, now: float) -> None:
        """Record that a request died without an answer; Discord may have counted it.

        A bucket still unknown rests a quarter of the guessed window after each: blind tries
        must not empty it.
        """
        self.used_at = now
        self._assume_spent(now)
        if self._sibling is not None:
            self._sibling.lose(now)
        if not self.is_known:
            self._blocked_until = max(self._blocked_until, now + self._window_s / 4)

    def renews_in(self, now: float) -> float:
        """Return the seconds until the window known now is over, or 0."""
        return max(0.0, self._renews_at - now, self._blocked_until - now)

    def _kept(self, call: Call, urgency: Urgency) -> int:
        if call is Call.THREAD:
            return 1
        return min(1, self.limit - 1) if urgency >= Urgency.STALE else 0

    def _take_window(
        self, limit: int, remaining: int, reset_after_s: float, sent_at: float, now: float
    ) -> None:
        renews_from = sent_at + reset_after_s
        renews_at = now + reset_after_s + self._policy.renewal_margin_s
        if renews_at < self._renews_from:
            return
        if not self.is_known:
            self._window_s = reset_after_s
        is_same = renews_from <= self._renews_at and self.is_known
        self._remaining = min(self._remaining, remaining) if is_same else remaining
        self._renews_from = max(self._renews_from, renews_from) if is_same else renews_from
        self._renews_at = renews_at
        self._window_s = max(self._window_s, reset_after_s)
        self.limit = max(1, limit)

    def _assume_spent(self, now: float) -> None:
        if not self.is_known:
            return
        if now >= self._renews_at:
            self._remaining = self.limit
            self._renews_from = -math.inf
        if self._renews_from == -math.inf:
            # Nobody told of this window: any request without headers may be what opened it.
            window_s = max(self._window_s, self._policy.guessed_window_s)
            self._renews_at = now + window_s + self._policy.renewal_margin_s
        self._remaining = max(0, self._remaining - 1)

    def _refused(self, answer: Answer, now: float) -> None:
        wait_s = answer.retry_after_s or answer.reset_after_s or self._window_s
        self._blocked_until = max(self._blocked_until, now + wait_s + self._policy.renewal_margin_s)
        self._strain = min(4, self._strain + 1)
        self._strained_at = now


class BucketBook:
    """The buckets of all routes: same hash and same channel is the same bucket.

    A route is one kind of call in one channel. Until an answer has told the hash of its kind it
    has a bucket of its own, but posting and editing are taken to share theirs. Buckets long
    unused are forgotten, so that memory follows the work at hand.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._by_route: dict[tuple[Call, int], Bucket] = {}
        self._by_hash: dict[tuple[str, int], Bucket] = {}
        self._hash_by_call: dict[Call, str] = {}
        self._swept_at = -math.inf

    def __len__(self) -> int:
        """Return how many routes are remembered."""
        return len(self._by_route)

    def of(self, call: Call, channel_id: int, now: float) -> Bucket:
        """Return the bucket that a request of this route would be counted in."""
        bucket = self._by_route.get((call, channel_id))
        if bucket is None:
            self._sweep(now)
            bucket = self._by_route[call, channel_id] = self._guess(call, channel_id, now)
        return bucket

    def learn(
        self, call: Call, channel_id: int, answer: Answer, sent_at: float, now: float
    ) -> Bucket:
        """Record an answer's hash and headers; give the bucket they were of."""
        bucket = self.of(call, channel_id, now)
        if answer.bucket is not None:
            self._hash_by_call[call] = answer.bucket
            if bucket.is_guess or bucket.name not in (None, answer.bucket):
                bucket = Bucket(self._policy, now)
            bucket = self._named(answer.bucket, channel_id, bucket)
            self._by_route[call, channel_id] = bucket
        bucket.learn(answer, sent_at, now)
        return bucket

    def _guess(self, call: Call, channel_id: int, now: float) -> Bucket:
        name = self._hash_by_call.get(call)
        if name is not None:
            return self._named(name, channel_id, Bucket(self._policy, now))
        other = {Call.POST: Call.EDIT, Call.EDIT: Call.POST}.get(call, call)
        sibling = self._by_route.get((other, channel_id))
        return Bucket(self._policy, now, None if sibling is None or sibling.is_guess else sibling)

    def _named(self, name: str, channel_id: int, otherwise: Bucket) -> Bucket:
        bucket = self._by_hash.setdefault((name, channel_id), otherwise)
        bucket.name = name
        return bucket

    def _sweep(self, now: float) -> None:
        if now < self._swept_at + self._policy.forget_after_s / 4:
            return
        self._swept_at = now
        self._by_route = {k: b for k, b in self._by_route.items() if self._is_live(b, now)}
        self._by_hash = {k: b for k, b in self._by_hash.items() if self._is_live(b, now)}

    def _is_live(self, bucket: Bucket, now: float) -> bool:
        idle_s = now - bucket.used_at
        return (
            bucket.in_flight > 0
            or idle_s < self._policy.forget_after_s
            or bucket.renews_in(now) > 0
        )
