"""The scheduler against examples with exact instants, and against a simulated Discord.

Longer than a module should be: the examples are read beside the laws that they are cases of.
"""

import math
import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.pacing.buckets import BucketBook
from delivery.pacing.policy import Answer, Call, Policy, Urgency
from delivery.pacing.scheduler import Scheduler, Wish
from tests.delivery.pacing.simulated_discord import Reply, Simulation, World

EDITS = "edits"


def told(remaining: int, reset_after_s: float, limit: int = 5, bucket: str = EDITS) -> Answer:
    """Make a plain answer with bucket headers."""
    return Answer(200, limit, remaining, reset_after_s, bucket, "user")


def edit(channel_id: int, urgency: Urgency = Urgency.STALE, since_s: float = 0.0) -> Wish:
    """Make the wish to edit."""
    return Wish(Call.EDIT, channel_id, urgency, since_s)


def teach(
    scheduler: Scheduler, channel_id: int, answer: Answer, now: float, call: Call = Call.EDIT
) -> None:
    """Let the scheduler see an answer to a request that was not its own."""
    scheduler.spend(call, channel_id, now)
    scheduler.answered(call, channel_id, answer, now, sent_at=now)


def lanes(due: Sequence[tuple[object, Wish]]) -> list[object]:
    """Name the lanes of what is due."""
    return [lane for lane, _ in due]


def stream(world: World, replies: list[Reply], seed: int = 0, until_s: float = 400.0) -> Simulation:
    """Run replies through a fresh scheduler."""
    simulation = Simulation(Scheduler(), world, replies, random.Random(seed))
    simulation.run(until_s)
    return simulation


def test_one_reply_is_spaced_as_the_policy_says() -> None:
    """The post goes at once, the edits after the opening gaps, the last token near renewal."""
    reply = Reply(1, 100.0, 12.0)
    stream(World(), [reply])
    instants = [round(at - 100.0, 2) for at, _ in reply.sent]
    assert instants == [
        0.0,
        0.45,
        1.3,
        2.35,
        3.65,
        5.26,
        6.01,
        7.11,
        8.21,
        9.31,
        10.82,
        11.57,
        12.0,
    ]


@pytest.mark.parametrize("lasts_s", [0.2, 1.0, 4.0, 5.0, 9.9, 13.7, 30.0])
def test_the_end_of_a_lone_reply_is_shown_at_once(lasts_s: float) -> None:
    """Whenever a reply ends, its final edit goes at that instant or 0.2 s later at most."""
    reply = Reply(1, 100.0, lasts_s)
    stream(World(), [reply])
    assert reply.is_complete
    assert reply.final_lag_s <= Policy().last_edit_s + 0.02


def test_latency_costs_no_more_than_itself() -> None:
    """With 200 ms of latency the mean lag and the final lag grow by less than 200 ms."""
    near, far = Reply(1, 100.0, 20.0), Reply(1, 100.0, 20.0)
    stream(World(), [near])
    stream(World(out_s=0.1, back_s=0.1), [far])
    assert far.mean_lag_s() - near.mean_lag_s() < 0.2
    assert far.final_lag_s - near.final_lag_s < 0.2


def test_the_last_token_is_kept_for_the_end() -> None:
    """With one token left, a mid-stream edit waits for the window's last 0.2 s."""
    scheduler = Scheduler()
    teach(scheduler, 7, told(1, 4.0), 10.0)
    scheduler.wish(1, edit(7), 10.0)
    assert scheduler.due(10.0) == []
    assert scheduler.next_time(10.0) == pytest.approx(13.81)
    scheduler.wish(1, edit(7, Urgency.FINAL), 10.1)
    assert lanes(scheduler.due(10.1)) == [1]


def test_nothing_goes_into_an_empty_bucket() -> None:
    """With no token left even the final edit waits, exactly until the window has renewed."""
    scheduler = Scheduler()
    teach(scheduler, 7, told(0, 4.0), 10.0)
    scheduler.wish(1, edit(7, Urgency.FINAL), 10.0)
    assert scheduler.due(13.9) == []
    at = scheduler.next_time(13.9)
    assert at == pytest.approx(14.01)
    assert at is not None
    assert lanes(scheduler.due(at)) == [1]


