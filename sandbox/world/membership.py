"""People and guilds: who there is, who is in, and with which roles."""

from collections.abc import Callable

from sandbox.world import permissions
from sandbox.world.directory import Directory
from sandbox.world.entities import Bot, Guild, Member, Person, Role
from sandbox.world.happenings import (
    BotJoined,
    BotLeft,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    RoleCreated,
)
from sandbox.world.listeners import Listeners
from sandbox.world.snowflakes import SnowflakeSource


class Membership:
    """Makes people, guilds and roles, and lets people in and out.

    Args:
        directory: Where everything is kept.
        listeners: Are told.
        ids: Makes ids.
        now: Seconds since 1970.
    """

    def __init__(
        self,
        directory: Directory,
        listeners: Listeners,
        ids: SnowflakeSource,
        now: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._listeners = listeners
        self._ids = ids
        self._now = now

    def create_person(self, name: str) -> Person:
        """Make a human being's account."""
        person = Person(id=self._ids.make(), name=name)
        self._directory.keep(person)
        return person

    def create_guild(self, name: str, owner: Person | None = None) -> Guild:
        """Make a guild with its role for everyone; the owner, a new person if null, is in it."""
        owner = owner or self.create_person(f"owner-of-{name}")
        guild = Guild(id=self._ids.make(), name=name, owner_id=owner.id)
        self._directory.keep(guild)
        everyone = Role(guild.id, guild.id, "@everyone", permissions=permissions.EVERYONE_ROLE)
        self._directory.keep(everyone)
        self.join(guild, owner)
        return guild

    def create_role(
        self, guild: Guild, name: str, permissions: int = 0, *, mentionable: bool = False
    ) -> Role:
        """Make a role above those that exist; `permissions` are Discord's bits."""
        role = Role(
            id=self._ids.make(),
            guild_id=guild.id,
            name=name,
            permissions=permissions,
            position=len(self._directory.roles_of(guild)),
            is_mentionable=mentionable,
        )
        self._directory.keep(role)
        self._listeners.tell(RoleCreated(guild, role))
        return role

    def everyone(self, guild: Guild) -> Role:
        """Return the role that all members have."""
        return self._directory.roles[guild.id]

    def join(self, guild: Guild, person: Person, roles: tuple[Role, ...] = ()) -> Member:
        """Let somebody in; a bot comes with the managed role that its invite link asks for."""
        role_ids = [role.id for role in roles]
        if isinstance(person, Bot):
            role_ids.append(self._create_managed_role(guild, person).id)
        member = Member(user_id=person.id, joined_at=self._now(), role_ids=role_ids)
        guild.members[person.id] = member
        self._directory.keep(guild)
        is_bot = isinstance(person, Bot)
        self._listeners.tell(BotJoined(guild) if is_bot else MemberJoined(guild, member))
        return member

    def leave(self, guild: Guild, person: Person) -> None:
        """Take somebody out of a guild and of its threads; a bot's managed role goes with it."""
        guild.members.pop(person.id, None)
        self._directory.keep(guild)
        for thread in self._directory.threads_of(guild):
            if thread.thread is not None and thread.thread.members.pop(person.id, None) is not None:
                self._directory.keep(thread)
        is_bot = isinstance(person, Bot)
        if is_bot:
            self._delete_managed_role(guild, person)
        self._listeners.tell(BotLeft(guild) if is_bot else MemberLeft(guild, person))

    def _delete_managed_role(self, guild: Guild, bot: Person) -> None:
        """Delete the role that a bot brought along, with what channels allowed or denied to it."""
        for role in [each for each in self._directory.roles_of(guild) if each.bot_id == bot.id]:
            self._directory.forget_role(role)
            for channel in self._directory.channels_of(guild):
                kept = [each for each in channel.overwrites if each.id != role.id]
                if len(kept) != len(channel.overwrites):
                    channel.overwrites = kept
                    self._directory.keep(channel)

    def time_out(self, guild: Guild, person: Person, duration_s: float) -> None:
        """Let a member only look for a while; the owner and administrators do not mind it."""
        self._set_time_out(guild, person, self._now() + duration_s)

    def end_time_out(self, guild: Guild, person: Person) -> None:
        """Let a member speak again before their time is over."""
        self._set_time_out(guild, person, None)

    def _set_time_out(self, guild: Guild, person: Person, until: float | None) -> None:
        member = guild.members[person.id]
        member.timed_out_until = until
        self._directory.keep(guild)
        self._listeners.tell(MemberChanged(guild, member))

    def _create_managed_role(self, guild: Guild, bot: Bot) -> Role:
        """Make the role that a bot brings along and that has its name."""
        role = Role(
            id=self._ids.make(),
            guild_id=guild.id,
            name=bot.name,
            permissions=permissions.BOT_ROLE,
            position=len(self._directory.roles_of(guild)),
            bot_id=bot.id,
        )
        self._directory.keep(role)
        return role
