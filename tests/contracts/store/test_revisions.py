"""Random calls of the ports against a plain model: revisions, and that a message is answered once.

What holds after every call: no reply shows more than is wanted, every reply that is behind with an
answer that has ended is named by `behind` and no other is, a message is in at most one question,
and each conversation has at most one answer to be given.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conversation.entities import ClickVerdict, Outcome, PlaceKey, TurnResult, Verdict
from storage.sqlite.store import Store
from tests.contracts.store.steps import CHANNEL, DIRECT, THREAD, begun, press, receive, said
from tests.storage.opened import MORNING, Clock, Opener

_Result = TypeVar("_Result")

PLACES = (THREAD, DIRECT, CHANNEL)
ENDS = [Outcome.COMPLETE, Outcome.TRUNCATED, Outcome.FAILED, Outcome.STOPPED]


@dataclass
class Reply:
    """What the model knows of a reply."""

    conversation_id: int
    turn_id: int
    has_ended: bool = False
    wanted_rev: int = 1
    shown_rev: int = 0

    @property
    def is_behind(self) -> bool:
        """Whether it is to be brought up to date."""
        return self.has_ended and self.shown_rev < self.wanted_rev


class Revisions(RuleBasedStateMachine):
    """Calls the ports, and keeps what must come of it."""

    opener: Opener

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="bobbin-revisions-"))
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        opening = self._stack.enter_async_context(self.opener(self._folder, Clock()))
        self._store: Store = self._run(opening)
        self._next_id = 1
        self._waiting: dict[int, list[int]] = {}
        self._answered: set[int] = set()
        self._replies: dict[int, Reply] = {}

    def teardown(self) -> None:
        """Close the store."""
        self._run(self._stack.aclose())
        self._loop.close()
        shutil.rmtree(self._folder)

    def _run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return self._loop.run_until_complete(work)

    @rule(place=st.sampled_from(PLACES))
    def receive(self, place: PlaceKey) -> None:
        """Somebody says something new."""
        message_id, self._next_id = self._next_id, self._next_id + 1
        receipt = self._run(receive(self._store, said(message_id, place=place), queue=99))
        assert receipt.verdict is Verdict.ACCEPTED
        self._waiting.setdefault(receipt.conversation_id, []).append(message_id)

    @precondition(lambda self: self._next_id > 1)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Discord repeats a message."""
        message_id = data.draw(st.integers(1, self._next_id - 1))
        receipt = self._run(receive(self._store, said(message_id), queue=99))
        assert receipt.verdict is Verdict.REPEATED

    @precondition(lambda self: self._conversations())
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Something is to be answered, or nothing is."""
        conversation_id = data.draw(st.sampled_from(self._conversations()))
        exchange = self._run(begun(self._store, conversation_id))
        pending = [it for it in self._replies.values() if self._is_pending(it, conversation_id)]
        waiting = self._waiting.get(conversation_id, [])
        if pending:
            assert exchange is not None
            assert exchange.turn.id == pending[0].turn_id
            return
        assert (exchange is not None) == bool(waiting)
        if exchange is None:
            return
        answered = [one.message_id for one in exchange.inbounds]
        assert answered == waiting
        assert self._answered.isdisjoint(answered)
        self._answered.update(answered)
        self._waiting[conversation_id] = []
        for reply_id in exchange.touched_replies:
            self._replies[reply_id].wanted_rev += 1
        self._replies[exchange.reply.reply_id] = Reply(conversation_id, exchange.turn.id)

    @precondition(lambda self: self._streaming())
    @rule(data=st.data(), outcome=st.sampled_from(ENDS))
    def finish(self, data: st.DataObject, outcome: Outcome) -> None:
        """An answer ends."""
        reply = self._replies[data.draw(st.sampled_from(self._streaming()))]
        result = TurnResult("hi", outcome)
        ending = self._run(self._store.turns.finish(reply.turn_id, result))
        reply.has_ended, reply.wanted_rev = True, reply.wanted_rev + 1
        assert ending.revision == reply.wanted_rev

    @precondition(lambda self: self._replies)
    @rule(data=st.data(), behind_by=st.integers(0, 2))
    def show(self, data: st.DataObject, behind_by: int) -> None:
        """Discord shows a revision, maybe not the latest."""
        reply_id = data.draw(st.sampled_from(sorted(self._replies)))
        reply = self._replies[reply_id]
        revision = max(0, reply.wanted_rev - behind_by)
        is_wanted = self._run(self._store.replies.record_shown(reply_id, revision, []))
        assert is_wanted == (revision == reply.wanted_rev)
        reply.shown_rev = max(reply.shown_rev, revision)

    @precondition(lambda self: self._replies)
    @rule(data=st.data(), goes_on=st.booleans())
    def click(self, data: st.DataObject, *, goes_on: bool) -> None:
        """Somebody clicks under an answer."""
        reply_id = data.draw(st.sampled_from(sorted(self._replies)))
        reply, turns = self._replies[reply_id], self._store.turns
        former = self._run(self._store.replies.state(reply_id))
        assert former is not None
        may = reply.has_ended and former.is_newest
        click = press(reply.turn_id)
        work = turns.continue_answer(click, "go on") if goes_on else turns.answer_again(click)
        assert (self._run(work) is ClickVerdict.TAKEN) == may
        if not may:
            return
        exchange = self._run(begun(self._store, reply.conversation_id))
        assert exchange is not None
        if goes_on:
            reply.wanted_rev += former.turn.outcome not in {Outcome.COMPLETE, Outcome.STOPPED}
            made = Reply(reply.conversation_id, exchange.turn.id)
            self._replies[exchange.reply.reply_id] = made
        else:
            assert exchange.reply.reply_id == reply_id
            reply.turn_id, reply.has_ended = exchange.turn.id, False
            reply.wanted_rev += 1

    @rule()
    def start(self) -> None:
        """The bot was killed, and starts again: every answer that streamed has a sibling."""
        streaming = self._streaming()
        assert self._run(self._store.turns.resume(MORNING, 1000)) == len(streaming)
        for reply_id in streaming:
            state = self._run(self._store.replies.state(reply_id))
            reply = self._replies[reply_id]
            assert state is not None
            assert state.turn.id != reply.turn_id
            reply.turn_id, reply.wanted_rev = state.turn.id, reply.wanted_rev + 1

    @rule(place=st.sampled_from([THREAD, DIRECT]))
    def reset(self, place: PlaceKey) -> None:
        """Somebody begins afresh."""
        former = self._run(self._store.places.current_conversation(place.channel_id))
        fresh = self._run(self._store.places.reset(place)).conversation
        if former is None:
            return
        moved = self._waiting.pop(former.id, [])
        self._waiting[fresh.id] = moved
        for reply in self._replies.values():
            reply.wanted_rev += reply.turn_id == former.head_turn_id

    @invariant()
    def revisions_agree(self) -> None:
        """Every reply is as the model has it, and shows no more than is wanted."""
        for reply_id, reply in self._replies.items():
            state = self._run(self._store.replies.state(reply_id))
            assert state is not None
            assert (state.shown_rev, state.wanted_rev) == (reply.shown_rev, reply.wanted_rev)
            assert state.shown_rev <= state.wanted_rev
            assert state.turn.id == reply.turn_id

    @invariant()
    def every_raise_is_seen(self) -> None:
        """`behind` names all that is to be brought up to date, and nothing else."""
        found = self._run(self._store.replies.behind(limit=1000))
        expected = [reply_id for reply_id, it in sorted(self._replies.items()) if it.is_behind]
        assert [one.reply_id for one in found] == expected

    @invariant()
    def all_work_is_known(self) -> None:
        """Conversations with work are those in which something waits or was begun."""
        work = self._run(self._store.turns.conversations_with_work())
        waiting = {conversation_id for conversation_id, ids in self._waiting.items() if ids}
        pending = {self._replies[reply_id].conversation_id for reply_id in self._streaming()}
        assert sorted(work) == sorted(waiting | pending)

    def _conversations(self) -> list[int]:
        return sorted({*self._waiting, *(it.conversation_id for it in self._replies.values())})

    def _streaming(self) -> list[int]:
        return sorted(key for key, it in self._replies.items() if not it.has_ended)

    @staticmethod
    def _is_pending(reply: Reply, conversation_id: int) -> bool:
        return reply.conversation_id == conversation_id and not reply.has_ended


@pytest.mark.timeout(180)
def test_revisions_hold_whatever_is_called(opener: Opener) -> None:
    """After any sequence of calls the invariants of queue, turns and replies hold."""
    machine = type("OpenedRevisions", (Revisions,), {"opener": staticmethod(opener)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.generate],  # to make an example small takes minutes: each opens a store
        ),
    )
