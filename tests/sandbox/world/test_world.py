"""The world by itself: who may do what, who is mentioned, what is told, what is kept."""

import asyncio
from pathlib import Path

import pytest

from sandbox.world.entities import AllowedMentions, Change, Draft
from sandbox.world.events import Event, Intent
from sandbox.world.mentions import Mentions, find_mentions
from sandbox.world.permissions import EVERYTHING, Permission
from sandbox.world.persistence import Shelf
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


def test_each_act_is_told_with_its_intent() -> None:
    """Posting, editing, reacting and deleting are told in order, with what one needs to hear it."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    ann = world.create_person("ann")
    world.join(guild, ann)
    told: list[Event] = []
    unsubscribe = world.subscribe(told.append)
    message = world.post(ann, channel, Draft("x"))
    world.edit(message, Change(content="y"))
    world.react(ann, message, "👍")
    world.delete(message)
    unsubscribe()
    world.post(ann, channel, Draft("nobody hears it"))
    assert [(event.name, event.intent) for event in told] == [
        ("MESSAGE_CREATE", Intent.GUILD_MESSAGES),
        ("MESSAGE_UPDATE", Intent.GUILD_MESSAGES),
        ("MESSAGE_REACTION_ADD", Intent.GUILD_MESSAGE_REACTIONS),
        ("MESSAGE_DELETE", Intent.GUILD_MESSAGES),
    ]
    assert all(event.guild_id == guild.id for event in told)


def test_a_nonce_is_told_with_the_post_only() -> None:
    """The event of a post brings its nonce, by which the bot knows it; a later one does not."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    told: list[Event] = []
    world.subscribe(told.append)
    message = world.post(world.bot, channel, Draft("x", nonce="n-1"))
    world.edit(message, Change(content="y"))
    assert [event.data.get("nonce") for event in told] == ["n-1", None]


def test_a_world_is_as_it_was_when_its_file_is_opened_again(tmp_path: Path) -> None:
    """People, places, messages with their edits, and files come back; new ids are larger."""
    path = tmp_path / "world.sqlite"
    world = World.open(path)
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    world.join(guild, world.bot)
    message = world.post(world.bot, channel, Draft("one"))
    world.edit(message, Change(content="two"))
    gone = world.post(world.bot, channel, Draft("gone"))
    world.delete(gone)
    thread = world.start_thread(world.bot, channel, "talk", message=message)
    world.close()

    again = World.open(path)
    assert again.bot.token == world.bot.token
    assert [each.name for each in again.channels_of(again.guilds[guild.id])] == ["general"]
    (kept,) = again.messages(channel.id)
    assert (kept.content, [content for _, content in kept.edits]) == ("two", ["two"])
    assert again.channels[thread.id].thread is not None
    assert again.permissions_in(again.bot.id, again.channels[thread.id])
    assert again.create_person("new").id > thread.id
    again.close()


def test_a_deleted_channel_is_not_brought_back(tmp_path: Path) -> None:
    """A channel that was deleted is gone with its messages and threads, also from the file."""
    path = tmp_path / "world.sqlite"
    world = World.open(path)
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    world.start_thread(world.bot, channel, "talk")
    world.delete_channel(channel)
    world.close()
    again = World.open(path)
    assert again.channels == {}
    again.close()


def test_a_deleted_message_stays_known_to_who_asks_for_it() -> None:
    """A deleted message is no channel's any more, and still there for tests to look at."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    message = world.post(world.bot, channel, Draft("x"))
    world.delete(message)
    assert world.message(channel.id, message.id) is None
    assert world.messages_with_deleted(channel.id)[message.id].is_deleted


async def test_changes_are_in_the_file_soon_without_closing(tmp_path: Path) -> None:
    """What changed is written in a batch soon after, so that a killed sandbox loses little."""
    path = tmp_path / "world.sqlite"
    world = World.open(path)
    guild = world.create_guild("guild")

    def is_written() -> bool:
        """Look at the file as another process would."""
        shelf = Shelf(path)
        try:
            return len(list(shelf.rows("guild"))) == 1
        finally:
            shelf.close()

    async with asyncio.timeout(5):
        while not is_written():  # noqa: ASYNC110 - a file tells nobody that it changed
            await asyncio.sleep(0.05)
    world.close()
    again = World.open(path)
    assert list(again.guilds) == [guild.id]
    again.close()
