"""Channels that are no threads: made, renamed, closed to some, deleted; and direct messages."""

from sandbox.world.directory import Directory
from sandbox.world.entities import Channel, ChannelKind, Guild, Overwrite, Person, Role, Webhook
from sandbox.world.happenings import ChannelChanged, ChannelCreated, ChannelDeleted
from sandbox.world.listeners import Listeners
from sandbox.world.snowflakes import SnowflakeSource


class Places:
    """Makes and changes channels.

    Args:
        directory: Where everything is kept.
        listeners: Are told.
        ids: Makes ids.
    """

    def __init__(self, directory: Directory, listeners: Listeners, ids: SnowflakeSource) -> None:
        self._directory = directory
        self._listeners = listeners
        self._ids = ids

    def create_text_channel(self, guild: Guild, name: str) -> Channel:
        """Make a text channel that everyone sees."""
        return self._create_channel(guild, name, ChannelKind.TEXT)

    def create_forum(self, guild: Guild, name: str) -> Channel:
        """Make a forum that everyone sees."""
        return self._create_channel(guild, name, ChannelKind.FORUM)

    def create_media_channel(self, guild: Guild, name: str) -> Channel:
        """Make a media channel, which is a forum but for what it shows, that everyone sees."""
        return self._create_channel(guild, name, ChannelKind.MEDIA)

    def create_announcement_channel(self, guild: Guild, name: str) -> Channel:
        """Make an announcement channel that everyone sees; its threads are of a kind of its own."""
        return self._create_channel(guild, name, ChannelKind.ANNOUNCEMENT)

    def create_voice_channel(self, guild: Guild, name: str) -> Channel:
        """Make a voice channel that everyone sees; only its messages are served."""
        return self._create_channel(guild, name, ChannelKind.VOICE)

    def create_stage_channel(self, guild: Guild, name: str) -> Channel:
        """Make a stage that everyone sees; only its messages are served."""
        return self._create_channel(guild, name, ChannelKind.STAGE)

    def create_webhook(self, channel: Channel, name: str) -> Webhook:
        """Make a webhook of a channel; it posts in the channel's threads too."""
        webhook = Webhook(id=self._ids.make(), name=name, is_bot=True, channel_id=channel.id)
        self._directory.keep(webhook)
        return webhook

    def direct_message_channel(self, person: Person) -> Channel:
        """Return the direct messages between a person and the bot; the first call makes them."""
        if (channel := self._directory.direct_messages_with(person)) is not None:
            return channel
        channel = Channel(
            id=self._ids.make(), kind=ChannelKind.DIRECT_MESSAGE, recipient_ids=[person.id]
        )
        self._directory.keep(channel)
        return channel

    def set_permissions(
        self, channel: Channel, target: Person | Role, allow: int = 0, deny: int = 0
    ) -> None:
        """Write one target's overwrite of a channel; a guild's role for everyone has its id."""
        kind = 0 if isinstance(target, Role) else 1
        others = [overwrite for overwrite in channel.overwrites if overwrite.id != target.id]
        channel.overwrites = [*others, Overwrite(target.id, kind, int(allow), int(deny))]
        self._directory.keep(channel)
        self._listeners.tell(ChannelChanged(channel))

    def rename_channel(self, channel: Channel, name: str) -> None:
        """Rename a channel that is no thread."""
        channel.name = name
        self._directory.keep(channel)
        self._listeners.tell(ChannelChanged(channel))

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel or thread with its messages; a channel's threads go with it."""
        channels = tuple(self._directory.channels.values())
        for thread in [each for each in channels if each.parent_id == channel.id]:
            self.delete_channel(thread)
        self._listeners.tell(ChannelDeleted(channel))
        self._directory.forget_channel(channel)

    def _create_channel(self, guild: Guild, name: str, kind: ChannelKind) -> Channel:
        """Make a channel of a guild, below those that exist."""
        channel = Channel(
            id=self._ids.make(),
            kind=kind,
            name=name,
            guild_id=guild.id,
            position=len(self._directory.channels_of(guild)),
        )
        self._directory.keep(channel)
        self._listeners.tell(ChannelCreated(channel))
        return channel