def test_what_was_not_sent_after_all_spends_nothing() -> None:
    """A wish that was due and could not be prepared leaves its bucket as it was, many times."""
    scheduler = Scheduler()
    teach(scheduler, 7, told(2, 4.0), 10.0)
    for _ in range(100):
        scheduler.wish(1, edit(7, Urgency.FINAL), 10.0)
        assert lanes(scheduler.due(10.0)) == [1]
        scheduler.unsent(Call.EDIT, 7, 10.0, lane=1)
    for lane in (1, 2):
        scheduler.wish(lane, edit(7, Urgency.FINAL), 10.0)
    assert lanes(scheduler.due(10.0)) == [1, 2]


def test_what_was_not_sent_after_all_is_no_part_of_the_global_limit() -> None:
    """As many wishes as there are slots a second, none of them sent, take no slot."""
    scheduler = Scheduler()
    count = Policy().global_limit
    for lane in range(count):
        scheduler.wish(lane, edit(lane, Urgency.FINAL), 10.0)
    for lane in lanes(scheduler.due(10.0)):
        assert isinstance(lane, int)
        scheduler.unsent(Call.EDIT, lane, 10.0, lane=lane)
    for lane in range(count):
        scheduler.wish(lane, edit(lane, Urgency.FINAL), 10.0)
    assert len(scheduler.due(10.0)) == count


def test_an_unknown_bucket_takes_one_request_at_a_time() -> None:
    """Until headers have come, a second request to a channel waits for the first answer."""
    scheduler = Scheduler()
    for lane in (1, 2, 3):
        scheduler.wish(lane, Wish(Call.POST, 7, Urgency.FIRST, lane), 10.0)
    assert lanes(scheduler.due(10.0)) == [1]
    assert scheduler.next_time(10.0) is None
    scheduler.answered(Call.POST, 7, told(4, 5.0), 10.1, sent_at=10.0, lane=1)
    assert lanes(scheduler.due(10.1)) == [2, 3]


def test_order_under_pressure() -> None:
    """First text goes before final text, that before a new part, that before the stalest."""
    scheduler = Scheduler()
    for lane, (urgency, since_s) in enumerate(
        [
            (Urgency.COSMETIC, 9.0),
            (Urgency.STALE, 9.5),
            (Urgency.STALE, 9.0),
            (Urgency.PART, 9.9),
            (Urgency.FINAL, 9.9),
            (Urgency.FIRST, 9.9),
        ]
    ):
        scheduler.wish(lane, edit(lane, urgency, since_s), 10.0)
    order: list[object] = []
    now: float | None = 10.0
    while now is not None and now < 11.0:
        order += lanes(scheduler.due(now))
        now = scheduler.next_time(now)
    assert order == [5, 4, 3, 2, 1, 0]


def test_mid_stream_edits_are_paced_evenly_and_leave_room_for_finals() -> None:
    """With 70 stale replies, 46 edits a second go evenly, and a final goes at once between."""
    scheduler = Scheduler()
    for lane in range(70):
        scheduler.wish(lane, edit(lane, since_s=9.0), 10.0)
    sent: list[float] = []
    now: float | None = 10.0
    while now is not None and now < 12.0:
        for lane, wish in scheduler.due(now):
            sent.append(now)
            scheduler.answered(wish.call, wish.channel_id, told(4, 5.0), now, sent_at=now)
            assert lane == wish.channel_id
            scheduler.wish(lane, edit(wish.channel_id, since_s=now), now)
        now = scheduler.next_time(now)
    assert 88 <= len(sent) <= 94
    assert max(later - earlier for earlier, later in pairwise(sent)) < 0.08
    scheduler.wish("end", edit(999, Urgency.FINAL, 12.0), 12.0)
    assert lanes(scheduler.due(12.0))[0] == "end"


