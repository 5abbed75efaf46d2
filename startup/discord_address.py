"""Finds the gateway of another Discord than the public one."""

from http import HTTPStatus
from typing import cast

import aiohttp

_LIMIT = aiohttp.ClientTimeout(total=10.0)


class DiscordAddressError(Exception):
    """The address leads to no Discord; the text is a sentence for whoever set it."""


async def gateway_of(api_url: str) -> str | None:
    """Ask a Discord for its gateway: the answer to `GET /gateway`, or None if there is none (404).

    Args:
        api_url: The full base of the REST interface, `/api/v10` included.

    Raises:
        DiscordAddressError: Nothing answers there, or not as Discord does.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=_LIMIT) as session,
            session.get(f"{api_url}/gateway") as answer,
        ):
            if answer.status == HTTPStatus.NOT_FOUND:
                return None
            if answer.status != HTTPStatus.OK:
                raise DiscordAddressError(f"GET /gateway is answered with {answer.status} there")
            found: object = await answer.json()
    except (aiohttp.ClientConnectionError, TimeoutError, OSError) as error:
        raise DiscordAddressError(f"nothing answers there ({type(error).__name__})") from error
    except (aiohttp.ClientError, ValueError) as error:
        raise DiscordAddressError("what answers there is not Discord's interface") from error
    return _gateway_in(found)


def _gateway_in(answer: object) -> str:
    url = cast("dict[str, object]", answer).get("url") if isinstance(answer, dict) else None
    if not isinstance(url, str) or not url.startswith(("ws://", "wss://")):
        raise DiscordAddressError("what answers there names no gateway")
    return url
