"""Everything that exists in the world, found by its id."""

from sandbox.world.entities import (
    Bot,
    Channel,
    ChannelKind,
    Command,
    Entity,
    Guild,
    Member,
    Message,
    Person,
    Role,
)
from sandbox.world.journal import Journal


class Directory:
    """The entities by id, and the files; it is changed by those that act, and read by everybody.

    Args:
        journal: Is told what to write; null keeps nothing.

    Attributes:
        files: The bytes of attachments, by the attachment's id.
        files_url: Where attachments are served; the server sets it when it listens.
    """

    def __init__(self, journal: Journal | None = None) -> None:
        self.files_url = "https://cdn.discordapp.com"
        self.people: dict[int, Person] = {}
        self.roles: dict[int, Role] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.commands: dict[int, Command] = {}
        self.files: dict[int, bytes] = {}
        self._messages: dict[int, dict[int, Message]] = {}
        self._journal = journal

    @property
    def bot(self) -> Bot:
        """The account under test."""
        return next(person for person in self.people.values() if isinstance(person, Bot))

    def keep(self, entity: Entity) -> None:
        """Hold an entity that is new or that changed."""
        self.hold(entity)
        if self._journal is not None:
            self._journal.note(entity)

    def hold(self, entity: Entity) -> None:
        """Hold an entity without writing it: it comes from the file."""
        match entity:
            case Person():
                self.people[entity.id] = entity
            case Role():
                self.roles[entity.id] = entity
            case Guild():
                self.guilds[entity.id] = entity
            case Channel():
                self.channels[entity.id] = entity
            case Message():
                self._messages.setdefault(entity.channel_id, {})[entity.id] = entity
            case Command():
                self.commands[entity.id] = entity

    def keep_file(self, file_id: int, content: bytes) -> None:
        """Hold the bytes of an attachment."""
        self.files[file_id] = content
        if self._journal is not None:
            self._journal.note_file(file_id, content)

    def forget_role(self, role: Role) -> None:
        """Let go of a role."""
        self.roles.pop(role.id, None)
        self._note_gone(role)

    def forget_command(self, command: Command) -> None:
        """Let go of an application command."""
        self.commands.pop(command.id, None)
        self._note_gone(command)

    def forget_channel(self, channel: Channel) -> None:
        """Let go of a channel and of its messages."""
        self.channels.pop(channel.id, None)
        self._note_gone(channel)
        for message in self._messages.pop(channel.id, {}).values():
            self._note_gone(message)

    def roles_of(self, guild: Guild) -> list[Role]:
        """Return a guild's roles, the one for everyone first."""
        roles = [role for role in self.roles.values() if role.guild_id == guild.id]
        return sorted(roles, key=lambda role: (role.position, role.id))

    def channels_of(self, guild: Guild) -> list[Channel]:
        """Return a guild's channels and forums in the order of their ids, without threads."""
        channels = [channel for channel in self.channels.values() if channel.guild_id == guild.id]
        return sorted((c for c in channels if c.thread is None), key=lambda channel: channel.id)

    def threads_of(self, guild: Guild) -> list[Channel]:
        """Return a guild's threads, archived ones too, in the order of their ids."""
        channels = [channel for channel in self.channels.values() if channel.guild_id == guild.id]
        return sorted((c for c in channels if c.thread), key=lambda channel: channel.id)

    def guild_of(self, channel: Channel) -> Guild | None:
        """Return a channel's guild; null for direct messages."""
        return None if channel.guild_id is None else self.guilds[channel.guild_id]

    def member(self, guild_id: int, user_id: int) -> Member | None:
        """Return a membership, null where there is none."""
        guild = self.guilds.get(guild_id)
        return None if guild is None else guild.members.get(user_id)

    def direct_messages_with(self, person: Person) -> Channel | None:
        """Return the direct messages between a person and the bot, null before the first."""
        for channel in self.channels.values():
            if channel.kind is ChannelKind.DIRECT_MESSAGE and person.id in channel.recipient_ids:
                return channel
        return None

    def messages(self, channel_id: int) -> list[Message]:
        """Return a channel's messages that are not deleted, oldest first, ephemeral ones too."""
        messages = self.messages_with_deleted(channel_id).values()
        return [message for message in messages if not message.is_deleted]

    def message(self, channel_id: int, message_id: int) -> Message | None:
        """Return a message that is not deleted."""
        message = self.messages_with_deleted(channel_id).get(message_id)
        return None if message is None or message.is_deleted else message

    def messages_with_deleted(self, channel_id: int) -> dict[int, Message]:
        """Return all messages that a channel ever had, by id and oldest first."""
        return self._messages.get(channel_id, {})

    def _note_gone(self, entity: Entity) -> None:
        if self._journal is not None:
            self._journal.note_gone(entity)
