"""Who may change a conversation: those it answers, who began it, and who may manage messages."""

from collections.abc import Collection

import discord

from cogs.permissions.access import Who, who_is
from conversation.entities import Conversation
from conversation.ports.places import PlaceStore
from conversation.ports.turns import TurnStore


class Ownership:
    """Checks again, at each command, whether a person may do that.

    Args:
        places: Knows who began.
        turns: Knows who was answered.
        own_id: The bot's id.
    """

    def __init__(self, places: PlaceStore, turns: TurnStore, own_id: int) -> None:
        self._places = places
        self._turns = turns
        self._own_id = own_id

    async def may_change(self, interaction: discord.Interaction) -> bool:
        """Return whether somebody may change this place.

        The person answered last, who began the conversation or its thread, and whoever may
        manage messages may; in direct messages that is everybody there is.

        Raises:
            StoreError: Whose it is could not be read.
        """
        owners = await self._owners(interaction.channel)
        return may_change(who_is(interaction.user, interaction.channel), owners)

    async def _owners(self, channel: object) -> frozenset[int]:
        owners: set[int] = set()
        if isinstance(channel, discord.Thread):
            owners.add(channel.owner_id)
        conversation = await self._places.current_conversation(int(getattr(channel, "id", 0)))
        if conversation is not None:
            if conversation.starter_id is not None:
                owners.add(conversation.starter_id)
            if conversation.head_turn_id is not None:
                shown = await self._turns.shown_turn(conversation.head_turn_id)
                owners |= shown.asker_ids if shown is not None else frozenset()
        return frozenset(owners - {self._own_id})


def may_change(who: Who, owner_ids: Collection[int]) -> bool:
    """Return whether somebody may stop, reset or change a conversation.

    Args:
        who: The person.
        owner_ids: The people answered in it and who started it.
    """
    return who.guild_id is None or who.may_manage_messages or who.user_id in owner_ids


def may_change_answer(
    interaction: discord.Interaction, conversation: Conversation, asker_ids: frozenset[int]
) -> bool:
    """Return whether somebody may stop an answer, or have it asked again or gone on with.

    The people it answers, who began the conversation or its thread, and whoever may manage
    messages may: where it is shown, for a right in one place is none in another.
    """
    if not conversation.is_at(interaction.channel_id):
        return False
    owners = set(asker_ids)
    if conversation.starter_id is not None:
        owners.add(conversation.starter_id)
    is_thread = interaction.channel_id == conversation.place.channel_id
    if is_thread and isinstance(interaction.channel, discord.Thread):
        owners.add(interaction.channel.owner_id)
    return may_change(who_is(interaction.user, interaction.channel), owners)
