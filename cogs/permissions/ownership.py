"""What people may do to a conversation that runs or exists: finding it, and checking who may."""

import discord

from cogs.messages.listener import place_of
from cogs.permissions.access import may_steer, who_is
from conversation.entities import Conversation, PlaceKey
from conversation.ports import Store
from rendering.wording.english import Notice


class Steering:
    """Checks again, at each command and click, whether a person may do that.

    Args:
        store: Knows who was answered and who began.
        own_id: The bot's id.
    """

    def __init__(self, store: Store, own_id: int) -> None:
        self._store = store
        self._own_id = own_id

    async def refusal(self, interaction: discord.Interaction) -> Notice | None:
        """Give the reason why somebody may not change this place; None if they may.

        The person answered last, who began the conversation or its thread, and whoever may
        manage messages may; in direct messages that is everybody there is.
        """
        owners = await self._owners(interaction.channel)
        if may_steer(who_is(interaction.user, interaction.channel), owners):
            return None
        return Notice.NOT_YOURS

    async def _owners(self, channel: object) -> frozenset[int]:
        owners: set[int] = set()
        if isinstance(channel, discord.Thread):
            owners.add(channel.owner_id)
        conversation = await self._store.current_conversation(int(getattr(channel, "id", 0)))
        if conversation is not None:
            if conversation.starter_id is not None:
                owners.add(conversation.starter_id)
            if conversation.head_turn_id is not None:
                shown = await self._store.shown_turn(conversation.head_turn_id)
                owners |= shown.asker_ids if shown is not None else frozenset()
        return frozenset(owners - {self._own_id})


def may_steer_answer(
    interaction: discord.Interaction, conversation: Conversation, asker_ids: frozenset[int]
) -> bool:
    """Tell whether somebody may stop an answer, or have it taken up.

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
    return may_steer(who_is(interaction.user, interaction.channel), owners)


def place_at(interaction: discord.Interaction) -> PlaceKey:
    """Name the place in which a command was given."""
    return place_of(interaction.channel, interaction.guild)
