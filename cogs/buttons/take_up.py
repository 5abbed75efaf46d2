"""The buttons *Continue* and *Try again* under an answer that ended without being whole."""

import discord

from answering.worker import Answering
from cogs.buttons.dispatch import turn_button
from cogs.command_tree import too_fast
from cogs.permissions.access import Access, day_of, who_is
from cogs.permissions.ownership import may_steer_answer
from cogs.permissions.rate_limit import Cooldown
from conversation.entities import Shown
from conversation.ports import Now, Store
from delivery.interactions import acknowledge, follow_up
from rendering.buttons import Button
from rendering.wording.english import Notice, say


class TakingUp:
    """Has ended answers gone on with, or asked again, for those who may.

    Args:
        access: Who may ask at all, and how often a day.
        cooldown: How fast; a click is one more question.
        store: Knows the answers.
        answering: Asks.
        now: The wall clock.
    """

    def __init__(
        self, access: Access, cooldown: Cooldown, store: Store, answering: Answering, now: Now
    ) -> None:
        self._access = access
        self._cooldown = cooldown
        self._store = store
        self._answering = answering
        self._now = now
        self.buttons = (
            turn_button(Button.CONTINUE, self.go_on),
            turn_button(Button.AGAIN, self.ask_again),
        )
        """To be registered with the client, so that clicks come here also after a restart."""

    async def go_on(self, interaction: discord.Interaction, turn_id: int) -> None:
        """Have the model go on with an answer, in further messages."""
        await self._take_up(interaction, turn_id, goes_on=True)

    async def ask_again(self, interaction: discord.Interaction, turn_id: int) -> None:
        """Have the question asked again; the new answer comes in the same messages."""
        await self._take_up(interaction, turn_id, goes_on=False)

    async def _take_up(
        self, interaction: discord.Interaction, turn_id: int, *, goes_on: bool
    ) -> None:
        """Do it, or tell that person alone why not; Discord is answered at once."""
        await acknowledge(interaction)
        shown = await self._store.shown_turn(turn_id)
        if shown is None:
            await follow_up(interaction, Notice.GONE_ON)
            return
        refusal = await self._refusal(interaction, shown)
        if refusal is None:
            person_id = interaction.user.id
            has_begun = await self._answering.take_up(
                shown.conversation.id, turn_id, goes_on=goes_on, presser_id=person_id
            )
            refusal = None if has_begun else Notice.GONE_ON
        if refusal is not None:
            await follow_up(interaction, refusal)

    async def _refusal(self, interaction: discord.Interaction, shown: Shown) -> str | None:
        """Give the reason why somebody may not have an answer taken up; None if they may."""
        refusal = self._access.refusal(who_is(interaction.user, interaction.channel))
        refusal = refusal or too_fast(interaction, self._cooldown)
        if refusal is not None:
            return refusal
        if not may_steer_answer(interaction, shown.conversation, shown.asker_ids):
            return Notice.NOT_YOURS
        if not await self._is_newest(shown):
            return Notice.GONE_ON
        if self._answering.is_closing:
            return Notice.RESTARTING
        return await self._quota_spent(interaction.user.id)

    async def _is_newest(self, shown: Shown) -> bool:
        """Tell whether an answer has ended, and is the last thing said where it is shown."""
        conversation, turn = shown.conversation, shown.turn
        if turn.outcome is None or conversation.head_turn_id != turn.id:
            return False
        if conversation.place.is_channel:
            return True
        current = await self._store.current_conversation(conversation.place.channel_id)
        return current is not None and current.id == conversation.id

    async def _quota_spent(self, person_id: int) -> str | None:
        limit = self._access.turns_per_day
        began_at, ends_at = day_of(self._now())
        if limit is None or await self._store.used(person_id, began_at) < limit:
            return None
        when = discord.utils.format_dt(ends_at, "R")
        return say(Notice.QUOTA_SPENT, limit=limit, when=when)
