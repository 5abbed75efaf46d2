"""The owner's rules about who may talk to the bot, and where (pure)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cogs.permissions.access import Access, Who, day_of, may_steer
from rendering.wording.english import Notice

GUILD, CATEGORY, CHANNEL, THREAD, ROLE, ANN = 1, 2, 3, 4, 5, 6
IN_THREAD = Who(
    ANN, frozenset({ROLE}), GUILD, frozenset({THREAD, CHANNEL, CATEGORY}), may_manage_messages=False
)
DIRECT = Who(ANN, frozenset(), None, frozenset(), may_manage_messages=False)
RULES = Access(
    allowed_guilds=frozenset({GUILD}),
    allowed_channels=frozenset({CHANNEL}),
    allowed_roles=frozenset({ROLE}),
)


def test_no_rules_allow_all() -> None:
    """An empty rule allows everybody everywhere."""
    assert Access().refusal(IN_THREAD) is None
    assert Access().refusal(DIRECT) is None


@pytest.mark.parametrize("allowed", [CATEGORY, CHANNEL, THREAD])
def test_allowed_channels_hold_what_is_below(allowed: int) -> None:
    """`ALLOWED_CHANNELS` names a thread, its channel or the category of that."""
    assert Access(allowed_channels=frozenset({allowed, 99})).refusal(IN_THREAD) is None
    elsewhere = replace(IN_THREAD, channel_ids=frozenset({98}))
    refusal = Access(allowed_channels=frozenset({allowed})).refusal(elsewhere)
    assert refusal is Notice.CHANNEL_NOT_ALLOWED


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (IN_THREAD, None),
        (replace(IN_THREAD, guild_id=99), Notice.GUILD_NOT_ALLOWED),
        (replace(IN_THREAD, channel_ids=frozenset({99})), Notice.CHANNEL_NOT_ALLOWED),
        (replace(IN_THREAD, role_ids=frozenset({99})), Notice.ROLE_NOT_ALLOWED),
        (DIRECT, None),
    ],
)
def test_all_rules_count(who: Who, refusal: Notice | None) -> None:
    """A person in a server has to satisfy every rule; a direct message is in no server."""
    assert RULES.refusal(who) is refusal


def test_blocked_people_and_direct_messages() -> None:
    """`BLOCKED_USERS` holds before everything else, and `ALLOW_DMS` for direct messages alone."""
    closed = Access(allow_direct_messages=False, blocked_users=frozenset({99}))
    assert closed.refusal(DIRECT) is Notice.NO_DIRECT_MESSAGES
    assert closed.refusal(IN_THREAD) is None
    for who in (DIRECT, IN_THREAD):
        assert closed.refusal(replace(who, user_id=99)) is Notice.BLOCKED


def test_who_may_steer() -> None:
    """Owners, whoever may manage messages, and everybody in direct messages."""
    assert may_steer(IN_THREAD, {ANN})
    assert may_steer(replace(IN_THREAD, may_manage_messages=True), set())
    assert may_steer(DIRECT, set())
    assert not may_steer(IN_THREAD, {99})


def test_day_is_in_utc() -> None:
    """A day begins and ends at midnight UTC, whatever the hour."""
    night = datetime(2031, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    began_at, ends_at = day_of(night)
    assert began_at == datetime(2031, 12, 31, tzinfo=UTC)
    assert ends_at == datetime(2032, 1, 1, tzinfo=UTC)
    assert day_of(ends_at)[0] == ends_at
