"""Places and people: guilds, channels, roles, memberships, and who may do what where."""

from sandbox.payloads.people import joined_member_payload, role_payload, user_payload
from sandbox.payloads.places import channel_payload, joined_guild_payload
from sandbox.world import permissions
from sandbox.world.entities import (
    Bot,
    Channel,
    ChannelKind,
    Guild,
    Member,
    Message,
    Overwrite,
    Payload,
    Person,
    Role,
)
from sandbox.world.events import Event, Intent
from sandbox.world.registry import Registry


class GuildActs(Registry):
    """Makes and finds places and people; each act is told to the listeners."""

    @property
    def bot(self) -> Bot:
        """The account under test."""
        return next(person for person in self.people.values() if isinstance(person, Bot))

    def create_person(self, name: str) -> Person:
        """Make a human being's account."""
        person = Person(id=self.ids.make(), name=name)
        self.keep(person)
        return person

    def create_guild(self, name: str, owner: Person | None = None) -> Guild:
        """Make a guild with its role for everyone; the owner, a new person if null, is in it."""
        owner = owner or self.create_person(f"owner-of-{name}")
        guild = Guild(id=self.ids.make(), name=name, owner_id=owner.id)
        self.keep(guild)
        everyone = Role(guild.id, guild.id, "@everyone", permissions=permissions.EVERYONE_ROLE)
        self.keep(everyone)
        self.join(guild, owner)
        return guild

    def create_text_channel(self, guild: Guild, name: str) -> Channel:
        """Make a text channel that everyone sees."""
        return self._create_channel(guild, name, ChannelKind.TEXT)

    def create_forum(self, guild: Guild, name: str) -> Channel:
        """Make a forum that everyone sees."""
        return self._create_channel(guild, name, ChannelKind.FORUM)

    def create_role(
        self, guild: Guild, name: str, permissions: int = 0, *, mentionable: bool = False
    ) -> Role:
        """Make a role above those that exist; `permissions` are Discord's bits."""
        role = Role(
            id=self.ids.make(),
            guild_id=guild.id,
            name=name,
            permissions=permissions,
            position=len(self.roles_of(guild)),
            is_mentionable=mentionable,
        )
        self._announce_role(guild, role)
        return role

    def join(self, guild: Guild, person: Person, roles: tuple[Role, ...] = ()) -> Member:
        """Let somebody in; a bot comes with the managed role that its invite link asks for."""
        role_ids = [role.id for role in roles]
        if isinstance(person, Bot):
            role_ids.append(self._create_managed_role(guild, person).id)
        member = Member(user_id=person.id, joined_at=self.now(), role_ids=role_ids)
        guild.members[person.id] = member
        self.keep(guild)
        if isinstance(person, Bot):
            self._tell_guild(
                guild, "GUILD_CREATE", Intent.GUILDS, joined_guild_payload(self, guild)
            )
        else:
            data = joined_member_payload(self, guild, member)
            self._tell_guild(guild, "GUILD_MEMBER_ADD", Intent.GUILD_MEMBERS, data)
        return member

    def leave(self, guild: Guild, person: Person) -> None:
        """Take somebody out of a guild."""
        guild.members.pop(person.id, None)
        self.keep(guild)
        if isinstance(person, Bot):
            self._tell_guild(guild, "GUILD_DELETE", Intent.GUILDS, {"id": str(guild.id)})
            return
        data: Payload = {"guild_id": str(guild.id), "user": user_payload(person)}
        self._tell_guild(guild, "GUILD_MEMBER_REMOVE", Intent.GUILD_MEMBERS, data)

    def set_permissions(
        self, channel: Channel, target: Person | Role, allow: int = 0, deny: int = 0
    ) -> None:
        """Write one target's overwrite of a channel; a guild's role for everyone has its id."""
        kind = 0 if isinstance(target, Role) else 1
        others = [overwrite for overwrite in channel.overwrites if overwrite.id != target.id]
        channel.overwrites = [*others, Overwrite(target.id, kind, int(allow), int(deny))]
        self.keep(channel)
        self.emit("CHANNEL_UPDATE", channel_payload(self, channel), Intent.GUILDS, channel)

    def direct_message_channel(self, person: Person) -> Channel:
        """Give the direct messages between a person and the bot; they are made when first asked."""
        for channel in self.channels.values():
            if channel.kind is ChannelKind.DIRECT_MESSAGE and person.id in channel.recipient_ids:
                return channel
        channel = Channel(
            id=self.ids.make(), kind=ChannelKind.DIRECT_MESSAGE, recipient_ids=[person.id]
        )
        self.keep(channel)
        return channel

    def everyone(self, guild: Guild) -> Role:
        """Give the role that all members have."""
        return self.roles[guild.id]

    def roles_of(self, guild: Guild) -> list[Role]:
        """Give a guild's roles, the one for everyone first."""
        roles = [role for role in self.roles.values() if role.guild_id == guild.id]
        return sorted(roles, key=lambda role: (role.position, role.id))

    def channels_of(self, guild: Guild) -> list[Channel]:
        """Give a guild's channels and forums in the order of their ids, without threads."""
        channels = [channel for channel in self.channels.values() if channel.guild_id == guild.id]
        return sorted((c for c in channels if c.thread is None), key=lambda channel: channel.id)

    def threads_of(self, guild: Guild) -> list[Channel]:
        """Give a guild's threads, archived ones too, in the order of their ids."""
        channels = [channel for channel in self.channels.values() if channel.guild_id == guild.id]
        return sorted((c for c in channels if c.thread), key=lambda channel: channel.id)

    def guild_of(self, channel: Channel) -> Guild | None:
        """Give a channel's guild; null for direct messages."""
        return None if channel.guild_id is None else self.guilds[channel.guild_id]

    def member(self, guild_id: int, user_id: int) -> Member | None:
        """Give a membership, null where there is none."""
        guild = self.guilds.get(guild_id)
        return None if guild is None else guild.members.get(user_id)

    def messages(self, channel_id: int) -> list[Message]:
        """Give a channel's messages that are not deleted, oldest first, ephemeral ones too."""
        messages = self.messages_with_deleted(channel_id).values()
        return [message for message in messages if not message.is_deleted]

    def message(self, channel_id: int, message_id: int) -> Message | None:
        """Give a message that is not deleted."""
        message = self.messages_with_deleted(channel_id).get(message_id)
        return None if message is None or message.is_deleted else message

    def permissions_in(self, user_id: int, channel: Channel) -> int:
        """Add up what somebody may do in a channel, as Discord's bits; 0 where they are not in."""
        guild = self.guild_of(channel)
        if guild is None:
            is_in = user_id == self.bot.id or user_id in channel.recipient_ids
            return permissions.DIRECT_MESSAGE if is_in else 0
        member = guild.members.get(user_id)
        if member is None:
            return 0
        base = self.permissions_of(member, guild)
        role_ids = member.role_ids
        place = self.channels.get(channel.parent_id or 0, channel) if channel.thread else channel
        total = permissions.channel_permissions(base, place, role_ids, user_id)
        return 0 if self._is_hidden_thread(channel, user_id, total) else total

    def permissions_of(self, member: Member, guild: Guild) -> int:
        """Add up what a member may do in a guild as a whole, as Discord's bits."""
        role_ids = [role_id for role_id in member.role_ids if role_id in self.roles]
        roles = [self.roles[role_id] for role_id in (guild.id, *role_ids)]
        return permissions.guild_permissions(guild, roles, member.user_id)

    def _is_hidden_thread(self, channel: Channel, user_id: int, total: int) -> bool:
        """Whether it is a private thread that somebody was not added to."""
        if channel.kind is not ChannelKind.PRIVATE_THREAD or channel.thread is None:
            return False
        return user_id not in channel.thread.members and not (
            total & permissions.Permission.MANAGE_THREADS
        )

    def _create_channel(self, guild: Guild, name: str, kind: ChannelKind) -> Channel:
        """Make a channel of a guild, below those that exist."""
        channel = Channel(
            id=self.ids.make(),
            kind=kind,
            name=name,
            guild_id=guild.id,
            position=len(self.channels_of(guild)),
        )
        self.keep(channel)
        self.emit("CHANNEL_CREATE", channel_payload(self, channel), Intent.GUILDS, channel)
        return channel

    def _create_managed_role(self, guild: Guild, bot: Bot) -> Role:
        """Make the role that a bot brings along and that has its name."""
        role = Role(
            id=self.ids.make(),
            guild_id=guild.id,
            name=bot.name,
            permissions=permissions.BOT_ROLE,
            position=len(self.roles_of(guild)),
            bot_id=bot.id,
        )
        self.keep(role)
        return role

    def _announce_role(self, guild: Guild, role: Role) -> None:
        """Hold a new role and tell of it."""
        self.keep(role)
        data = {"guild_id": str(guild.id), "role": role_payload(role)}
        self._tell_guild(guild, "GUILD_ROLE_CREATE", Intent.GUILDS, data)

    def _tell_guild(self, guild: Guild, name: str, intent: Intent, data: Payload) -> None:
        """Emit an event of a whole guild."""
        self.emit_event(Event(name, data, intent, guild_id=guild.id))
