"""Makes the calls to Discord: posting, editing, typing, opening threads; nobody else makes them.

When they are made is the courier's business. Channels are named by their ids, so that a reply can
be gone on with after a restart without any cache.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import discord

from delivery.errors import DeliveryError
from rendering.buttons import NONE, Button, Buttons, custom_id

_Result = TypeVar("_Result")

ArchiveMinutes = Literal[60, 1440, 4320, 10080]
"""After how much silence Discord archives a thread."""

_THREAD_EXISTS = 160004
_TEMPORARY = frozenset({408, 425, 429})

_LOOKS: Mapping[Button, tuple[str, str]] = {
    Button.STOP: ("Stop", "⏹️"),
    Button.CONTINUE: ("Continue", "▶️"),
    Button.AGAIN: ("Try again", "🔁"),
}
"""Labels and emoji, in the order in which the buttons stand."""


class ChannelById(Protocol):
    """Gives a channel without looking anything up: `Client.get_partial_messageable`."""

    def __call__(
        self, channel_id: int, /, *, guild_id: int | None = None
    ) -> discord.PartialMessageable:
        """Give the channel."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """The buttons under a message, and the turn that they are about."""

    turn_id: int
    buttons: Buttons = NONE


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a reply goes."""

    channel_id: int
    guild_id: int | None
    answers_message_id: int | None = None
    """The message to reply to; None where the place itself is the conversation."""


class Surface:
    """Discord's face of replies.

    Args:
        channel_by_id: The Discord client's.
        fetch_channel: The Discord client's, for what only a whole channel can do.
        connection_errors: What the HTTP library raises when a connection fails.
    """

    def __init__(
        self,
        channel_by_id: ChannelById,
        fetch_channel: Callable[[int], Awaitable[object]],
        connection_errors: tuple[type[Exception], ...] = (),
    ) -> None:
        self._channel_by_id = channel_by_id
        self._fetch_channel = fetch_channel
        self._connection_errors = (OSError, TimeoutError, *connection_errors)

    async def post(
        self,
        spot: Spot,
        content: str,
        *,
        nonce: str | None = None,
        is_silent: bool = False,
        row: Row | None = None,
        mentions_author: bool = True,
    ) -> int:
        """Post a message and give its id.

        Discord remembers a nonce for minutes: a repeated post with it gives the first message.
        Nobody is pinged but, with `mentions_author`, the author of the message replied to.
        Addresses get no previews: Discord would fetch each, and what a model was talked into
        writing one with would be told to whoever owns it, with nobody having followed it.

        Raises:
            DeliveryError: It was not posted, as far as is known.
        """
        channel = self._channel(spot)
        options: dict[str, Any] = {"silent": is_silent, "suppress_embeds": True}
        options["allowed_mentions"] = _pings(author=mentions_author)
        if nonce is not None:
            options["nonce"] = nonce
        if row is not None and row.buttons:
            options["view"] = view_of(row)
        if spot.answers_message_id is not None:
            options["reference"] = discord.MessageReference(
                message_id=spot.answers_message_id,
                channel_id=spot.channel_id,
                guild_id=spot.guild_id,
                fail_if_not_exists=False,
            )
        message = await self._translated(channel.send(content, **options))
        return message.id

    async def edit(
        self, spot: Spot, message_id: int, content: str, *, row: Row | None = None
    ) -> None:
        """Replace a message's text and its row of buttons.

        The mention of the author being answered stays; an edit pings nobody.

        Raises:
            DeliveryError: It was not edited, as far as is known.
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
        """Delete one of our messages.

        Raises:
            DeliveryError: It was not deleted, as far as is known.
        """
        await self._translated(self._channel(spot).get_partial_message(message_id).delete())

    async def unarchive(self, spot: Spot) -> None:
        """Open an archived thread again; one that is locked stays as it is.

        Raises:
            DeliveryError: It stays archived.
        """
        thread = await self._translated(self._fetch_channel(spot.channel_id))
        if isinstance(thread, discord.Thread):
            await self._translated(thread.edit(archived=False))

    async def show_typing(self, spot: Spot) -> None:
        """Show that an answer is coming, for ten seconds or until the next message.

        Raises:
            DeliveryError: Discord did not take it.
        """
        await self._translated(_awaited(self._channel(spot)))

    async def open_thread(
        self, spot: Spot, message_id: int, name: str, archive_minutes: ArchiveMinutes
    ) -> int:
        """Open a thread from a message and give its id; one that is there already is as good.

        Raises:
            DeliveryError: There is no thread.
        """
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

    def _channel(self, spot: Spot) -> discord.PartialMessageable:
        return self._channel_by_id(spot.channel_id, guild_id=spot.guild_id)

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
        except self._connection_errors as error:
            raise DeliveryError(is_lasting=False) from error


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
