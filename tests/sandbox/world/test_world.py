"""The world by itself: who may do what, who is mentioned, what is told, what is kept."""

import pytest

from sandbox.world.entities import AllowedMentions, Change, Draft
from sandbox.world.happenings import (
    Happening,
    MessageChanged,
    MessageDeleted,
    MessagePosted,
    ReactionChanged,
)
from sandbox.world.mentions import Mentions, find_mentions
from sandbox.world.permissions import EVERYTHING, Permission
from sandbox.world.snowflakes import SnowflakeSource, time_of, timestamp
from sandbox.world.world import World


def test_ids_grow_even_when_the_clock_goes_back() -> None:
    """An id is larger than every one before it, whatever the clock says."""
    times = iter([2_000_000_000.0, 1_900_000_000.0, 2_000_000_000.0])
    source = SnowflakeSource(lambda: next(times))
    made = [source.make() for _ in range(3)]
    assert made == sorted(set(made))
    assert time_of(made[0]) == 2_000_000_000.0
    assert timestamp(time_of(made[0])) == "2033-05-18T03:33:20.000000+00:00"


def test_overwrites_apply_in_discords_order() -> None:
    """Everyone's overwrite is outdone by a role's, and that by the member's own."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    role = world.create_role(guild, "quiet")
    ann, bea, cem = (world.create_person(name) for name in ("ann", "bea", "cem"))
    world.join(guild, ann)
    world.join(guild, bea, (role,))
    world.join(guild, cem, (role,))
    send = Permission.SEND_MESSAGES
    world.set_permissions(channel, world.everyone(guild), deny=send)
    world.set_permissions(channel, role, allow=send)
    world.set_permissions(channel, cem, deny=send)
    assert [bool(world.permissions_in(each.id, channel) & send) for each in (ann, bea, cem)] == [
        False,
        True,
        False,
    ]
    assert world.permissions_in(guild.owner_id, channel) == EVERYTHING


def test_who_cannot_see_a_channel_has_no_permission_in_it() -> None:
    """Without sight of a channel nothing else is left of a member's permissions."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    ann = world.create_person("ann")
    world.join(guild, ann)
    world.set_permissions(channel, world.everyone(guild), deny=Permission.VIEW_CHANNEL)
    assert world.permissions_in(ann.id, channel) == 0


def test_a_private_thread_is_hidden_from_those_who_are_not_in_it() -> None:
    """A private thread is seen by its members, the one who made it included."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    ann, bea = world.create_person("ann"), world.create_person("bea")
    world.join(guild, ann)
    world.join(guild, bea)
    thread = world.start_thread(ann, channel, "secret", is_private=True)
    assert world.permissions_in(ann.id, thread)
    assert not world.permissions_in(bea.id, thread)
    world.join_thread(bea, thread)
    assert world.permissions_in(bea.id, thread)


@pytest.mark.parametrize(
    ("allowed", "found"),
    [
        (AllowedMentions(), Mentions((1, 2), (3,), everyone=True)),
        (
            AllowedMentions(users=frozenset({2}), everyone=False),
            Mentions((2,), (3,), everyone=False),
        ),
        (
            AllowedMentions(frozenset(), frozenset(), everyone=False),
            Mentions((), (), everyone=False),
        ),
    ],
)
def test_mentions_are_those_of_the_text_that_are_allowed(
    allowed: AllowedMentions, found: Mentions
) -> None:
    """People, roles and everyone are found once each, as far as a message may mention them."""
    assert find_mentions("<@1> <@!2> <@1> <@&3> @everyone", allowed) == found


def test_only_those_with_the_permission_mention_everyone() -> None:
    """A member without the permission writes @everyone and nobody is mentioned."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    ann = world.create_person("ann")
    world.join(guild, ann)
    role = world.create_role(guild, "role")
    owner = world.people[guild.owner_id]
    by_ann = world.post(ann, channel, Draft(f"@everyone {role.mention}"))
    by_owner = world.post(owner, channel, Draft(f"@everyone {role.mention}"))
    assert (by_ann.mentions_everyone, by_ann.mention_role_ids) == (False, [])
    assert (by_owner.mentions_everyone, by_owner.mention_role_ids) == (True, [role.id])


def test_each_act_is_told_in_order_until_nobody_listens() -> None:
    """Posting, editing, reacting and deleting are told in order to who listens, and as long."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    ann = world.create_person("ann")
    world.join(guild, ann)
    told: list[Happening] = []
    unsubscribe = world.subscribe(told.append)
    message = world.post(ann, channel, Draft("x"))
    world.edit(message, Change(content="y"))
    world.react(ann, message, "👍")
    world.delete(message)
    unsubscribe()
    world.post(ann, channel, Draft("nobody hears it"))
    assert told == [
        MessagePosted(message, channel),
        MessageChanged(message, channel),
        ReactionChanged(ann, message, channel, "👍", is_added=True),
        MessageDeleted(message, channel),
    ]


def test_a_deleted_message_stays_known_to_who_asks_for_it() -> None:
    """A deleted message is no channel's any more, and still there for tests to look at."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    message = world.post(world.bot, channel, Draft("x"))
    world.delete(message)
    assert world.message(channel.id, message.id) is None
    assert world.messages_with_deleted(channel.id)[message.id].is_deleted
