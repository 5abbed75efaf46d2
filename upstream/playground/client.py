"""The two HTTP calls to the Playground: list the models, and ask one question."""

from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Final

import aiohttp

from conversation.entities import FailureReason
from conversation.events import StreamEvent
from upstream.errors import UpstreamError
from upstream.playground.answer_reader import AnswerReader
from upstream.playground.dialects.dialect import Dialect
from upstream.playground.error_bodies import error_from_body
from upstream.playground.model_list import ListedModel, read_models
from upstream.wire.deadlines import Deadline, Limits
from upstream.wire.decoders.json_lines import JsonLinesDecoder
from upstream.wire.decoders.json_objects import JsonObject, objects, parse
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

AFTER_ERROR_S: Final = 5.0
"""How long the rest of a stream is waited for after the service has reported an error in it."""

AFTER_END_S: Final = 0.2
"""How long the end of the body is waited for after the end of the stream: a connection whose body
was read to the end serves the next question."""

Fields = Mapping[str, str | None]
"""The fields of a message as they are sent; None is left out."""


class Client:
    """Make the calls in one dialect; keeps nothing of an answer.

    Args:
        session: For all requests; closed by who made it.
        base_url: Without a path.
        dialect: How the service is asked and read.
        limits: Of each answer, and of the list of models.
    """

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, dialect: Dialect, limits: Limits
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._dialect = dialect
        self._limits = limits
        self._pacer = ReadPacer()

    async def list_models(self) -> tuple[ListedModel, ...]:
        """Return the list of models, which is never empty.

        Raises:
            UpstreamError: There is no list.
        """
        deadline = Deadline(self._limits)
        deadline.shorten(self._limits.list_s)
        async with open_response(
            self._session,
            "GET",
            self._base_url + self._dialect.models_path,
            headers={"Accept": "application/json"},
            limits=self._limits,
            deadline=deadline,
        ) as response:
            if response.status != 200:
                raise status_error(response.status)
            listed = read_models(objects(parse(await read_whole(response, deadline))))
        if not listed:
            raise status_error(response.status, reason=FailureReason.GARBAGE)
        return listed

    @asynccontextmanager
    async def asked(
        self, user: str, fields: Fields, reader: AnswerReader
    ) -> AsyncGenerator[AsyncGenerator[StreamEvent, None], None]:
        """Send a message as this anonymous user, and yield the stream of its answer's deltas.

        The request is closed with the context. How the answer ended is in `reader` when its stream
        is exhausted.

        Raises:
            ResumeLostError: The service does not continue from the parent.
            UpstreamError: The message was refused, or its answer cut or not understood.
        """
        deadline = Deadline(self._limits)
        async with open_response(
            self._session,
            "POST",
            self._base_url + self._dialect.path,
            headers={"X-Anonymous-User-Id": user, "Accept": "application/jsonl"},
            body=_form(fields),
            limits=self._limits,
            deadline=deadline,
        ) as response:
            if response.status != 200:
                raise error_from_body(
                    response.status,
                    await read_beginning(response, deadline),
                    retry_after_s=read_retry_after_s(response.headers),
                    had_parent=fields.get("parent") is not None,
                )
            with self._pacer.streaming():
                async with aclosing(self._read(response, deadline, reader)) as events:
                    yield events

    async def _read(
        self, response: aiohttp.ClientResponse, deadline: Deadline, reader: AnswerReader
    ) -> AsyncGenerator[StreamEvent, None]:
        """Yield the deltas; after a reported end or error it does not matter how the body ends.

        The dialect of 2026 reports an error and then cuts the connection.
        """
        decoder = JsonLinesDecoder()
        try:
            while data := await read_some(response, deadline):
                for event in merge_deltas(self._events(decoder.feed(data), deadline, reader)):
                    yield event
                if not (reader.has_failed or reader.is_over):
                    await self._pacer.pause(response)
            for event in merge_deltas(self._events(decoder.finish(), deadline, reader)):
                yield event
        except UpstreamError:
            if not (reader.has_failed or reader.is_over):
                raise

    def _events(
        self, lines: Iterable[JsonObject], deadline: Deadline, reader: AnswerReader
    ) -> Generator[StreamEvent, None, None]:
        for line in lines:
            deadline.record_chunk()
            for chunk in self._dialect.decode(line):
                event = reader.take(chunk)
                if event is not None:
                    deadline.record_token()
                    yield event
        if reader.has_failed:
            deadline.shorten(AFTER_ERROR_S)
        if reader.is_over:
            deadline.shorten(AFTER_END_S)


def _form(fields: Fields) -> aiohttp.FormData:
    """Return a multipart body; without files aiohttp would URL-encode it, which is refused."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        if value is not None:
            form.add_field(name, value)
    return form
