"""Knows, without I/O, which places are listened to without being mentioned."""

from dataclasses import replace

import discord

from conversation.entities import Attention, PlaceKey
from conversation.ports import Store


class Attentions:
    """The stored attention of places, kept in memory so that a message is judged without I/O.

    Args:
        store: Where they are kept; this class alone changes them there.
        own_id: The bot's id: a thread that it opened has its attention.
    """

    def __init__(self, store: Store, own_id: int) -> None:
        self._store = store
        self._own_id = own_id
        self._set: dict[int, Attention] = {}

    async def load(self) -> None:
        """Read what is stored."""
        self._set = dict(await self._store.attentions())

    def of(self, channel: object) -> Attention:
        """Give the attention of a channel: what was set, else by who opened the thread."""
        channel_id = getattr(channel, "id", 0)
        if channel_id in self._set:
            return self._set[channel_id]
        is_own = isinstance(channel, discord.Thread) and channel.owner_id == self._own_id
        return Attention.EVERYTHING if is_own else Attention.MENTIONS

    def is_set(self, channel_id: int) -> bool:
        """Tell whether the attention of a channel was set."""
        return channel_id in self._set

    def listen_to(self, channel_id: int) -> None:
        """Listen to a place from this instant on; `change` is to follow, which stores it."""
        self._set[channel_id] = Attention.EVERYTHING

    async def change(self, place: PlaceKey, attention: Attention) -> None:
        """Set the attention of a place."""
        await self._store.alter_settings(
            place, lambda settings: replace(settings, attention=attention)
        )
        self._set[place.channel_id] = attention
