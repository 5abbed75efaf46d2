"""Any server with OpenAI's `chat/completions` as a provider."""

import logging
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Final

import aiohttp

from conversation.events import StreamEvent
from conversation.ports import Bound, ModelInfo, ParameterBounds, Request
from upstream.errors import UpstreamError, garbage_error
from upstream.model_names import MOST_MODELS, is_model_name
from upstream.openai.answer_reader import AnswerReader
from upstream.openai.error_objects import RequestRefusedError, error_from_object, find_error_object
from upstream.openai.request_body import RequestShape, request_body
from upstream.parameters import nearest_allowed
from upstream.wire.deadlines import Deadline, Limits
from upstream.wire.decoders.json_objects import (
    as_object,
    integer,
    objects,
    parse,
    parse_object,
    string,
)
from upstream.wire.decoders.server_sent_events import ServerSentEvent, ServerSentEventsDecoder
from upstream.wire.delta_merging import merge_deltas
from upstream.wire.read_pacing import ReadPacer
from upstream.wire.retrying import with_retries
from upstream.wire.status_errors import status_error
from upstream.wire.transport import (
    open_response,
    read_beginning,
    read_retry_after_s,
    read_some,
    read_whole,
)

log = logging.getLogger(__name__)

AFTER_FINISH_S: Final = 5.0
"""How long the usage is waited for after the model has finished."""
AFTER_DONE_S: Final = 0.2
"""How long the end of the body is waited for after `[DONE]`: a connection whose body was read
to its end serves the next question."""

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
        self._session = session
        self._name = name
        self._base_url = base_url.rstrip("/")
        authorization = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._headers = {**authorization, **(headers or {})}
        self._parameters = dict(parameters or {})
        self._limits = limits or Limits()
        self._is_configured = bool(models)
        self._models = tuple(ModelInfo(model) for model in models)
        self._is_listed = self._is_configured
        self._shapes: dict[str, RequestShape] = {}
        self._pacer = ReadPacer()

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
            self._models = await self._list_models()
        except UpstreamError as error:
            log.warning("%s does not list its models: %s", self._name, error)
        else:
            self._is_listed = True
        return self._models

    async def _list_models(self) -> tuple[ModelInfo, ...]:
        deadline = Deadline(self._limits)
        deadline.shorten(self._limits.list_s)
        async with open_response(
            self._session,
            "GET",
            f"{self._base_url}/models",
            headers={"Accept": "application/json", **self._headers},
            limits=self._limits,
            deadline=deadline,
        ) as response:
            if response.status != 200:
                raise status_error(response.status)
            listed = as_object(parse(await read_whole(response, deadline)))
        if not isinstance(listed.get("data"), list):
            raise garbage_error("no list of models")
        models = [
            ModelInfo(
                string(item.get("id")),
                string(item.get("name")),
                context_tokens=integer(item.get("context_length") or item.get("max_model_len")),
            )
            for item in objects(listed.get("data"))
            if is_model_name(string(item.get("id")))
        ]
        return tuple(models[:MOST_MODELS])

    def stream(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Ask; see the port."""
        return with_retries(lambda: self._attempt(request), self._limits)

    async def _attempt(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Ask, with simpler bodies while the server refuses their shape; keep what works.

        Once an answer has begun it is not asked for again.
        """
        shape = self._shapes.get(request.model, RequestShape())
        has_begun = False
        while True:
            try:
                async with aclosing(self._ask(request, shape)) as events:
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

    async def _ask(
        self, request: Request, shape: RequestShape
    ) -> AsyncGenerator[StreamEvent, None]:
        deadline = Deadline(self._limits)
        parameters = nearest_allowed(request.parameters, BOUNDS)
        async with open_response(
            self._session,
            "POST",
            f"{self._base_url}/chat/completions",
            headers={
                "Content-Type": "application/json",
                "Accept": "text/event-stream, application/json",
                **self._headers,
            },
            body=request_body(request, parameters, shape, self._parameters),
            limits=self._limits,
            deadline=deadline,
        ) as response:
            if response.status != 200:
                error = find_error_object(await read_beginning(response, deadline))
                after_s = read_retry_after_s(response.headers)
                raise error_from_object(response.status, error, retry_after_s=after_s)
            reader = AnswerReader()
            if response.content_type == "application/json":
                deltas = _read_whole(response, deadline, reader)
            else:
                deltas = _read_stream(response, deadline, reader, self._pacer)
            with self._pacer.streaming():
                async with aclosing(deltas) as events:
                    async for event in events:
                        yield event
            yield reader.finished(is_end_certain=_has_own_end(response))


async def _read_whole(
    response: aiohttp.ClientResponse, deadline: Deadline, reader: AnswerReader
) -> AsyncGenerator[StreamEvent, None]:
    """Yield the events of the one object of a server that does not stream though asked to."""
    for event in reader.take_object(parse_object(await read_whole(response, deadline))):
        yield event


async def _read_stream(
    response: aiohttp.ClientResponse, deadline: Deadline, reader: AnswerReader, pacer: ReadPacer
) -> AsyncGenerator[StreamEvent, None]:
    """Yield the deltas; once the model has finished, no cut matters."""
    decoder = ServerSentEventsDecoder()
    try:
        while data := await read_some(response, deadline):
            for event in merge_deltas(_deltas(decoder.feed(data), deadline, reader)):
                yield event
            if not reader.finish_reason:
                await pacer.pause(response)
        for event in merge_deltas(_deltas(decoder.finish(), deadline, reader)):
            yield event
    except UpstreamError as error:
        if not (reader.finish_reason or reader.is_done):
            raise
        log.debug("the stream broke off after the model had finished: %s", error)


def _deltas(
    sent: Iterable[ServerSentEvent], deadline: Deadline, reader: AnswerReader
) -> Generator[StreamEvent, None, None]:
    for each in sent:
        deadline.record_chunk()
        for event in reader.take(each):
            deadline.record_token()
            yield event
    if reader.finish_reason:
        deadline.shorten(AFTER_FINISH_S)
    if reader.is_done:
        deadline.shorten(AFTER_DONE_S)


def _has_own_end(response: aiohttp.ClientResponse) -> bool:
    """Return whether a body's end differs from a lost connection's (RFC 9112, section 6.3)."""
    coding = response.headers.get("Transfer-Encoding", "").casefold()
    return "chunked" in coding or "Content-Length" in response.headers
