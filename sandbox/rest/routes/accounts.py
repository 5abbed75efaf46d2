"""The routes of accounts, of the application, and of the gateway's address."""

from collections.abc import Callable

from sandbox.payloads.people import application_payload, own_user_payload, user_payload
from sandbox.rest.checks.access import person_of
from sandbox.rest.routing import Handler, RestAnswer, RestRequest, Route


def account_routes(gateway_url: Callable[[], str]) -> list[Route]:
    """Return the table's lines.

    Args:
        gateway_url: Says where the gateway is, once it listens.
    """
    return [
        Route("GET", "/gateway", _gateway(gateway_url), needs_token=False),
        Route("GET", "/gateway/bot", _gateway_for_bot(gateway_url)),
        Route("GET", "/users/@me", _read_self),
        Route("GET", "/users/{user_id}", _read),
        Route("GET", "/oauth2/applications/@me", _read_application),
        Route("GET", "/applications/@me", _read_application),
    ]


def _gateway(gateway_url: Callable[[], str]) -> Handler:
    """Make the handler that gives the gateway's address."""

    async def read(_request: RestRequest) -> RestAnswer:
        return RestAnswer({"url": gateway_url()})

    return read


def _gateway_for_bot(gateway_url: Callable[[], str]) -> Handler:
    """Make the handler that gives the gateway's address and how many sessions may start."""

    async def read(_request: RestRequest) -> RestAnswer:
        starts = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        return RestAnswer({"url": gateway_url(), "shards": 1, "session_start_limit": starts})

    return read


async def _read_self(request: RestRequest) -> RestAnswer:
    """Return the bot's own account."""
    return RestAnswer(own_user_payload(request.bot))


async def _read(request: RestRequest) -> RestAnswer:
    """Return somebody's account."""
    return RestAnswer(user_payload(person_of(request)))


async def _read_application(request: RestRequest) -> RestAnswer:
    """Return the bot's application."""
    return RestAnswer(application_payload(request.directory, request.bot))
