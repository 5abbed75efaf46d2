"""One HTTP request to an upstream service, read within its deadline and always closed."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

from conversation.entities import Failure, FailureReason
from upstream.errors import UpstreamError
from upstream.wire.deadlines import Deadline, Limits

log = logging.getLogger(__name__)

ERROR_BODY_BYTES = 64 * 1024
"""So much of an error's body is read; the reason stands at its beginning."""

LONGEST_BODY_BYTES = 64 * 1024 * 1024
"""A longer body that is read whole is taken for nonsense."""

LONGEST_RETRY_AFTER_S = 7 * 24 * 3600.0
"""A longer `Retry-After` is taken for this one."""

_UNREACHABLE = (
    aiohttp.ClientConnectorError,
    aiohttp.ServerTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    ProxyConnectionError,
    ProxyTimeoutError,
    ProxyError,
)
_ERRORS = (*_UNREACHABLE, aiohttp.ClientError, OSError)


def _translated(error: Exception) -> UpstreamError:
    """Return our error for one of aiohttp or the proxy; it names no address and no text."""
    reason = FailureReason.CUT
    if isinstance(error, _UNREACHABLE):
        reason = FailureReason.UNREACHABLE
    elif isinstance(error, aiohttp.ClientResponseError):
        reason = FailureReason.GARBAGE
    may_retry = reason is not FailureReason.GARBAGE
    return UpstreamError(Failure(reason, detail=type(error).__name__), may_retry=may_retry)


async def _request(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: aiohttp.FormData | bytes | None,
    limits: Limits,
) -> aiohttp.ClientResponse:
    timeout = aiohttp.ClientTimeout(total=None, connect=limits.connect_s)
    try:
        return await session.request(
            method, url, headers=headers, data=body, timeout=timeout, allow_redirects=False
        )
    except _ERRORS as error:
        raise _translated(error) from error


@asynccontextmanager
async def open_response(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: aiohttp.FormData | bytes | None = None,
    limits: Limits,
    deadline: Deadline,
) -> AsyncGenerator[aiohttp.ClientResponse, None]:
    """Send a request and yield the response when its head has come; close it with the context.

    No redirect is followed, because the headers hold secrets that are meant for one server.

    Raises:
        UpstreamError: `UNREACHABLE`, `CUT`, `GARBAGE` (no HTTP) or the deadline's.
    """
    try:
        response = await deadline.wait(
            _request(session, method, url, headers=headers, body=body, limits=limits)
        )
        log.debug("%s answered %d", method, response.status)
        try:
            yield response
        finally:
            response.close()
    finally:
        deadline.close()


async def read_some(response: aiohttp.ClientResponse, deadline: Deadline) -> bytes:
    """Return what has come of the body, cut anywhere; nothing at its proper end.

    Raises:
        UpstreamError: `CUT`, or the deadline's.
    """
    try:
        return await deadline.wait(response.content.readany())
    except _ERRORS as error:
        raise _translated(error) from error


async def read_beginning(response: aiohttp.ClientResponse, deadline: Deadline) -> bytes:
    """Return the beginning of an error's body; if it breaks off, what came until then."""
    body = bytearray()
    try:
        while len(body) < ERROR_BODY_BYTES:
            data = await read_some(response, deadline)
            if not data:
                break
            body += data
    except UpstreamError as error:
        log.debug("the body of a refusal broke off: %s", error)
    return bytes(body)


async def read_whole(response: aiohttp.ClientResponse, deadline: Deadline) -> bytes:
    """Return a whole body.

    Raises:
        UpstreamError: `CUT`, `GARBAGE` past `LONGEST_BODY_BYTES`, or the deadline's.
    """
    body = bytearray()
    while data := await read_some(response, deadline):
        body += data
        if len(body) > LONGEST_BODY_BYTES:
            raise UpstreamError(Failure(FailureReason.GARBAGE, detail="a body without end"))
    return bytes(body)


def read_retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return `Retry-After` (RFC 9110, section 10.2.3) in seconds; a date counts from `Date`."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        if value[0].isdigit() and value.replace(".", "", 1).isdecimal():
            return min(float(value), LONGEST_RETRY_AFTER_S)
        until = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        log.debug("a Retry-After that is neither seconds nor a date")
        return None
    return min(max(0.0, until.total_seconds()), LONGEST_RETRY_AFTER_S)
