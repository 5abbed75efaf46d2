"""Any server with OpenAI's `chat/completions` as a provider."""

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

import aiohttp

from conversation.events import StreamEvent
from conversation.ports.provider import Bound, ModelInfo, ParameterBounds, Request
from upstream.errors import UpstreamError
from upstream.openai.client import Client
from upstream.openai.error_objects import RequestRefusedError
from upstream.openai.request_body import RequestShape, request_body
from upstream.parameters import nearest_allowed
from upstream.wire.deadlines import Limits
from upstream.wire.retrying import with_retries

log = logging.getLogger(__name__)

BOUNDS: Final = ParameterBounds(
    temperature=Bound(0.0, 2.0),
    top_p=Bound(0.0, 1.0),
    max_tokens=Bound(1, 1_000_000, 1),
)
"""OpenAI's API reference; a server with narrower bounds says so when it is asked."""


class OpenAICompatible:
    """OpenAI, OpenRouter, Ollama, llama.cpp, vLLM, LM Studio, LiteLLM and their like.

    Such a server remembers nothing: every request holds the whole history, and there is no resume
    state. One instance serves all conversations at once.

    Args:
        session: For all requests; closed by who made it.
        name: Of the provider, lower case and without a slash.
        base_url: Including `/v1`, such as `http://127.0.0.1:11434/v1`.
        api_key: Sent as a bearer token where there is one.
        models: The names to offer; without any, those that the server lists.
        headers: Sent with every request, over ours of the same name.
        parameters: More members of every request's body; what a person set overrides them.
        limits: Of each answer, and of the list of models.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        name: str,
        base_url: str,
        *,
        api_key: str | None = None,
        models: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, object] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._name = name
        self._limits = limits or Limits()
        authorization = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        sent_headers = {**authorization, **(headers or {})}
        self._client = Client(session, base_url, sent_headers, self._limits)
        self._parameters = dict(parameters or {})
        self._is_configured = bool(models)
        self._models = tuple(ModelInfo(model) for model in models)
        self._is_listed = self._is_configured
        self._shapes: dict[str, RequestShape] = {}

    @property
    def name(self) -> str:
        """The name it was given."""
        return self._name

    @property
    def bounds(self) -> ParameterBounds:
        """OpenAI's own; `max_tokens` has no upper limit but the model's."""
        return BOUNDS

    @property
    def is_listed(self) -> bool:
        """Whether the owner or the server has said what is offered."""
        return self._is_listed

    @property
    def known_models(self) -> tuple[ModelInfo, ...]:
        """The models that are offered, as far as is known without asking."""
        return self._models

    async def models(self) -> tuple[ModelInfo, ...]:
        """Ask for the list unless the owner gave one; return the last known one if that fails."""
        if self._is_configured:
            return self._models
        try:
            self._models = await self._client.list_models()
        except UpstreamError as error:
            log.warning("%s does not list its models: %s", self._name, error)
        else:
            self._is_listed = True
        return self._models

    def stream(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Ask; see the port."""
        return with_retries(lambda: self._attempt(request), self._limits)

    async def _attempt(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Ask, with simpler bodies while the server refuses their shape; keep what works.

        Once an answer has begun it is not asked for again.
        """
        parameters = nearest_allowed(request.parameters, BOUNDS)
        shape = self._shapes.get(request.model, RequestShape())
        has_begun = False
        while True:
            body = request_body(request, parameters, shape, self._parameters)
            try:
                async with self._client.asked(body) as events:
                    async for event in events:
                        if not has_begun:
                            has_begun = True
                            self._shapes[request.model] = shape
                        yield event
            except RequestRefusedError as error:
                simpler = None if has_begun else shape.simpler(error)
                if simpler is None:
                    raise
                shape = simpler
            else:
                return
