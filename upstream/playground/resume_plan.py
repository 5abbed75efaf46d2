"""Which thread of the Playground a question goes on in, and what has to be told there.

An anonymous thread lives 24 hours from its first message, however busy it is, and is its user's
alone. All that is needed to go on from an answer is in that answer's resume state.
"""

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from conversation.entities import ResumeState
from conversation.ports import Request
from upstream.playground.history_folding import fold

THREAD_LIFE = timedelta(hours=24)
SAFETY_MARGIN = timedelta(minutes=10)
"""Taken off the thread's life, so that it does not expire between the check and the answer."""


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """What is sent as the new message, under which parent and as whom."""

    content: str = field(repr=False)
    user: str = field(repr=False)
    """The anonymous user id: random, and a secret."""
    system_digest: str
    expires_at: datetime
    parent: str | None = None
    """None begins a thread."""

    def resume(self, provider: str, *, root: str, answer: str) -> ResumeState:
        """Make the state to go on from the answer with this id, in the thread with this root."""
        return ResumeState(
            provider,
            {"parent": answer, "root": root, "user": self.user, "system": self.system_digest},
            self.expires_at,
        )


def plan_thread(provider: str, request: Request, now: datetime) -> ThreadPlan:
    """Go on from the nearest answer that can be gone on from; what came after it is folded in."""
    digest = _digest(request.system_prompt)
    for index in range(len(request.entries) - 1, -1, -1):
        state = request.entries[index].resume
        if state is not None and _is_usable(state, provider, digest, now):
            return ThreadPlan(
                content=fold(request.entries[index + 1 :]),
                user=state.data["user"],
                system_digest=digest,
                expires_at=state.expires_at or now,
                parent=state.data["parent"],
            )
    return plan_new_thread(request, now)


def plan_new_thread(request: Request, now: datetime) -> ThreadPlan:
    """Begin a thread as a new user, with the system prompt and the whole history folded in."""
    return ThreadPlan(
        content=fold(request.entries, system_prompt=request.system_prompt),
        user=str(uuid.uuid4()),
        system_digest=_digest(request.system_prompt),
        expires_at=now + THREAD_LIFE - SAFETY_MARGIN,
    )


def _is_usable(state: ResumeState, provider: str, digest: str, now: datetime) -> bool:
    return (
        state.provider == provider
        and state.data.get("system") == digest
        and bool(state.data.get("parent"))
        and bool(state.data.get("user"))
        and (state.expires_at is not None and now < state.expires_at)
    )


def _digest(system_prompt: str) -> str:
    """Tell system prompts apart without storing them once more."""
    return hashlib.sha256(system_prompt.strip().encode("utf-8", "replace")).hexdigest()[:32]
