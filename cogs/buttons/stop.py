"""The button *Stop* under an answer that streams."""

import discord

from answering.reconciler import Reconciler
from answering.running import RunningAnswers
from cogs.permissions.ownership import may_change_answer
from conversation.entities import Shown
from conversation.ports.turns import TurnStore
from conversation.service import ConversationService
from delivery.interactions import acknowledge, answered_once, respond
from rendering.wording.sentences import Sentence


class StopButton:
    """Stops an answer for those who may.

    Args:
        running: The answers that stream now.
        turns: Knows those that are still to be asked for again, after a start.
        service: Ends one of those.
        reconciler: Shows that it has ended.
    """

    def __init__(
        self,
        running: RunningAnswers,
        turns: TurnStore,
        service: ConversationService,
        reconciler: Reconciler,
    ) -> None:
        self._running = running
        self._turns = turns
        self._service = service
        self._reconciler = reconciler

    async def pressed(self, interaction: discord.Interaction, turn_id: int) -> None:
        """Stop the answer under whose button somebody clicked, or the one that replaces it."""
        answer = self._running.of_turn(turn_id)
        newest = None if answer is not None else await self._turns.newest_sibling(turn_id)
        if newest is not None:
            answer = self._running.of_turn(newest.turn.id)
        if answer is not None:
            if may_change_answer(interaction, answer.conversation, answer.asker_ids):
                answer.stop.set(interaction.user.id)
                await acknowledge(interaction)
            else:
                await respond(interaction, Sentence.NOT_YOURS)
        elif newest is not None and newest.turn.outcome is None:
            await self._stop_early(interaction, newest)
        elif newest is not None:
            await acknowledge(interaction)
            self._reconciler.refresh([newest.reply_id])
            await respond(interaction, Sentence.STOP_ENDED)
        else:
            with answered_once(interaction):
                await interaction.response.edit_message(view=None)
            await respond(interaction, Sentence.STOP_ENDED)

    async def _stop_early(self, interaction: discord.Interaction, shown: Shown) -> None:
        """End an answer that a start has not begun again yet."""
        if not may_change_answer(interaction, shown.conversation, shown.asker_ids):
            await respond(interaction, Sentence.NOT_YOURS)
            return
        await acknowledge(interaction)
        await self._service.stop_before_it_begins(shown.turn.id)
        self._reconciler.refresh([shown.reply_id])
