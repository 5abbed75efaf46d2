"""The one adapter to Discord: every call that is made of it, and every error that it raises.

When the calls are made is the courier's business. Channels are named by their ids, so that a reply
can be gone on with after a restart without any cache.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import discord

from conversation.entities import Spot
from delivery.errors import DeliveryError
from rendering.buttons import NONE, Button, Buttons, custom_id

_Result = TypeVar("_Result")

ArchiveMinutes = Literal[60, 1440, 4320, 10080]
"""After how much silence Discord archives a thread."""

PAGE = 100
"""So many messages come with one request at most (documentation, "Get Channel Messages")."""

_THREAD_EXISTS = 160004
_TEMPORARY = frozenset({408, 425, 429})
_SENSELESS = (AttributeError, KeyError, IndexError, TypeError, ValueError)
"""What the library raises of an answer that makes no sense: HTML, torn JSON, missing keys."""

_LOOKS: Mapping[Button, tuple[str, str]] = {
    Button.STOP: ("Stop", "⏹️"),
    Button.CONTINUE: ("Continue", "▶️"),
    Button.AGAIN: ("Try again", "🔁"),
}
"""Labels and emoji, in the order in which the buttons stand."""


@dataclass(frozen=True, slots=True)
class Row:
    """The buttons under a message, and the turn that they are about."""

    turn_id: int
    buttons: Buttons = NONE


@dataclass(frozen=True, slots=True)
class OwnPost:
    """A message of ours as Discord has it."""

    message_id: int
    content: str
    custom_ids: tuple[str, ...]
    answers_message_id: int | None


@dataclass(frozen=True, slots=True)
class ThreadObstacle:
    """Why no thread can be opened from messages of a channel, as far as the cache tells."""

    missing_permissions: tuple[str, ...] = ()
    """Empty where the channel is of a kind that has no threads."""


class DiscordApi:
    """Makes requests of Discord; each method but those of the cache is one request.

    Args:
        client: The library's client; not owned.
        connection_errors: What the HTTP library raises when a connection fails.

    Every method raises `DeliveryError` where Discord has not done it, as far as is known. An answer
    that makes no sense leaves that unknown.
    """

    def __init__(
        self, client: discord.Client, connection_errors: tuple[type[Exception], ...] = ()
    ) -> None:
        self._client = client
        self._passing_errors = (OSError, TimeoutError, *connection_errors)

    async def post(
        self,
        spot: Spot,
        content: str,
        *,
        nonce: str,
        is_silent: bool = False,
        row: Row | None = None,
    ) -> int:
        """Post a message and return its id.

        Discord remembers a nonce for minutes: a repeated post with it returns the first message.
        Nobody is pinged but the author of the message replied to. Addresses get no previews:
        Discord would fetch each, and what a model was talked into writing one with would be told to
        whoever owns it, with nobody having followed it.
        """
        options: dict[str, Any] = {"silent": is_silent, "suppress_embeds": True, "nonce": nonce}
        options["allowed_mentions"] = _pings(author=True)
        if row is not None and row.buttons:
            options["view"] = view_of(row)
        if spot.answers_message_id is not None:
            options["reference"] = discord.MessageReference(
                message_id=spot.answers_message_id,
                channel_id=spot.channel_id,
                guild_id=spot.guild_id,
                fail_if_not_exists=False,
            )
        message = await self._translated(self._channel(spot).send(content, **options))
        return message.id

    async def edit(
        self, spot: Spot, message_id: int, content: str, *, row: Row | None = None
    ) -> None:
        """Replace a message's text and its row of buttons.

        The mention of the author being answered stays; an edit pings nobody.
        """
        message = self._channel(spot).get_partial_message(message_id)
        await self._translated(
            message.edit(
                content=content,
                view=view_of(row) if row is not None and row.buttons else None,
                allowed_mentions=_pings(author=spot.answers_message_id is not None),
            )
        )

    async def delete(self, spot: Spot, message_id: int) -> None:
        """Delete one of our messages."""
        await self._translated(self._channel(spot).get_partial_message(message_id).delete())

    async def unarchive(self, spot: Spot) -> None:
        """Open an archived thread again; one that is locked stays as it is."""
        thread = await self._translated(self._client.fetch_channel(spot.channel_id))
        if isinstance(thread, discord.Thread):
            await self._translated(thread.edit(archived=False))

    async def show_typing(self, spot: Spot) -> None:
        """Show that an answer is coming, for ten seconds or until the next message."""
        await self._translated(_awaited(self._channel(spot)))

    async def open_thread(
        self, spot: Spot, message_id: int, name: str, archive_minutes: ArchiveMinutes
    ) -> int:
        """Open a thread from a message and return its id; one that is there already is as good."""
        message = self._channel(spot).get_partial_message(message_id)
        try:
            thread = await self._translated(
                message.create_thread(name=name, auto_archive_duration=archive_minutes)
            )
        except DeliveryError as error:
            if error.code == _THREAD_EXISTS:
                return message_id
            raise
        return thread.id

    async def own_posts(self, spot: Spot, after_id: int | None) -> Sequence[OwnPost]:
        """Read the latest messages of ours in a place, the oldest first.

        Args:
            spot: The place.
            after_id: Only those later than this id; None for no bound.
        """
        after = None if after_id is None else discord.Object(after_id)
        history = self._channel(spot).history(limit=PAGE, after=after, oldest_first=False)
        user = self._client.user
        found = await self._translated(_listed(history))
        return [_own_post(it) for it in reversed(found) if user and it.author.id == user.id]

    def cached_channel(self, channel_id: int) -> discord.abc.Messageable | None:
        """Return a channel that the cache knows; None for any other."""
        channel = self._client.get_channel(channel_id)
        return channel if isinstance(channel, discord.abc.Messageable) else None

    async def channel(self, channel_id: int) -> discord.abc.Messageable | None:
        """Read a channel; None for one in which nobody can write."""
        channel = await self._translated(self._client.fetch_channel(channel_id))
        return channel if isinstance(channel, discord.abc.Messageable) else None

    async def messages_after(
        self, channel: discord.abc.Messageable, after_id: int
    ) -> list[discord.Message]:
        """Read what was said in a place after a message, the oldest first, at most `PAGE`."""
        history = channel.history(after=discord.Object(after_id), limit=PAGE, oldest_first=True)
        return await self._translated(_listed(history))

    async def message(self, channel: discord.abc.Messageable, message_id: int) -> discord.Message:
        """Read one message; one that is gone raises with code 10008."""
        return await self._translated(channel.fetch_message(message_id))

    async def member(self, guild: discord.Guild, user_id: int) -> discord.Member | None:
        """Read a membership; None where there is none."""
        try:
            return await self._translated(guild.fetch_member(user_id))
        except DeliveryError as error:
            if error.is_gone:
                return None
            raise

    def thread_obstacle(self, channel_id: int) -> ThreadObstacle | None:
        """Return why no thread can be opened in a channel; from the cache, None where one can."""
        channel = self._client.get_channel(channel_id)
        if not isinstance(channel, discord.TextChannel):
            return ThreadObstacle()
        may = channel.permissions_for(channel.guild.me)
        wanted = {
            "Create Public Threads": may.create_public_threads,
            "Send Messages in Threads": may.send_messages_in_threads,
        }
        missing = tuple(name for name, is_there in wanted.items() if not is_there)
        return ThreadObstacle(missing) if missing else None

    def _channel(self, spot: Spot) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(spot.channel_id, guild_id=spot.guild_id)

    async def _translated(self, call: Awaitable[_Result]) -> _Result:
        try:
            return await call
        except discord.HTTPException as error:
            is_lasting = 400 <= error.status < 500 and error.status not in _TEMPORARY
            raise DeliveryError(
                is_lasting=is_lasting, status=error.status, code=error.code
            ) from error
        except discord.RateLimited as error:
            raise DeliveryError(is_lasting=False, status=429) from error
        except (*self._passing_errors, *_SENSELESS) as error:
            raise DeliveryError(is_lasting=False, why=type(error).__name__) from error


def view_of(row: Row) -> discord.ui.View:
    """Make the row of buttons of a turn.

    The view is finished from the start, so that the library keeps none of them in memory: clicks
    are recognised by their custom id, before and after a restart alike.
    """
    view = discord.ui.View(timeout=None)
    for button, (label, emoji) in _LOOKS.items():
        if button in row.buttons:
            view.add_item(
                discord.ui.Button(
                    label=label,
                    emoji=emoji,
                    style=discord.ButtonStyle.secondary,
                    custom_id=custom_id(button, row.turn_id),
                )
            )
    view.stop()
    return view


def _pings(*, author: bool) -> discord.AllowedMentions:
    """Allow no mention but, perhaps, that of the author of the message replied to."""
    return discord.AllowedMentions(everyone=False, users=False, roles=False, replied_user=author)


async def _awaited(channel: discord.PartialMessageable) -> None:
    await channel.typing()


async def _listed(history: Any) -> list[discord.Message]:
    return [message async for message in history]


def _own_post(message: discord.Message) -> OwnPost:
    custom_ids = tuple(
        item.custom_id
        for row in message.components
        for item in getattr(row, "children", ())
        if isinstance(item, discord.Button) and item.custom_id is not None
    )
    reference = message.reference
    answers_id = None if reference is None else reference.message_id
    return OwnPost(message.id, message.content, custom_ids, answers_id)
