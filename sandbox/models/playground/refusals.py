"""The error answers of the Playground, as JSON or as the page that a browser would get."""

import html
from collections.abc import Mapping
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.models.script import Refuse

UNAUTHORIZED = (
    "The server could not verify that you are authorized to access the URL requested. You either "
    "supplied the wrong credentials (e.g. a bad password), or your browser doesn't understand how "
    "to supply the credentials required."
)
FORBIDDEN = (
    "You don't have the permission to access the requested resource. It is either read-protected "
    "or not readable by the server."
)
_REQUEST_NAME = "CreateMessageRequestWithFullMessages"
_DOCUMENTATION = "https://errors.pydantic.dev/2.10/v"


class RefusedError(Exception):
    """A request was turned down by a check; carries the answer's status and error body."""

    def __init__(
        self, status: int, message: str, validation_errors: list[dict[str, object]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.validation_errors = validation_errors
        self.headers: Mapping[str, str] = {}

    @classmethod
    def from_script(cls, refuse: Refuse) -> "RefusedError":
        """Make the refusal that a script asks for."""
        error = cls(refuse.status, refuse.message)
        error.headers = refuse.headers
        return error

    def body(self) -> dict[str, object]:
        """Return the JSON body."""
        error: dict[str, object] = {"code": self.status, "message": self.message}
        if self.validation_errors is not None:
            error["validation_errors"] = self.validation_errors
        return {"error": error}


def invalid(*errors: Mapping[str, object]) -> RefusedError:
    """Refuse for validation errors, each with `loc`, `msg` and `type`."""
    lines = [f"{len(errors)} validation error{'s'[: len(errors) != 1]} for {_REQUEST_NAME}"]
    for error in errors:
        if error["loc"]:
            lines.append(".".join(str(part) for part in cast(list[object], error["loc"])))
        kind = error["type"]
        lines.append(f"  {error['msg']} [type={kind}, input_value={{...}}, input_type=dict]")
        lines.append(f"    For further information visit {_DOCUMENTATION}/{kind}")
    listed = [{**error, "url": f"{_DOCUMENTATION}/{error['type']}"} for error in errors]
    return RefusedError(400, "\n".join(lines), listed)


def invalid_value(message: str) -> RefusedError:
    """Refuse for a rule about the request as a whole: `loc` is empty."""
    return invalid({"loc": [], "msg": f"Value error, {message}", "type": "value_error"})


def answer(request: web.Request, error: RefusedError) -> web.Response:
    """Write a refusal as the request's `Accept` header asks for it."""
    if "text/html" in request.headers.get("Accept", ""):
        page = (
            f"<!doctype html>\n<title>{error.status}</title>\n<p>{html.escape(error.message)}</p>\n"
        )
        return web.Response(
            status=error.status, text=page, content_type="text/html", headers=error.headers
        )
    return web.json_response(error.body(), status=error.status, headers=error.headers)


@web.middleware
async def write_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request that was turned down, or that asked for what is not there."""
    try:
        return await handler(request)
    except RefusedError as error:
        return answer(request, error)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
        return answer(request, RefusedError(error.status, error.reason))
