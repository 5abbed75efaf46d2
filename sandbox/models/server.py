"""The frame of every stand-in for a language-model service: its listener, records and endings."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from aiohttp import ClientConnectionResetError, web
from aiohttp.typedefs import Handler, Middleware

from sandbox.guard import refuse_foreign_pages
from sandbox.models.pacing import close_connection
from sandbox.models.recording import RecordedRequest, Recording
from sandbox.models.script import Http, Script

RECORDED = web.RequestKey("recorded", RecordedRequest)
"""Where a handler finds the record of its request."""

_BODY_LIMIT_BYTES = 50 * 2**20


class ModelServer:
    """A loopback server which answers from a script; an async context manager.

    A subclass adds its routes and error bodies in `_application`. Unlike `guard.listen`, the
    listener cancels a handler whose client hangs up: an answer that stalls for ever ends there.

    Attributes:
        script: What it says; may be added to at any time.
    """

    def __init__(self, script: Script, *, port: int = 0) -> None:
        self.script = script
        self._recording = Recording()
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Listen on 127.0.0.1.

        Raises:
            OSError: The port is taken.
        """
        runner = web.AppRunner(
            self._application([refuse_foreign_pages(), self._record]),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=0.05,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._port = int(runner.addresses[0][1])
        self._runner = runner
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up on every client and stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def base_url(self) -> str:
        """The address without a final slash; the port is known once the server is entered."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every request so far, oldest first, kept up to date while it is answered."""
        return self._recording.requests

    async def until(self, condition: Callable[[], object], timeout_s: float = 5.0) -> None:
        """Wait for a condition on what this server has seen or stored.

        Raises:
            TimeoutError: It has not come true within so many seconds.
        """
        await self._recording.until(condition, timeout_s=timeout_s)

    def _application(self, middlewares: Sequence[Middleware]) -> web.Application:
        raise NotImplementedError

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        recorded = await read(request)
        request[RECORDED] = recorded
        self._recording.add(recorded)
        try:
            response = await handler(request)
        except web.HTTPException as error:
            recorded.status = error.status
            raise
        except asyncio.CancelledError:
            recorded.closed_by_client = _is_left(request)
            raise
        except ClientConnectionResetError:
            recorded.closed_by_client = _is_left(request)
            return web.Response()  # nobody is there to read it
        else:
            if not _is_left(request):
                recorded.status = response.status
            return response
        finally:
            recorded.is_over = True
            self._recording.changed()

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Return the answer of a queued fault which looks at no request, if one is next."""
        fault = self.script.take_refusal()
        if fault is None:
            return None
        if isinstance(fault, Http):
            return plain(fault)
        close_connection(request)
        return web.Response()


def plain(fault: Http) -> web.Response:
    """Make the response that a fault spells out."""
    body = fault.body.encode() if isinstance(fault.body, str) else fault.body
    headers = {"Content-Type": fault.content_type, **fault.headers}
    return web.Response(status=fault.status, body=body, headers=headers)


async def read(request: web.Request) -> RecordedRequest:
    """Read the whole body; one that cannot be read as what it says it is counts as empty."""
    recorded = RecordedRequest(
        time_s=asyncio.get_running_loop().time(),
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers=request.headers,
    )
    try:
        if request.content_type == "application/json":
            recorded.json = await request.json()
        elif request.content_type == "multipart/form-data":
            recorded.fields, recorded.files = await _read_form(request)
    except ValueError:
        return recorded
    return recorded


async def _read_form(
    request: web.Request,
) -> tuple[Mapping[str, tuple[str, ...]], tuple[tuple[str, str], ...]]:
    fields: dict[str, tuple[str, ...]] = {}
    files: list[tuple[str, str]] = []
    for name, value in (await request.post()).items():
        if isinstance(value, str):
            fields[name] = (*fields.get(name, ()), value)
        elif isinstance(value, web.FileField):
            files.append((name, value.filename))
            value.file.close()
    return fields, tuple(files)


def application(middlewares: Sequence[Middleware]) -> web.Application:
    """Make an empty application which takes bodies of up to 50 MB, as the Playground's proxy."""
    return web.Application(middlewares=middlewares, client_max_size=_BODY_LIMIT_BYTES)


def _is_left(request: web.Request) -> bool:
    """Return whether the client has closed the connection."""
    return request.transport is None or request.transport.is_closing()
