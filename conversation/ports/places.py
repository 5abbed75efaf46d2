"""What is needed of the store for places: their settings, and which conversation is current."""

from collections.abc import Callable, Mapping
from typing import Protocol

from conversation.entities import Conversation, FreshStart, ListenMode, PlaceKey, PlaceSettings


class PlaceStore(Protocol):
    """Places and their conversations; see `InboundQueue` for what holds for each method."""

    async def conversation(self, conversation_id: int) -> Conversation | None:
        """Return a conversation."""
        ...

    async def current_conversation(self, channel_id: int) -> Conversation | None:
        """Return the current conversation of a thread or of direct messages; None if none is."""
        ...

    async def reset(self, place: PlaceKey) -> FreshStart:
        """Make a new, empty current conversation in a place; the former is kept.

        Its starter is the former's: who started a thread remains who started it. What waits for
        an answer waits in the new one.
        """
        ...

    async def settings(self, channel_id: int) -> PlaceSettings:
        """Return what was set for a place itself, nothing inherited."""
        ...

    async def alter_settings(
        self, place: PlaceKey, alter: Callable[[PlaceSettings], PlaceSettings]
    ) -> None:
        """Change a place's settings, from what they are; no other change comes between."""
        ...

    async def listen_modes(self) -> Mapping[int, ListenMode]:
        """Return the listen mode of every place where it is set, by channel id."""
        ...
