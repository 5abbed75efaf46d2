"""What the stand-ins for language models remember of each request, and waiting for it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from multidict import CIMultiDictProxy

from sandbox.models.script import AskedConversation


@dataclass(slots=True, eq=False)
class RecordedRequest:
    """One request as it came, and what became of it; the server keeps it up to date.

    Attributes:
        time_s: When it came, in seconds of the event loop's clock.
        headers: The headers as sent, names case-insensitive.
        fields: The form fields, each with all its values in order; files are under `files`.
        files: The names of the form fields that were files, with the file names.
        json: The body, if it was JSON.
        asked: What the model saw, if it came to that.
        status: The status of the answer; None as long as there is none.
        pieces_sent: How many pieces of the answer have been handed to the socket.
        closed_by_client: Whether the client hung up before the answer was over.
        is_over: Whether the request has been dealt with, in whichever way.
    """

    time_s: float
    method: str
    path: str
    query: Mapping[str, str]
    headers: CIMultiDictProxy[str]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    files: tuple[tuple[str, str], ...] = ()
    json: object = None
    asked: AskedConversation | None = None
    status: int | None = None
    pieces_sent: int = 0
    closed_by_client: bool = False
    is_over: bool = False

    def value(self, name: str) -> str | None:
        """Return the first value of a form field, or None."""
        values = self.fields.get(name, ())
        return values[0] if values else None


class Recording:
    """The requests of one server, oldest first, and the waiting for what they become."""

    def __init__(self) -> None:
        self.requests: list[RecordedRequest] = []
        self._waiters: list[asyncio.Future[None]] = []

    def add(self, request: RecordedRequest) -> None:
        """Remember one more request."""
        self.requests.append(request)
        self.changed()

    def changed(self) -> None:
        """Say that something of a request is different now: every waiter looks again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, condition: Callable[[], object], *, timeout_s: float = 5.0) -> None:
        """Wait for a condition that depends on this server's requests or messages.

        It is looked at when it is handed in and whenever something happens here, not by polling.

        Raises:
            TimeoutError: It has not come true in time.
        """
        async with asyncio.timeout(timeout_s):
            while not condition():
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.append(waiter)
                await waiter
