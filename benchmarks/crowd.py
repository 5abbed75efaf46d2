"""A gateway with a thousand guilds and a flood of messages, made from one guild of the sandbox.

The sandbox's world would need a million memberships for it. Here its payloads of one guild and of
one message are copied under other ids; the session, its frames and their order are the sandbox's.
"""

import copy
import random
from dataclasses import dataclass

from benchmarks.answers import make_answer
from sandbox.gateway.server import Gateway
from sandbox.gateway.sessions import Connection, Session
from sandbox.payloads.messages import message_event_payload
from sandbox.payloads.places import available_guild_payload
from sandbox.world.entities import Draft, Guild, Payload
from sandbox.world.snowflakes import SnowflakeSource
from sandbox.world.world import World

_ID_STEP = 1 << 22
"""Ids that differ by this were made a millisecond apart."""
_SEED = 11


@dataclass(frozen=True, slots=True)
class Size:
    """How big the crowd is: guilds, and channels and members of each."""

    guilds: int = 1000
    channels: int = 100
    members: int = 1000


class CrowdedGateway(Gateway):
    """The sandbox's gateway, which tells of many copies of the world's one guild.

    Args:
        world: A world with one guild, of which the bot is a member; `furnished` makes it.
        size: How many guilds there seem to be.
    """

    def __init__(self, world: World, size: Size) -> None:
        super().__init__(world)
        self._crowd = world
        self._size = size
        self._first = next(iter(world.guilds.values()))
        self._sent: list[Session] = []

    def _ready_payload(self, session: Session, connection: Connection) -> Payload:
        payload = super()._ready_payload(session, connection)
        ids = [self._first.id + copy_number * _ID_STEP for copy_number in range(self._size.guilds)]
        return payload | {"guilds": [{"id": str(each), "unavailable": True} for each in ids]}

    def _identify(self, connection: Connection, data: Payload) -> Session:
        session = super()._identify(connection, data)
        guild = available_guild_payload(self._crowd.directory, self._first)
        guild["member_count"] = self._size.members
        guild["members"] = [
            each for each in guild["members"] if each["user"]["id"] == str(self._crowd.bot.id)
        ]
        for copy_number in range(1, self._size.guilds):
            session.dispatch("GUILD_CREATE", _shifted_guild(guild, copy_number * _ID_STEP))
        self._sent.append(session)
        return session

    def flood(self, count: int) -> None:
        """Dispatch messages that have nothing to do with the bot, spread over all guilds.

        Their authors are as many people as a guild has members.
        """
        chance = random.Random(_SEED)  # noqa: S311 - a workload, not a secret
        template = _unrelated_message(self._crowd, self._first)
        ids = SnowflakeSource(self._crowd.now)
        channel_id, author_id = int(template["channel_id"]), int(template["author"]["id"])
        for _ in range(count):
            shift = chance.randrange(self._size.guilds) * _ID_STEP
            author = author_id + chance.randrange(self._size.members) * _ID_STEP
            message = template | {
                "id": str(ids.make()),
                "channel_id": str(channel_id + shift),
                "guild_id": str(self._first.id + shift),
                "author": template["author"] | {"id": str(author)},
            }
            for session in self._sent:
                session.dispatch("MESSAGE_CREATE", message)


def furnished(size: Size) -> World:
    """Make a world with one guild, with the bot in it."""
    world = World()
    guild = world.create_guild("Crowd")
    for number in range(size.channels):
        world.create_text_channel(guild, f"channel-{number}")
    world.join(guild, world.create_person("somebody"))
    world.join(guild, world.bot)
    return world


def _unrelated_message(world: World, guild: Guild) -> Payload:
    """Write a message that somebody posted."""
    author = next(
        world.people[user_id] for user_id in guild.members if not world.people[user_id].is_bot
    )
    channel = next(each for each in world.channels.values() if each.guild_id == guild.id)
    message = world.post(author, channel, Draft(make_answer(1, 0.4, _SEED).text))
    return message_event_payload(world.directory, message)


def _shifted_guild(guild: Payload, shift: int) -> Payload:
    """Copy a guild's payload under other ids: its own, its roles' and its channels'."""
    shifted = guild | {"id": str(int(guild["id"]) + shift)}
    shifted["roles"] = [each | {"id": str(int(each["id"]) + shift)} for each in guild["roles"]]
    shifted["channels"] = [_shifted_channel(each, shift) for each in guild["channels"]]
    member = copy.deepcopy(guild["members"][0])
    member["roles"] = [str(int(each) + shift) for each in member["roles"]]
    return shifted | {"members": [member]}


def _shifted_channel(channel: Payload, shift: int) -> Payload:
    ids = {"id": str(int(channel["id"]) + shift), "guild_id": str(int(channel["guild_id"]) + shift)}
    return channel | ids