def test_a_full_message_need_not_wait_for_the_whole_pause() -> None:
    """What fills a message goes 0.75 s after the reply's last request, where other text waits."""
    scheduler = Scheduler(Policy(opening_gaps_s=()))
    teach(scheduler, 7, told(4, 5.0), 9.0)
    scheduler.wish(1, edit(7), 10.0)
    assert lanes(scheduler.due(10.0)) == [1]
    scheduler.answered(Call.EDIT, 7, told(3, 4.0), 10.1, sent_at=10.0, lane=1)
    scheduler.wish(1, edit(7, since_s=10.1), 10.1)
    assert scheduler.next_time(10.1) == pytest.approx(11.1)
    scheduler.wish(1, edit(7, Urgency.PART, 10.1), 10.1)
    assert scheduler.next_time(10.1) == pytest.approx(10.75)


def test_a_new_message_of_a_reply_need_not_wait_for_the_pause_between_edits() -> None:
    """Editing is paced for each reply; what posts is told apart by staleness alone."""
    scheduler = Scheduler()
    for call in (Call.EDIT, Call.POST):
        teach(scheduler, 7, told(4, 5.0, bucket=call.value), 9.0, call)
    scheduler.wish(1, edit(7), 10.0)
    assert lanes(scheduler.due(10.0)) == [1]
    scheduler.answered(Call.EDIT, 7, told(3, 4.0), 10.1, sent_at=10.0, lane=1)
    scheduler.wish(1, edit(7, since_s=10.1), 10.1)
    assert scheduler.due(10.1) == []
    scheduler.wish(1, Wish(Call.POST, 7, Urgency.STALE, 10.1), 10.1)
    assert lanes(scheduler.due(10.1)) == [1]


def test_the_global_limit_is_a_wall_for_all() -> None:
    """However many first posts wait, no second has more than 48 requests."""
    replies = [Reply(channel, 100.0, 0.1) for channel in range(150)]
    simulation = stream(World(), replies)
    sent = sorted(at for reply in replies for at, _ in reply.sent)
    assert all(sent[place + 48] - sent[place] >= 0.999 for place in range(len(sent) - 48))
    assert simulation.discord.own_refusals == []


def test_a_long_wait_rises() -> None:
    """A mid-stream edit that has waited long goes before younger finals."""
    scheduler = Scheduler()
    teach(scheduler, 7, told(0, 4.0, limit=2), 10.0)
    for lane in range(2, 5):
        scheduler.wish(lane, edit(7, Urgency.FINAL, 39.0), 40.0)
    scheduler.wish(1, edit(7, Urgency.STALE, 5.0), 40.0)
    assert lanes(scheduler.due(40.0))[0] == 1


def test_a_shared_hash_is_one_bucket() -> None:
    """Where posting and editing answer with one hash, one spends the other's tokens."""
    scheduler = Scheduler()
    teach(scheduler, 7, told(1, 5.0), 10.0, Call.POST)
    teach(scheduler, 7, told(0, 5.0), 10.0, Call.EDIT)
    assert scheduler.wait_for(Call.POST, 7, 10.0) == pytest.approx(5.01)
    assert scheduler.wait_for(Call.POST, 8, 10.0) == 0.0


def test_the_last_thread_is_never_opened() -> None:
    """A thread bucket's last token stays, and the wait for a thread is told."""
    scheduler = Scheduler()
    teach(scheduler, 7, told(1, 240.0, limit=50), 10.0, Call.THREAD)
    scheduler.wish(1, Wish(Call.THREAD, 7, Urgency.FIRST, 10.0), 10.0)
    assert scheduler.due(10.0) == []
    assert scheduler.wait_for(Call.THREAD, 7, 10.0) == pytest.approx(240.01)
    teach(scheduler, 8, told(0, 240.0, limit=1), 10.0, Call.THREAD)
    assert scheduler.wait_for(Call.THREAD, 8, 10.0) == math.inf


def test_a_wait_counts_those_ahead() -> None:
    """The estimate for a channel counts the requests that already wait for its tokens."""
    scheduler = Scheduler()
    teach(scheduler, 7, told(2, 5.0), 10.0, Call.POST)
    assert scheduler.wait_for(Call.POST, 7, 10.0) == 0.0
    for lane in (1, 2):
        scheduler.wish(lane, Wish(Call.POST, 7, Urgency.FIRST, 10.0), 10.0)
    assert scheduler.wait_for(Call.POST, 7, 10.0) == pytest.approx(5.01)


