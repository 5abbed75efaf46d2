"""Any server with OpenAI's `chat/completions` as a provider."""

import logging
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Final

import aiohttp

from conversation.events import StreamEvent
from conversation.ports import Bound, ModelInfo, ParameterBounds, Request
from upstream.errors import UpstreamError, garbage
from upstream.model_names import MOST_MODELS, is_model_name
from upstream.openai.answer_reader import ChatReading
from upstream.openai.error_objects import ChatRefusalError, chat_refusal, read_error
from upstream.openai.request_body import RequestShape, request_body
from upstream.parameters import allowed
from upstream.wire.deadline_timer import Patience
from upstream.wire.deadlines import Limits
from upstream.wire.decoders.json_objects import (
    as_object,
    integer,
    objects,
    parse,
    parse_object,
    string,
)
from upstream.wire.decoders.server_sent_events import ServerSentEvent, ServerSentEventsDecoder
from upstream.wire.delta_merging import merged
from upstream.wire.read_pacing import ReadingPace
from upstream.wire.retrying import answered
from upstream.wire.status_errors import refusal
from upstream.wire.transport import beginning, exchange, read, retry_after_s, whole

log = logging.getLogger(__name__)

AFTER_FINISH_S: Final = 5.0
"""How long the usage is waited for once the model has finished."""
AFTER_DONE_S: Final = 0.2
"""How long the end of the body is waited for after `[DONE]`, for then the connection can serve the
next question."""

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
        models: The names to offer; none offers what the server lists.
        headers: Sent with every request, over ours of the same name.
        parameters: More members of every request's body; what a person set goes before them.
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
        self._pace = ReadingPace()

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
        """Whether it is known what is offered: the owner, or the server, has said so."""
        return self._is_listed

    @property
    def known_models(self) -> tuple[ModelInfo, ...]:
        """What is offered as far as is known without asking."""
        return self._models

    async def models(self) -> tuple[ModelInfo, ...]:
        """Ask for the list, unless the owner gave one; the last known one where it fails."""
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
        patience = Patience(self._limits)
        patience.shorten(self._limits.list_s)
        async with exchange(
            self._session,
            "GET",
            f"{self._base_url}/models",
            headers={"Accept": "application/json", **self._headers},
            limits=self._limits,
            patience=patience,
        ) as response:
            if response.status != 200:
                raise refusal(response.status)
            listed = as_object(parse(await whole(response, patience)))
        if not isinstance(listed.get("data"), list):
            raise garbage("no list of models")
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
        return answered(lambda: self._attempt(request), self._limits)

    async def _attempt(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Ask, in a simpler way where the server refuses one, which is remembered if it helps."""
        shape = self._shapes.get(request.model, RequestShape())
        while True:
            try:
                async with aclosing(self._ask(request, shape)) as events:
                    async for event in events:
                        self._shapes[request.model] = shape
                        yield event
            except ChatRefusalError as error:
                simpler = shape.simpler(error)
                if simpler is None:
                    raise
                shape = simpler
            else:
                return

    async def _ask(
        self, request: Request, shape: RequestShape
    ) -> AsyncGenerator[StreamEvent, None]:
        patience = Patience(self._limits)
        parameters = allowed(request.parameters, BOUNDS)
        async with exchange(
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
            patience=patience,
        ) as response:
            if response.status != 200:
                error = read_error(await beginning(response, patience))
                after_s = retry_after_s(response.headers)
                raise chat_refusal(response.status, error, retry_after_s=after_s)
            reading = ChatReading()
            if response.content_type == "application/json":
                deltas = _read_whole(response, patience, reading)
            else:
                deltas = _read_stream(response, patience, reading, self._pace)
            with self._pace.streaming():
                async with aclosing(deltas) as events:
                    async for event in events:
                        yield event
            yield reading.finished(is_end_certain=_has_own_end(response))


async def _read_whole(
    response: aiohttp.ClientResponse, patience: Patience, reading: ChatReading
) -> AsyncGenerator[StreamEvent, None]:
    """Read the one object of a server that does not stream, though it was asked to."""
    for event in reading.take_object(parse_object(await whole(response, patience))):
        yield event


async def _read_stream(
    response: aiohttp.ClientResponse, patience: Patience, reading: ChatReading, pace: ReadingPace
) -> AsyncGenerator[StreamEvent, None]:
    """Yield the deltas; once the model has finished, no cut matters."""
    decoder = ServerSentEventsDecoder()
    try:
        while data := await read(response, patience):
            for event in merged(_deltas(decoder.feed(data), patience, reading)):
                yield event
            if not reading.finish_reason:
                await pace.pause(response)
        for event in merged(_deltas(decoder.finish(), patience, reading)):
            yield event
    except UpstreamError as error:
        if not (reading.finish_reason or reading.is_done):
            raise
        log.debug("the stream broke off after the model had finished: %s", error)


def _deltas(
    sent: Iterable[ServerSentEvent], patience: Patience, reading: ChatReading
) -> Generator[StreamEvent, None, None]:
    for each in sent:
        patience.chunk_came()
        for event in reading.take(each):
            patience.token_came()
            yield event
    if reading.finish_reason:
        patience.shorten(AFTER_FINISH_S)
    if reading.is_done:
        patience.shorten(AFTER_DONE_S)


def _has_own_end(response: aiohttp.ClientResponse) -> bool:
    """Whether the end of the body can be told from a lost connection (RFC 9112, section 6.3)."""
    coding = response.headers.get("Transfer-Encoding", "").casefold()
    return "chunked" in coding or "Content-Length" in response.headers
