"""The Ai2 Playground as a provider, in either of its dialects."""

import logging
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Literal

import aiohttp

from conversation.entities import FailureReason, Outcome, Parameters
from conversation.events import Finished, StreamEvent
from conversation.ports.clock import Now
from conversation.ports.provider import ModelInfo, ParameterBounds, Request
from upstream.errors import ResumeLostError, UpstreamError
from upstream.parameters import nearest_allowed
from upstream.playground.answer_reader import AnswerReader
from upstream.playground.client import Client, Fields
from upstream.playground.dialects.dialect import Dialect
from upstream.playground.dialects.m25 import M25
from upstream.playground.dialects.t26 import T26
from upstream.playground.documented_models import BOUNDS, DEFAULT_HOST
from upstream.playground.model_list import documented_models
from upstream.playground.resume_plan import ResumePlan, plan_anew, plan_resume
from upstream.wire.deadlines import Limits
from upstream.wire.retrying import with_retries

log = logging.getLogger(__name__)


class Playground:
    """The Playground, which remembers a conversation and is continued where that is possible.

    It accepts no system prompt from anonymous users, so that one is sent as the beginning of the
    first message. The resume state holds the anonymous user id; what the service has forgotten is
    begun anew, with the history folded into one message. One instance serves all conversations.

    Args:
        session: For all requests; closed by who made it.
        base_url: Without a path, such as `https://olmo-api.allen.ai`.
        dialect: `m25` for `/v4/message/stream`, `t26` for `/v4/threads/`.
        host: Sent with every message; None sends the one that the list of models names.
        private: Sent with every message; the service keeps anonymous conversations private anyway.
        limits: Of each answer, and of the list of models.
        now: The wall clock, by which resume states expire.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        *,
        dialect: Literal["m25", "t26"] = "m25",
        host: str | None = None,
        private: bool = True,
        limits: Limits | None = None,
        now: Now,
    ) -> None:
        self._limits = limits or Limits()
        self._dialect: Dialect = M25() if dialect == "m25" else T26()
        self._client = Client(session, base_url, self._dialect, self._limits)
        self._host = host or None
        self._private = private
        self._now = now
        self._models = {model.info.name: model for model in documented_models()}
        self._is_listed = False
        self._has_asked_for_list = False

    @property
    def name(self) -> str:
        """`allenai`."""
        return "allenai"

    @property
    def bounds(self) -> ParameterBounds:
        """The service's; a model with narrower ones is sent the nearest values within those."""
        return BOUNDS

    @property
    def is_listed(self) -> bool:
        """Whether the service itself has said what it offers."""
        return self._is_listed

    @property
    def known_models(self) -> tuple[ModelInfo, ...]:
        """The models that are offered, as far as is known without asking."""
        return tuple(model.info for model in self._models.values() if model.is_offered)

    async def models(self) -> tuple[ModelInfo, ...]:
        """Ask for the list and keep it with its hosts; return the last known one if that fails."""
        try:
            listed = await self._client.list_models()
        except UpstreamError as error:
            log.warning("%s does not list its models: %s", self.name, error)
        else:
            self._models = {model.info.name: model for model in listed}
            self._is_listed = True
        self._has_asked_for_list = True
        return self.known_models

    def stream(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Ask; see the port. A conversation that the service has lost is begun anew there."""
        question = _Question(plan_resume(self.name, request, self._now()))
        return with_retries(lambda: self._attempt(request, question), self._limits)

    async def _attempt(
        self, request: Request, question: "_Question"
    ) -> AsyncGenerator[StreamEvent, None]:
        reader = AnswerReader()
        async with AsyncExitStack() as stack:
            async for event in await self._send(request, question, reader, stack):
                yield event
        reader.check()
        resume = question.plan.resume(self.name, root=reader.root_id, answer=reader.answer_id)
        yield Finished(
            Outcome.COMPLETE,
            resume=resume if reader.answer_id else None,
            text=reader.corrected_text(),
        )

    async def _send(
        self, request: Request, question: "_Question", reader: AnswerReader, stack: AsyncExitStack
    ) -> AsyncGenerator[StreamEvent, None]:
        """Send as planned, and once more where the resume state or the host is no longer valid.

        Returns the stream of the answer's deltas; the stack closes it.
        """
        host = await self._host_of(request.model)
        try:
            return await stack.enter_async_context(
                self._asked(request, question.plan, host, reader)
            )
        except ResumeLostError:
            log.debug("the resume state is lost; the conversation is begun anew")
            question.plan = plan_anew(request, self._now())
        except UpstreamError as error:
            moved_to = await self._moved_to(request.model, host, error)
            if moved_to is None:
                raise
            host = moved_to
        return await stack.enter_async_context(self._asked(request, question.plan, host, reader))

    def _asked(
        self, request: Request, plan: ResumePlan, host: str | None, reader: AnswerReader
    ) -> AbstractAsyncContextManager[AsyncGenerator[StreamEvent, None]]:
        return self._client.asked(plan.user, self._fields(request, plan, host), reader)

    async def _moved_to(self, model: str, host: str | None, error: UpstreamError) -> str | None:
        """Return the new host of a model that is unknown at this one, or None; asks for the list.

        The service refuses a model at the wrong host before it checks anything else.
        """
        is_unknown = error.failure.reason is FailureReason.UNKNOWN_MODEL
        if not is_unknown or self._host is not None or not self._dialect.needs_host:
            return None
        await self.models()
        listed = await self._host_of(model)
        return None if listed == host else listed

    async def _host_of(self, model: str) -> str | None:
        """Return the host to send with a model; asks for the list if nobody has yet."""
        if self._host is not None or not self._dialect.needs_host:
            return self._host
        if not self._has_asked_for_list:
            await self.models()
        listed = self._models.get(model)
        return (listed.host if listed else "") or DEFAULT_HOST

    def _fields(self, request: Request, plan: ResumePlan, host: str | None) -> Fields:
        parameters = self._parameters(request, has_parent=plan.parent is not None)
        return {
            "content": plan.content,
            "model": request.model,
            "host": host,
            "parent": plan.parent,
            "private": "true" if self._private else "false",
            "temperature": _written(parameters.temperature),
            "top_p": _written(parameters.top_p),
            "max_tokens": _written(parameters.max_tokens),
        }

    def _parameters(self, request: Request, *, has_parent: bool) -> Parameters:
        """Return the parameters to send.

        Where options are inherited, one that is not sent would be the parent's: a parameter that
        was set back to its default is sent as that default.
        """
        model = self._models.get(request.model)
        asked = nearest_allowed(request.parameters, model.bounds if model else BOUNDS)
        if model is None or not (has_parent and self._dialect.inherits_options):
            return asked
        usual = model.defaults
        return Parameters(
            temperature=usual.temperature if asked.temperature is None else asked.temperature,
            top_p=usual.top_p if asked.top_p is None else asked.top_p,
            max_tokens=usual.max_tokens if asked.max_tokens is None else asked.max_tokens,
        )


class _Question:
    """What one attempt leaves for the next: a resume state that is lost stays lost."""

    def __init__(self, plan: ResumePlan) -> None:
        self.plan = plan


def _written(value: float | None) -> str | None:
    return None if value is None else f"{value:.12g}"
