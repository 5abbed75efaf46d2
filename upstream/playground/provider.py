"""The Ai2 Playground as a provider, in either of its dialects."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Literal

import aiohttp

from conversation.entities import FailureReason, Outcome, Parameters
from conversation.events import Finished, StreamEvent
from conversation.ports import ModelInfo, Now, ParameterBounds, Request
from upstream.errors import ThreadLostError, UpstreamError
from upstream.parameters import allowed
from upstream.playground.chunks import PlaygroundReading
from upstream.playground.client import Dialect, Fields, PlaygroundWire
from upstream.playground.dialects.m25 import M25
from upstream.playground.dialects.t26 import T26
from upstream.playground.documented_models import PLAYGROUND_BOUNDS, PLAYGROUND_DEFAULT_HOST
from upstream.playground.model_list import documented_models
from upstream.playground.resume_plan import ThreadPlan, plan_new_thread, plan_thread
from upstream.wire.deadlines import Limits
from upstream.wire.retrying import answered

log = logging.getLogger(__name__)


class Playground:
    """The Playground: keeps threads of its own, which are gone on in where that is possible.

    It takes no system prompt of a stranger, so that it is told as the beginning of a thread. The
    resume state holds the anonymous user id; an expired or lost thread is begun anew with the
    history folded in. One instance serves all conversations at once.

    Args:
        session: For all requests; closed by who made it.
        base_url: Without a path, such as `https://olmo-api.allen.ai`.
        dialect: `m25` for `/v4/message/stream`, `t26` for `/v4/threads/`.
        host: Sent with every message; None sends the one that the list of models gives.
        private: Asked for with every message; the service keeps strangers' threads private anyway.
        limits: Of each answer, and of the list of models.
        now: The wall clock, for the expiry of threads.
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
        self._wire = PlaygroundWire(session, base_url, self._dialect, self._limits)
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
        """The service's; a model whose own are narrower gets the nearest of those."""
        return PLAYGROUND_BOUNDS

    @property
    def is_listed(self) -> bool:
        """Whether the service itself has said what it offers."""
        return self._is_listed

    @property
    def known_models(self) -> tuple[ModelInfo, ...]:
        """What is offered as far as is known without asking."""
        return tuple(model.info for model in self._models.values() if model.is_offered)

    async def models(self) -> tuple[ModelInfo, ...]:
        """Ask for the list, and remember the hosts; the last known one where it is not given."""
        try:
            listed = await self._wire.list_models()
        except UpstreamError as error:
            log.warning("%s does not list its models: %s", self.name, error)
        else:
            self._models = {model.info.name: model for model in listed}
            self._is_listed = True
        self._has_asked_for_list = True
        return self.known_models

    def stream(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Ask; see the port. A thread that is lost is begun anew without anybody noticing."""
        question = _Question(plan_thread(self.name, request, self._now()))
        return answered(lambda: self._attempt(request, question), self._limits)

    async def _attempt(
        self, request: Request, question: "_Question"
    ) -> AsyncGenerator[StreamEvent, None]:
        """Ask as planned, and once more where the thread is lost or the host was another."""
        host = await self._host_of(request.model)
        try:
            async with aclosing(self._ask(request, question.plan, host)) as events:
                async for event in events:
                    yield event
        except ThreadLostError:
            log.debug("the thread is lost; a new one is begun")
            question.plan = plan_new_thread(request, self._now())
        except UpstreamError as error:
            moved_to = await self._moved_to(request.model, host, error)
            if moved_to is None:
                raise
            host = moved_to
        else:
            return
        async with aclosing(self._ask(request, question.plan, host)) as events:
            async for event in events:
                yield event

    async def _moved_to(self, model: str, host: str | None, error: UpstreamError) -> str | None:
        """Give another host of a model that is unknown at this one, by a new list; None for none.

        The service refuses a model at the wrong host before it says anything else.
        """
        is_unknown = error.failure.reason is FailureReason.UNKNOWN_MODEL
        if not is_unknown or self._host is not None or not self._dialect.needs_host:
            return None
        await self.models()
        listed = await self._host_of(model)
        return None if listed == host else listed

    async def _host_of(self, model: str) -> str | None:
        """Give the host to send with a model; asks for the list once, if nobody did before."""
        if self._host is not None or not self._dialect.needs_host:
            return self._host
        if not self._has_asked_for_list:
            await self.models()
        listed = self._models.get(model)
        return (listed.host if listed else "") or PLAYGROUND_DEFAULT_HOST

    async def _ask(
        self, request: Request, plan: ThreadPlan, host: str | None
    ) -> AsyncGenerator[StreamEvent, None]:
        reading = PlaygroundReading()
        fields = self._fields(request, plan, host)
        async with aclosing(self._wire.ask(plan.user, fields, reading)) as events:
            async for event in events:
                yield event
        reading.check()
        resume = plan.resume(self.name, root=reading.root_id, answer=reading.answer_id)
        yield Finished(
            Outcome.COMPLETE,
            resume=resume if reading.answer_id else None,
            text=reading.last_word(),
        )

    def _fields(self, request: Request, plan: ThreadPlan, host: str | None) -> Fields:
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
        """Give what is sent; what is not would come from the parent, where options are inherited.

        So a parameter that a person has set back to its default is sent as that default.
        """
        model = self._models.get(request.model)
        asked = allowed(request.parameters, model.bounds if model else PLAYGROUND_BOUNDS)
        if model is None or not (has_parent and self._dialect.inherits_options):
            return asked
        usual = model.defaults
        return Parameters(
            temperature=usual.temperature if asked.temperature is None else asked.temperature,
            top_p=usual.top_p if asked.top_p is None else asked.top_p,
            max_tokens=usual.max_tokens if asked.max_tokens is None else asked.max_tokens,
        )


class _Question:
    """What is remembered from one attempt to the next: a lost thread stays lost."""

    def __init__(self, plan: ThreadPlan) -> None:
        self.plan = plan


def _written(value: float | None) -> str | None:
    return None if value is None else f"{value:.12g}"
