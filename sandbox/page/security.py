"""What keeps the page to itself: its token, and the headers of everything that it is served with.

The token comes in the link's fragment, which no browser sends anywhere, and goes back in the first
message of the WebSocket. There are no cookies: those would go to every port of this machine.
"""

import hmac
from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_RASTER_IMAGES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"}
)


def origins(port: int) -> tuple[str, ...]:
    """Return the origins that the page has when it is served on a port."""
    return f"http://127.0.0.1:{port}", f"http://localhost:{port}"


def content_security_policy(port: int) -> str:
    """Write the policy of the page: its own files and its own WebSocket, and no HTML from text."""
    sockets = " ".join(origin.replace("http:", "ws:") for origin in origins(port))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def protect(policy: Mapping[str, str]) -> Middleware:
    """Make the middleware that puts the headers on every answer, refusals included.

    Args:
        policy: The page's Content-Security-Policy as a header; it may be filled in later, since it
            names the port.
    """

    @web.middleware
    async def protection(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            refusal.headers.update({**_HEADERS, **policy})
            raise
        if not response.prepared:
            response.headers.update({**_HEADERS, **policy, **response.headers})
        return response

    return protection


def is_token(given: object, token: str) -> bool:
    """Return whether something is the token, in a time that does not tell how much of it fits."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), token.encode())


def file_headers(filename: str, content_type: str) -> dict[str, str]:
    """Return the headers of a file that somebody uploaded: it is saved, unless it is a plain image.

    An image that can hold scripts (SVG) is no plain image, and a file that is saved has no type.
    """
    is_image = content_type in _RASTER_IMAGES
    disposition = "inline" if is_image else "attachment"
    return {
        "Content-Type": content_type if is_image else "application/octet-stream",
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(filename, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def is_plain_image(content_type: str) -> bool:
    """Return whether the page may show a file as an image."""
    return content_type in _RASTER_IMAGES