def test_until_told_posting_and_editing_are_taken_to_share() -> None:
    """The first edit of a process waits for the posts' bucket; once told apart, none does."""
    scheduler = Scheduler()
    teach(scheduler, 7, told(0, 4.0, bucket="posts"), 10.0, Call.POST)
    assert scheduler.wait_for(Call.EDIT, 7, 10.0) == pytest.approx(4.01)
    teach(scheduler, 8, told(4, 5.0), 10.0)
    scheduler.wish(1, edit(9, Urgency.FINAL), 10.0)
    teach(scheduler, 9, told(0, 4.0, bucket="posts"), 10.0, Call.POST)
    assert lanes(scheduler.due(10.0)) == [1]


def test_a_refusal_slows_its_bucket_alone() -> None:
    """After a shared 429 the channel rests for its `retry_after`; other channels go on."""
    scheduler = Scheduler()
    teach(scheduler, 7, Answer(429, scope="shared", retry_after_s=3.0), 10.0)
    scheduler.wish(1, edit(7, Urgency.FINAL), 10.0)
    scheduler.wish(2, edit(8), 10.1)
    assert lanes(scheduler.due(10.1)) == [2]
    assert scheduler.next_time(10.1) == pytest.approx(13.01)


def test_a_global_refusal_stops_all() -> None:
    """After a global 429 nothing at all goes until it is over."""
    scheduler = Scheduler()
    teach(scheduler, 7, Answer(429, retry_after_s=2.0, is_global=True), 10.0)
    scheduler.wish(2, edit(8, Urgency.FIRST), 10.0)
    assert scheduler.due(11.9) == []
    assert lanes(scheduler.due(12.1)) == [2]


def test_a_retry_of_the_library_keeps_the_lane() -> None:
    """While the library repeats a request by itself, no newer text of that reply is sent."""
    scheduler = Scheduler()
    scheduler.wish(1, edit(7, Urgency.FINAL), 10.0)
    assert lanes(scheduler.due(10.0)) == [1]
    scheduler.wish(1, edit(7, Urgency.FINAL, 10.0), 10.0)
    failed = Answer(502)
    scheduler.answered(Call.EDIT, 7, failed, 10.1, sent_at=10.0, lane=1, will_retry=True)
    assert scheduler.due(10.2) == []
    scheduler.spend(Call.EDIT, 7, 11.1, lane=1)
    scheduler.answered(Call.EDIT, 7, told(4, 5.0), 11.2, sent_at=11.1, lane=1)
    assert lanes(scheduler.due(11.2)) == [1]


def test_a_lost_request_counts_as_spent() -> None:
    """A request that died without an answer may have been counted, so its token is gone."""
    scheduler = Scheduler()
    teach(scheduler, 7, told(1, 4.0), 10.0)
    scheduler.wish(1, edit(7, Urgency.FINAL), 10.0)
    assert lanes(scheduler.due(10.0)) == [1]
    scheduler.lost(Call.EDIT, 7, 11.0, lane=1)
    scheduler.wish(1, edit(7, Urgency.FINAL), 11.0)
    assert scheduler.due(11.0) == []
    assert lanes(scheduler.due(14.1)) == [1]


def test_a_loss_in_an_unknown_bucket_rests() -> None:
    """Where no answer has told of tokens, a lost request is followed by a rest, not a volley."""
    scheduler = Scheduler()
    scheduler.wish(1, edit(7, Urgency.FINAL), 10.0)
    assert lanes(scheduler.due(10.0)) == [1]
    scheduler.lost(Call.EDIT, 7, 10.1, lane=1)
    scheduler.wish(1, edit(7, Urgency.FINAL), 10.1)
    assert scheduler.due(11.0) == []
    assert lanes(scheduler.due(11.4)) == [1]


