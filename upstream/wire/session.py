"""The one HTTP session for everything upstream, with Bobbin's own name as its user agent."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import yarl
from aiohttp_socks import ProxyConnector, ProxyType

from conversation.version import VERSION

USER_AGENT = f"Bobbin/{VERSION}"

_SOCKS = {
    "socks4": ProxyType.SOCKS4,
    "socks4a": ProxyType.SOCKS4,
    "socks5": ProxyType.SOCKS5,
    "socks5h": ProxyType.SOCKS5,
}


@asynccontextmanager
async def open_session(proxy: str | None = None) -> AsyncGenerator[aiohttp.ClientSession, None]:
    """Open the session; it is closed with the context, and every connection with it.

    It limits neither time, since every request has its own limits, nor connections: an answer
    holds one for minutes, and how many stream at once is the slots' decision. It keeps no cookies
    and reads no proxy from the environment.

    Args:
        proxy: `http://`, `https://`, `socks4://` or `socks5://`, with a user and a password
            before the host where they are needed. A SOCKS proxy resolves names itself.

    Raises:
        ValueError: The proxy's URL is none of those; the text does not quote it.
    """
    url = None if not proxy else _parsed(proxy)
    is_socks = url is not None and url.scheme in _SOCKS
    connector = (
        _socks_connector(url) if url is not None and is_socks else aiohttp.TCPConnector(limit=0)
    )
    async with aiohttp.ClientSession(
        connector=connector,
        proxy=None if is_socks else url,
        headers={"User-Agent": USER_AGENT},
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    ) as session:
        yield session


def _parsed(proxy: str) -> yarl.URL:
    try:
        url = yarl.URL(proxy)
        is_whole = bool(url.host) and (url.port is not None or url.scheme in _SOCKS)
    except ValueError:
        raise ValueError("the proxy's URL cannot be read") from None
    if url.scheme not in {"http", "https", *_SOCKS} or not is_whole:
        raise ValueError("the proxy's URL must be http, https, socks4 or socks5 with a host")
    return url


def _socks_connector(url: yarl.URL) -> ProxyConnector:
    return ProxyConnector(
        proxy_type=_SOCKS[url.scheme],
        host=url.host or "",
        port=url.port or 1080,
        username=url.user,
        password=url.password,
        rdns=True,
        limit=0,
    )
