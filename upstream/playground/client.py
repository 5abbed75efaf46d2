"""Asking the Ai2 Playground one question over HTTP, and reading its answer."""

from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from contextlib import aclosing
from typing import Final, Protocol

import aiohttp

from conversation.entities import FailureReason
from conversation.events import StreamEvent
from upstream.errors import UpstreamError
from upstream.playground.chunks import PlaygroundChunk, PlaygroundReading
from upstream.playground.error_bodies import playground_refusal
from upstream.playground.model_list import PlaygroundModel, read_models
from upstream.wire.deadline_timer import Patience
from upstream.wire.deadlines import Limits
from upstream.wire.decoders.json_lines import JsonLinesDecoder
from upstream.wire.decoders.json_objects import JsonObject, objects, parse
from upstream.wire.delta_merging import merged
from upstream.wire.read_pacing import ReadingPace
from upstream.wire.status_errors import refusal
from upstream.wire.transport import beginning, exchange, read, retry_after_s, whole

AFTER_ERROR_S: Final = 5.0
"""How long the rest of a stream is waited for once the server has reported an error in it."""

AFTER_END_S: Final = 0.2
"""How long the end of the body is waited for after the end of the stream, for then the connection
can serve the next question."""

Fields = Mapping[str, str | None]
"""The fields of a message as they are sent; None is left out."""


class Dialect(Protocol):
    """How one version of the service is asked and read."""

    path: str
    models_path: str
    needs_host: bool
    """Whether a message must name the host of its model."""
    inherits_options: bool
    """Whether a message takes the options that it does not name from its parent."""

    def decode(self, line: JsonObject) -> tuple[PlaygroundChunk, ...]:
        """Read one line of a stream."""
        ...


class PlaygroundWire:
    """The two calls that are made; remembers no answer."""

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, dialect: Dialect, limits: Limits
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._dialect = dialect
        self._limits = limits
        self._pace = ReadingPace()

    async def list_models(self) -> tuple[PlaygroundModel, ...]:
        """Ask for the list of models; never an empty one.

        Raises:
            UpstreamError: There is no list.
        """
        patience = Patience(self._limits)
        patience.shorten(self._limits.list_s)
        async with exchange(
            self._session,
            "GET",
            self._base_url + self._dialect.models_path,
            headers={"Accept": "application/json"},
            limits=self._limits,
            patience=patience,
        ) as response:
            if response.status != 200:
                raise refusal(response.status)
            listed = read_models(objects(parse(await whole(response, patience))))
        if not listed:
            raise refusal(response.status, reason=FailureReason.GARBAGE)
        return listed

    async def ask(
        self, user: str, fields: Fields, reading: PlaygroundReading
    ) -> AsyncGenerator[StreamEvent, None]:
        """Send a message as this anonymous user, and yield the deltas of its answer.

        How it ended is in `reading` afterwards.

        Raises:
            ThreadLostError: The parent cannot be gone on from.
            UpstreamError: Refused, cut, or not understood.
        """
        patience = Patience(self._limits)
        async with exchange(
            self._session,
            "POST",
            self._base_url + self._dialect.path,
            headers={"X-Anonymous-User-Id": user, "Accept": "application/jsonl"},
            body=_form(fields),
            limits=self._limits,
            patience=patience,
        ) as response:
            if response.status != 200:
                raise playground_refusal(
                    response.status,
                    await beginning(response, patience),
                    retry_after_s=retry_after_s(response.headers),
                    had_parent=fields.get("parent") is not None,
                )
            with self._pace.streaming():
                async with aclosing(self._read(response, patience, reading)) as events:
                    async for event in events:
                        yield event

    async def _read(
        self, response: aiohttp.ClientResponse, patience: Patience, reading: PlaygroundReading
    ) -> AsyncGenerator[StreamEvent, None]:
        """Yield the deltas; an end or an error that is told outweighs how the body breaks off.

        The dialect of 2026 reports an error and then cuts the connection.
        """
        decoder = JsonLinesDecoder()
        try:
            while data := await read(response, patience):
                for event in merged(self._events(decoder.feed(data), patience, reading)):
                    yield event
                if not (reading.has_failed or reading.is_over):
                    await self._pace.pause(response)
            for event in merged(self._events(decoder.finish(), patience, reading)):
                yield event
        except UpstreamError:
            if not (reading.has_failed or reading.is_over):
                raise

    def _events(
        self, lines: Iterable[JsonObject], patience: Patience, reading: PlaygroundReading
    ) -> Generator[StreamEvent, None, None]:
        for line in lines:
            patience.chunk_came()
            for chunk in self._dialect.decode(line):
                event = reading.take(chunk)
                if event is not None:
                    patience.token_came()
                    yield event
        if reading.has_failed:
            patience.shorten(AFTER_ERROR_S)
        if reading.is_over:
            patience.shorten(AFTER_END_S)


def _form(fields: Fields) -> aiohttp.FormData:
    """Make a multipart body; aiohttp would encode one without files for a URL, which is refused."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        if value is not None:
            form.add_field(name, value)
    return form