def test_a_withdrawn_or_forgotten_wish_is_not_sent() -> None:
    """None withdraws, and a forgotten lane leaves nothing behind."""
    scheduler = Scheduler()
    scheduler.wish(1, edit(7), 10.0)
    scheduler.wish(1, None, 10.0)
    scheduler.wish(2, edit(8, Urgency.FINAL), 10.0)
    scheduler.forget(2)
    assert scheduler.due(10.0) == []
    assert scheduler.next_time(10.0) is None


def test_a_wish_is_sent_once() -> None:
    """What was due is gone: without a new wish the answer brings no second request."""
    scheduler = Scheduler()
    scheduler.wish(1, edit(7), 10.0)
    assert lanes(scheduler.due(10.0)) == [1]
    scheduler.answered(Call.EDIT, 7, told(4, 5.0), 10.1, sent_at=10.0, lane=1)
    assert scheduler.due(20.0) == []


def test_idle_buckets_are_forgotten() -> None:
    """Memory follows the channels in use, not those ever seen."""
    book = BucketBook(Policy())
    for channel in range(2000):
        at = channel * 1.0
        book.learn(Call.EDIT, channel, told(4, 5.0), at, at)
    assert len(book) < 400


WORLDS = st.builds(
    World,
    limits=st.fixed_dictionaries(
        {call: st.tuples(st.integers(1, 8), st.floats(1.0, 8.0)) for call in (Call.POST, Call.EDIT)}
    ),
    is_shared=st.booleans(),
    out_s=st.floats(0.0, 0.15),
    back_s=st.floats(0.0, 0.15),
    jitter_s=st.sampled_from([0.0, 0.01, 0.1]),
)
REPLIES = st.lists(
    st.builds(
        Reply,
        channel_id=st.integers(1, 4),
        starts_at=st.floats(100.0, 110.0),
        lasts_s=st.floats(0.02, 12.0),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(world=WORLDS, replies=REPLIES, seed=st.integers(0, 1000))
def test_discord_never_refuses_by_our_doing(world: World, replies: list[Reply], seed: int) -> None:
    """For any buckets and latencies no request meets an empty bucket and all text is shown."""
    simulation = stream(world, replies, seed)
    assert simulation.discord.own_refusals == []
    assert all(reply.is_complete for reply in replies)


@settings(max_examples=40, deadline=None)
@given(world=WORLDS, replies=REPLIES, seed=st.integers(0, 1000))
def test_the_end_is_shown_within_one_window(world: World, replies: list[Reply], seed: int) -> None:
    """A reply alone in its channel shows its whole text one window after its end at most."""
    for channel_id, reply in enumerate(replies):
        reply.channel_id = channel_id
    stream(world, replies, seed)
    window_s = max(window_s for _, window_s in world.limits.values())
    travels_s = 3 * (world.out_s + world.back_s + 2 * world.jitter_s)
    assert all(reply.final_lag_s <= window_s + travels_s + 0.1 for reply in replies)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    replies=REPLIES,
    seed=st.integers(0, 1000),
    foreign=st.floats(0.0, 0.3),
    losses=st.floats(0.0, 0.2),
)
def test_trouble_of_others_delays_but_never_loses(
    replies: list[Reply], seed: int, foreign: float, losses: float
) -> None:
    """With foreign 429s and lost requests all text is shown, and none is refused by our doing."""
    world = World(out_s=0.05, back_s=0.05, foreign_refusals=foreign, losses=losses)
    simulation = stream(world, replies, seed, until_s=2000.0)
    assert simulation.discord.own_refusals == []
    assert all(reply.is_complete for reply in replies)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), jitter_s=st.sampled_from([0.0, 0.05]))
def test_nobody_starves_under_the_global_limit(seed: int, jitter_s: float) -> None:
    """With 120 replies at once each changes every few seconds, and Discord refuses none."""
    replies = [Reply(channel, 100.0 + channel / 100, 8.0) for channel in range(120)]
    simulation = stream(World(out_s=0.05, back_s=0.05, jitter_s=jitter_s), replies, seed)
    assert simulation.discord.own_refusals == []
    for reply in replies:
        instants = [at for at, _ in reply.sent]
        assert reply.is_complete
        assert max(later - earlier for earlier, later in pairwise(instants)) < 5.0
