"""From which answer the Playground can continue, and what the new message has to repeat.

The service keeps an anonymous conversation for 24 hours from its first message, however busy it
is, and for its anonymous user only. All that is needed to continue from an answer is in that
answer's resume state.
"""

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from conversation.entities import ResumeState
from conversation.ports.provider import Request
from upstream.playground.history_folding import fold

LIFETIME = timedelta(hours=24)
SAFETY_MARGIN = timedelta(minutes=10)
"""Taken off the lifetime, so that nothing expires between the check and the answer."""


@dataclass(frozen=True, slots=True)
class ResumePlan:
    """What is sent as the new message, under which parent and as whom."""

    content: str = field(repr=False)
    user: str = field(repr=False)
    """The anonymous user id: random, and a secret."""
    system_digest: str
    expires_at: datetime
    parent: str | None = None
    """The id of the answer to continue from; None begins anew."""

    def resume(self, provider: str, *, root: str, answer: str) -> ResumeState:
        """Return the state to continue from the answer with this id, under this root."""
        return ResumeState(
            provider,
            {"parent": answer, "root": root, "user": self.user, "system": self.system_digest},
            self.expires_at,
        )


def plan_resume(provider: str, request: Request, now: datetime) -> ResumePlan:
    """Continue from the newest answer with a usable state; fold in the entries after it."""
    digest = _digest(request.system_prompt)
    for index in range(len(request.entries) - 1, -1, -1):
        state = request.entries[index].resume
        if state is not None and _is_usable(state, provider, digest, now):
            return ResumePlan(
                content=fold(request.entries[index + 1 :]),
                user=state.data["user"],
                system_digest=digest,
                expires_at=state.expires_at or now,
                parent=state.data["parent"],
            )
    return plan_anew(request, now)


def plan_anew(request: Request, now: datetime) -> ResumePlan:
    """Begin anew as another user, with the system prompt and the whole history folded in."""
    return ResumePlan(
        content=fold(request.entries, system_prompt=request.system_prompt),
        user=str(uuid.uuid4()),
        system_digest=_digest(request.system_prompt),
        expires_at=now + LIFETIME - SAFETY_MARGIN,
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
    """Return a digest that tells system prompts apart, so that none is stored twice."""
    return hashlib.sha256(system_prompt.strip().encode("utf-8", "replace")).hexdigest()[:32]
