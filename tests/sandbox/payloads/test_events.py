"""What the gateway writes of what happens."""

from sandbox.payloads.events import Intent
from sandbox.world.entities import Change, Draft
from sandbox.world.world import World
from tests.sandbox.events import recorded_events


def test_each_event_has_its_name_and_intent() -> None:
    """Posting, editing, reacting and deleting have their names, and what one needs to hear them."""
    world = World()
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    ann = world.create_person("ann")
    world.join(guild, ann)
    told = recorded_events(world)
    message = world.post(ann, channel, Draft("x"))
    world.edit(message, Change(content="y"))
    world.react(ann, message, "👍")
    world.delete(message)
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
    told = recorded_events(world)
    message = world.post(world.bot, channel, Draft("x", nonce="n-1"))
    world.edit(message, Change(content="y"))
    assert [event.data.get("nonce") for event in told] == ["n-1", None]


def test_a_bot_hears_of_its_own_time_out_without_an_intent() -> None:
    """Its own membership is told to every session; that of others needs the members' intent."""
    world = World()
    guild = world.create_guild("guild")
    ann = world.create_person("ann")
    for somebody in (ann, world.bot):
        world.join(guild, somebody)
    told = recorded_events(world)
    world.time_out(guild, world.bot, 60.0)
    world.time_out(guild, ann, 60.0)
    assert [(event.name, event.intent) for event in told] == [
        ("GUILD_MEMBER_UPDATE", Intent.NONE),
        ("GUILD_MEMBER_UPDATE", Intent.GUILD_MEMBERS),
    ]
