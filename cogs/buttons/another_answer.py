"""The buttons *Continue* and *Try again* under an answer that ended without being whole."""

from collections.abc import Awaitable, Callable

import discord

from answering.worker import Worker
from cogs.permissions.admission import Admission
from cogs.permissions.ownership import may_change_answer
from cogs.permissions.rate_limit import Act
from conversation.day import day_of
from conversation.entities import ClickVerdict, Press, Shown
from conversation.ports.clock import Now
from conversation.ports.turns import TurnStore
from conversation.service import ConversationService
from delivery.interactions import acknowledge, follow_up
from rendering.wording.fields import relative_time
from rendering.wording.sentences import Sentence, say


class AnotherAnswerButtons:
    """Has ended answers gone on with, or asked again, for those who may.

    The transaction that makes the turn decides whether it is the newest and within the quota.

    Args:
        admission: Who may ask at all, and how fast.
        turns: Knows the answers.
        service: Makes the turns.
        worker: Answers them.
        turns_per_day: How many answers a person may have a day; None for no limit.
        now: The wall clock.
    """

    def __init__(
        self,
        admission: Admission,
        turns: TurnStore,
        service: ConversationService,
        worker: Worker,
        turns_per_day: int | None,
        now: Now,
    ) -> None:
        self._admission = admission
        self._turns = turns
        self._service = service
        self._worker = worker
        self._turns_per_day = turns_per_day
        self._now = now

    async def continue_pressed(self, interaction: discord.Interaction, turn_id: int) -> None:
        """Have the model go on with an answer, in further messages."""
        await self._pressed(interaction, turn_id, self._service.continue_answer)

    async def again_pressed(self, interaction: discord.Interaction, turn_id: int) -> None:
        """Have the question asked again; the new answer comes in the same messages."""
        await self._pressed(interaction, turn_id, self._service.answer_again)

    async def _pressed(
        self,
        interaction: discord.Interaction,
        turn_id: int,
        act: Callable[[Press], Awaitable[ClickVerdict]],
    ) -> None:
        """Do it, or tell that person alone why not; Discord is answered at once."""
        await acknowledge(interaction)
        shown = await self._turns.shown_turn(turn_id)
        if shown is None:
            await follow_up(interaction, Sentence.GONE_ON)
            return
        refusal = self._refusal(interaction, shown)
        if refusal is None:
            began_at, ends_at = day_of(self._now())
            press = Press(turn_id, interaction.user.id, self._turns_per_day, began_at)
            verdict = await act(press)
            if verdict is ClickVerdict.TAKEN:
                self._worker.wake(shown.conversation.id)
                return
            when = relative_time(ends_at.timestamp())
            spent = say(Sentence.QUOTA_SPENT_CLICK, limit=self._turns_per_day, when=when)
            refusal = spent if verdict is ClickVerdict.QUOTA_SPENT else Sentence.GONE_ON
        await follow_up(interaction, refusal)

    def _refusal(self, interaction: discord.Interaction, shown: Shown) -> str | None:
        """Return the reason why somebody may not have another answer; None if they may."""
        refusal = self._admission.refusal_of(interaction, Act.CLICK)
        if refusal is not None:
            return refusal
        if not may_change_answer(interaction, shown.conversation, shown.asker_ids):
            return Sentence.NOT_YOURS
        return Sentence.RESTARTING if self._worker.is_closing else None
