"""The two HTTP calls to an OpenAI-compatible server: list the models, and ask one question."""

import logging
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Final

import aiohttp

from conversation.events import StreamEvent
from conversation.ports.provider import ModelInfo
from upstream.errors import UpstreamError, garbage_error
from upstream.model_names import MOST_MODELS, is_model_name
from upstream.openai.answer_reader import AnswerReader
from upstream.openai.error_objects import error_from_object, find_error_object
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


class Client:
    """Make the calls; keeps nothing of an answer.

    Args:
        session: For all requests; closed by who made it.
        base_url: Including `/v1`.
        headers: Sent with every request, over ours of the same name.
        limits: Of each answer, and of the list of models.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        headers: Mapping[str, str],
        limits: Limits,
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._headers = headers
        self._limits = limits
        self._pacer = ReadPacer()

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """Return the list of models, of which there may be none, up to `MOST_MODELS`.

        Raises:
            UpstreamError: There is no list.
        """
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

    @asynccontextmanager
    async def asked(self, body: bytes) -> AsyncGenerator[AsyncGenerator[StreamEvent, None], None]:
        """Send a question, and yield the stream of its answer, which ends with `Finished`.

        The request is closed with the context.

        Raises:
            RequestRefusedError: The server refused it, before its answer or, with an error object,
                in it.
            UpstreamError: The answer was cut or not understood.
        """
        deadline = Deadline(self._limits)
        async with open_response(
            self._session,
            "POST",
            f"{self._base_url}/chat/completions",
            headers={
                "Content-Type": "application/json",
                "Accept": "text/event-stream, application/json",
                **self._headers,
            },
            body=body,
            limits=self._limits,
            deadline=deadline,
        ) as response:
            if response.status != 200:
                error = find_error_object(await read_beginning(response, deadline))
                after_s = read_retry_after_s(response.headers)
                raise error_from_object(response.status, error, retry_after_s=after_s)
            is_whole = response.content_type == "application/json"
            read = _read_completion if is_whole else self._read_stream
            with self._pacer.streaming():
                async with aclosing(read(response, deadline)) as events:
                    yield events

    async def _read_stream(
        self, response: aiohttp.ClientResponse, deadline: Deadline
    ) -> AsyncGenerator[StreamEvent, None]:
        """Yield the events of a stream; once the model has finished, no cut matters."""
        decoder, reader = ServerSentEventsDecoder(), AnswerReader()
        try:
            while data := await read_some(response, deadline):
                for event in merge_deltas(_deltas(decoder.feed(data), deadline, reader)):
                    yield event
                if not reader.finish_reason:
                    await self._pacer.pause(response)
            for event in merge_deltas(_deltas(decoder.finish(), deadline, reader)):
                yield event
        except UpstreamError as error:
            if not (reader.finish_reason or reader.is_done):
                raise
            log.debug("the stream broke off after the model had finished: %s", error)
        yield reader.finished(is_end_certain=_has_own_end(response))


async def _read_completion(
    response: aiohttp.ClientResponse, deadline: Deadline
) -> AsyncGenerator[StreamEvent, None]:
    """Yield the events of the one object of a server that does not stream though asked to."""
    reader = AnswerReader()
    for event in reader.take_object(parse_object(await read_whole(response, deadline))):
        yield event
    yield reader.finished(is_end_certain=_has_own_end(response))


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
