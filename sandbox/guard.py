"""Keeps every page but our own out of the sandbox's loopback servers.

A browser tells where a request comes from (`Origin`) and which name it looked up (`Host`). A page
of another site can make a browser speak to 127.0.0.1, but it cannot leave either header out or
write it otherwise; so a server that checks both cannot be used by it, DNS rebinding included.
Source: RFC 6454 (Origin), RFC 9110 section 7.2 (Host).
"""

from collections.abc import Collection

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


def refuse_foreign_pages(allowed_origins: Collection[str] = ()) -> Middleware:
    """Make the middleware that every listener of the sandbox carries.

    Args:
        allowed_origins: The origins, scheme and port included, that may speak to this listener.
            A program such as the bot sends no `Origin` at all and is let through.

    Returns:
        A middleware answering 421 to a `Host` that is not loopback, and 403 to any other `Origin`.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if _host_name(request.headers.get("Host", "")) not in _LOOPBACK_NAMES:
            raise web.HTTPMisdirectedRequest(text="This server answers to loopback names only.\n")
        origin = request.headers.get("Origin")
        if origin is not None and origin not in allowed_origins:
            raise web.HTTPForbidden(text="This server does not answer pages of other origins.\n")
        return await handler(request)

    return guard


async def listen(application: web.Application, *, port: int = 0) -> tuple[web.AppRunner, int]:
    """Serve an application on 127.0.0.1; the caller owns the runner and calls its `cleanup()`.

    Args:
        application: What to serve.
        port: The TCP port; 0 takes any free one.

    Returns:
        The runner, and the port that it listens on.

    Raises:
        OSError: The port is taken.
    """
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner, int(runner.addresses[0][1])


def _host_name(host: str) -> str:
    """Return the name of a `Host` header without its port; IPv6 literals keep their brackets."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()
