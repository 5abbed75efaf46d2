"""Brings Discord to what the store wants: what is behind gets a lane, be it a reply or a notice.

It is level-triggered: what is behind is a row, so that nothing depends on anybody remembering it. A
lane is made when a transaction says that it raised a revision, at a start, when a place that
refused us has changed, and once a minute for whatever else.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable

from answering.periodic import again_and_again
from answering.store_retry import until_stored
from conversation.answer import Answer
from conversation.entities import BehindReply, ReplyState
from conversation.errors import StoreError
from conversation.ports.notices import NoticeStore
from conversation.ports.replies import ReplyStore
from conversation.store_failures import report
from delivery.courier import Courier
from delivery.discord_api import DiscordApi
from delivery.lanes import LaneEnd
from delivery.notice_lane import NoticeLane
from delivery.pacing.policy import Call
from delivery.reply_lane import ReplyLane

log = logging.getLogger(__name__)

LOOK_INTERVAL_S = 60.0
_PAUSE_S = 2.0
"""Before it is looked again where the store fails."""
_PAGE = 100
AT_ONCE = 64
"""So many replies and notices are brought up to date at once, beside the answers that stream."""
_LAST_WORDS_LIMIT_S = 0.5
"""How long what is all but done is given when the process ends."""


class Reconciler:
    """Owns the lanes of replies and notices.

    Args:
        replies: Knows which replies are behind.
        notices: Knows which notices are to be posted.
        courier: Carries the requests; not owned.
        api: Makes them.
        look_interval_s: How often it looks for what nobody told it of.
        at_once: How many replies that were found so are brought up to date at once.
    """

    def __init__(
        self,
        replies: ReplyStore,
        notices: NoticeStore,
        courier: Courier,
        api: DiscordApi,
        *,
        look_interval_s: float = LOOK_INTERVAL_S,
        at_once: int = AT_ONCE,
    ) -> None:
        self._replies = replies
        self._notices = notices
        self._courier = courier
        self._api = api
        self._look_interval_s = look_interval_s
        self._lanes: dict[int, ReplyLane] = {}
        """The replies that are being brought up to date, or whose answers stream."""
        self._notice_lanes: dict[int, NoticeLane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(at_once)
        self._closed: list[ReplyLane] = []
        """Those that were closed at the end; what Discord still takes of them is stored."""
        self._is_put_off = False
        """Whether it is looked again soon, for the store has failed meanwhile."""
        self._is_closed = False

    def open(self, state: ReplyState, answer: Answer) -> ReplyLane:
        """Make the lane of an answer that streams; it counts as one until it has ended."""
        former = self._lanes.pop(state.reply_id, None)
        if former is not None:
            former.close()
        lane = ReplyLane(self._courier, self._api, self._replies, state, answer)
        self._lanes[state.reply_id] = lane
        self._spawn(self._follow(lane), f"reply-{state.reply_id}")
        return lane

    def refresh(self, reply_ids: Iterable[int]) -> None:
        """Bring some replies up to date, which look different now."""
        for reply_id in reply_ids:
            self._spawn(self._bring_up_to_date(reply_id), f"refresh-{reply_id}")

    def refresh_conversation(self, conversation_id: int) -> None:
        """Bring the replies of a conversation up to date, some of which look different now."""
        self._spawn(self._refresh_conversation(conversation_id), f"refresh-of-{conversation_id}")

    def notify(self, notice_id: int) -> None:
        """Have a notice posted that is stored."""
        self._spawn(self._post(notice_id), f"notice-{notice_id}")

    def reopened(self, channel_id: int) -> None:
        """Try a place again that refused us: something has changed there."""
        self._courier.reopen(channel_id)
        for lane in list(self._lanes.values()):
            lane.reopen()
        self._spawn(self._look(channel_id), f"look-{channel_id}")

    async def run(self) -> None:
        """Look for whatever is behind, again and again, until cancelled."""
        await again_and_again(self._look_everywhere, self._look_interval_s, "what is behind")

    async def until_caught_up(self, conversation_id: int, reply_id: int) -> None:
        """Wait until the messages of a conversation's earlier replies are there, or cannot be.

        Raises:
            StoreError: Which they are could not be read.
        """
        behind = await self._replies.behind(conversation_id=conversation_id, limit=_PAGE)
        for one in behind:
            if one.reply_id < reply_id and not self._is_refused(one):
                await self._bring_up_to_date(one.reply_id)
                lane = self._lanes.get(one.reply_id)
                if lane is not None and lane.is_finished:
                    await lane.until_posted()

    async def close(self) -> None:
        """Wait a little for what is under way, and leave the rest to the next start."""
        self._is_closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_WORDS_LIMIT_S)
        self._closed = list(self._lanes.values())
        for lane in (*self._closed, *self._notice_lanes.values()):
            lane.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_everywhere(self) -> None:
        await self._look(None)

    async def until_saved(self) -> None:
        """Wait, once it and the courier are closed, until what Discord has taken is stored."""
        await asyncio.gather(*(lane.until_saved() for lane in self._closed))

    def _put_off(self) -> None:
        if not self._is_put_off:
            self._is_put_off = True
            self._spawn(self._look_soon(), "what was put off")

    async def _look_soon(self) -> None:
        await asyncio.sleep(_PAUSE_S)
        self._is_put_off = False
        await self._look(None)

    async def _look(self, channel_id: int | None) -> None:
        """Make lanes for all that is behind, or for what is behind in one channel."""
        after_id = 0
        while behind := await self._replies.behind(
            after_id=after_id, limit=_PAGE, channel_id=channel_id
        ):
            for one in behind:
                if one.reply_id not in self._lanes and not self._is_refused(one):
                    await self._room.acquire()
                    self._spawn(self._in_room(one.reply_id), f"behind-{one.reply_id}")
            after_id = behind[-1].reply_id
        await self._look_for_notices(channel_id)

    async def _look_for_notices(self, channel_id: int | None) -> None:
        after_id = 0
        while unposted := await self._notices.unposted(
            after_id=after_id, limit=_PAGE, channel_id=channel_id
        ):
            for one in unposted:
                if not self._courier.is_refused(Call.POST, one.channel_id):
                    self.notify(one.id)
            after_id = unposted[-1].id

    async def _in_room(self, reply_id: int) -> None:
        try:
            await self._bring_up_to_date(reply_id)
            lane = self._lanes.get(reply_id)
            if lane is not None and lane.is_finished:
                await lane.until_ended()
        finally:
            self._room.release()

    async def _refresh_conversation(self, conversation_id: int) -> None:
        behind = await self._replies.behind(conversation_id=conversation_id, limit=_PAGE)
        for one in behind:
            await self._bring_up_to_date(one.reply_id)

    async def _bring_up_to_date(self, reply_id: int) -> None:
        """Make the lane of a reply whose answer has ended, unless it has one.

        Its messages come after those of the earlier replies of its conversation.
        """
        state = await self._behind(reply_id)
        if state is None:
            return
        await self.until_caught_up(state.turn.conversation_id, reply_id)
        if state.spot is None:
            await self._replies.place(reply_id, state.home)
        state = await self._behind(reply_id)
        if state is None:
            return
        lane = ReplyLane(self._courier, self._api, self._replies, state)
        self._lanes[reply_id] = lane
        self._spawn(self._follow(lane), f"reply-{reply_id}")
        lane.show(state)

    async def _behind(self, reply_id: int) -> ReplyState | None:
        """Return a reply that is behind, its answer ended, and that has no lane."""
        if reply_id in self._lanes or self._is_closed:
            return None
        state = await self._replies.state(reply_id)
        if state is None or state.shown_rev >= state.wanted_rev or state.turn.outcome is None:
            return None
        return None if reply_id in self._lanes or self._is_closed else state

    async def _follow(self, lane: ReplyLane) -> None:
        """Store what Discord shows once a lane has ended, and look at the reply again."""
        end = await lane.until_ended()
        is_latest = True
        try:
            if end in {LaneEnd.SHOWN, LaneEnd.REFUSED}:
                is_latest = await until_stored(
                    lane.record_shown, f"reply {lane.reply_id}: that it is shown"
                )
        finally:
            if self._lanes.get(lane.reply_id) is lane:
                del self._lanes[lane.reply_id]
        if not is_latest:
            await self._bring_up_to_date(lane.reply_id)

    async def _post(self, notice_id: int) -> None:
        """Have a notice posted, unless that is under way."""
        if notice_id in self._notice_lanes or self._is_closed:
            return
        notice = await self._notices.notice(notice_id)
        if notice is None or notice_id in self._notice_lanes or self._is_closed:
            return
        lane = NoticeLane(self._courier, self._api, self._notices, notice)
        self._notice_lanes[notice_id] = lane
        try:
            lane.begin()
            end = await lane.until_ended()
            if end in {LaneEnd.SHOWN, LaneEnd.REFUSED}:
                await until_stored(
                    lambda: self._notices.record_posted(notice_id, lane.message_id),
                    f"notice {notice_id}: that it is posted",
                )
        finally:
            del self._notice_lanes[notice_id]

    def _is_refused(self, one: BehindReply) -> bool:
        channel_id = one.channel_id
        return channel_id is not None and (
            self._courier.is_refused(Call.POST, channel_id)
            or self._courier.is_refused(Call.EDIT, channel_id)
        )

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        if self._is_closed:
            work.close()
            return
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, StoreError):
            report(log, error, "%s: put off", task.get_name())
            self._put_off()
        elif error is not None:
            log.error("%s broke off", task.get_name(), exc_info=error)
