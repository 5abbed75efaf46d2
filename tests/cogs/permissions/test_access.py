"""The owner's rules about who may talk to the bot, and where (pure)."""

from dataclasses import replace

import pytest

from cogs.permissions.access import Access, Who
from cogs.permissions.ownership import may_change
from conversation.notices import NoticeKind

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
    assert refusal is NoticeKind.CHANNEL_NOT_ALLOWED


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (IN_THREAD, None),
        (replace(IN_THREAD, guild_id=99), NoticeKind.GUILD_NOT_ALLOWED),
        (replace(IN_THREAD, channel_ids=frozenset({99})), NoticeKind.CHANNEL_NOT_ALLOWED),
        (replace(IN_THREAD, role_ids=frozenset({99})), NoticeKind.ROLE_NOT_ALLOWED),
        (DIRECT, None),
    ],
)
def test_all_rules_count(who: Who, refusal: NoticeKind | None) -> None:
    """A person in a server has to satisfy every rule; a direct message is in no server."""
    assert RULES.refusal(who) is refusal


def test_blocked_people_and_direct_messages() -> None:
    """`BLOCKED_USERS` holds before everything else, and `ALLOW_DMS` for direct messages alone."""
    closed = Access(allow_direct_messages=False, blocked_users=frozenset({99}))
    assert closed.refusal(DIRECT) is NoticeKind.NO_DIRECT_MESSAGES
    assert closed.refusal(IN_THREAD) is None
    for who in (DIRECT, IN_THREAD):
        assert closed.refusal(replace(who, user_id=99)) is NoticeKind.BLOCKED


def test_who_may_change_a_conversation() -> None:
    """Owners, whoever may manage messages, and everybody in direct messages."""
    assert may_change(IN_THREAD, {ANN})
    assert may_change(replace(IN_THREAD, may_manage_messages=True), set())
    assert may_change(DIRECT, set())
    assert not may_change(IN_THREAD, {99})
