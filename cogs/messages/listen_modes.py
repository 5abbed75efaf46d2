"""Knows, without I/O, which places are listened to without being mentioned."""

from dataclasses import replace

import discord

from conversation.entities import ListenMode, PlaceKey
from conversation.ports.places import PlaceStore


class ListenModes:
    """The stored listen modes of places, in memory so that a message is judged without I/O.

    Args:
        places: Where they are kept; this class alone changes them there.
        own_id: The bot's id: a thread that it opened is listened to.
    """

    def __init__(self, places: PlaceStore, own_id: int) -> None:
        self._places = places
        self._own_id = own_id
        self._set: dict[int, ListenMode] = {}
        self._assumed: set[int] = set()
        """The places in which everything is heard, though that is not stored so far."""

    async def load(self) -> None:
        """Read what is stored.

        Raises:
            StoreError: It could not be read.
        """
        self._set = dict(await self._places.listen_modes())

    def of(self, channel: object) -> ListenMode:
        """Return the mode of a channel: what was set, else by who opened the thread."""
        channel_id = getattr(channel, "id", 0)
        if channel_id in self._set:
            return self._set[channel_id]
        if channel_id in self._assumed:
            return ListenMode.EVERYTHING
        is_own = isinstance(channel, discord.Thread) and channel.owner_id == self._own_id
        return ListenMode.EVERYTHING if is_own else ListenMode.MENTIONS

    def is_set(self, channel_id: int) -> bool:
        """Return whether the mode of a channel was set and is stored."""
        return channel_id in self._set

    def assume_everything(self, channel_id: int) -> None:
        """Hear everything in a place from now on; `change` is to store that."""
        self._assumed.add(channel_id)

    async def change(self, place: PlaceKey, mode: ListenMode) -> None:
        """Set the mode of a place.

        Raises:
            StoreError: It could not be stored, and is as it was.
        """
        await self._places.alter_settings(
            place, lambda settings: replace(settings, listen_mode=mode)
        )
        self._set[place.channel_id] = mode
        self._assumed.discard(place.channel_id)
