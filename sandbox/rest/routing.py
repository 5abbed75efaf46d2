"""The table of REST routes: which function answers which method and path.

A module of `rest/` gives its routes as a list; `DiscordServer` puts the lists together.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.rest.rate_limits import Buckets
from sandbox.world.directory import Directory
from sandbox.world.entities import Bot, Payload, Upload
from sandbox.world.world import World

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RATES_OF_MANY_BUCKETS = ("others", "read_messages", "webhook")
_MAJOR_PARAMETERS = ("channel_id", "guild_id", "webhook_id", "token")


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A request that found its route and brought a good token.

    Attributes:
        world: What it acts on.
        buckets: The rate limits, for the few handlers that have one of their own.
        method: Such as `POST`.
        path: Without the `/api/v10` in front.
        parameters: What the template's placeholders stand for; ids are still text.
        query: The query string.
        body: The parsed JSON, from `payload_json` where the request is multipart.
        files: The files of a multipart request, in the order of their numbers.
    """

    world: World
    buckets: Buckets
    method: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    files: tuple[Upload, ...] = ()

    @property
    def bot(self) -> Bot:
        """The account that asks."""
        return self.world.bot

    @property
    def directory(self) -> Directory:
        """What exists, for those that write payloads."""
        return self.world.directory

    @property
    def form(self) -> Payload:
        """The body as an object; empty where it is none."""
        body: object = self.body
        return cast("Payload", body) if isinstance(body, dict) else {}

    def id_of(self, name: str) -> int:
        """Return a placeholder as a snowflake; 0, which nothing has, where it is no number."""
        text = self.parameters[name]
        return int(text) if text.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """What goes back; a null body with status 204 sends none."""

    body: Any = None
    status: int = 200


Handler = Callable[[RestRequest], Awaitable[RestAnswer]]
"""Acts and answers, or raises `RefusedError`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table.

    Attributes:
        method: Such as `POST`.
        template: Such as `/channels/{channel_id}/messages`; a placeholder takes one path segment.
        handler: Answers it.
        bucket: Which field of `Limits` holds its rate; routes that share a name share a bucket, but
            for `others`, `read_messages` and `webhook`, which are rates of many buckets.
        needs_token: Whether the bot's token must come with it; interaction tokens are in the path.
        counts_globally: Whether it counts against the global limit; interaction endpoints do not.
    """

    method: str
    template: str
    handler: Handler
    bucket: str = "others"
    needs_token: bool = True
    counts_globally: bool = True

    @property
    def bucket_key(self) -> str:
        """What tells this route's bucket from others: its shared name, or the route itself."""
        if self.bucket in _RATES_OF_MANY_BUCKETS:
            return f"{self.method} {self.template}"
        return self.bucket


@dataclass(frozen=True, slots=True)
class Match:
    """A route found for a path."""

    route: Route
    parameters: Mapping[str, str]

    @property
    def major(self) -> str:
        """The parameters that give a bucket one window each, joined."""
        return "/".join(self.parameters.get(name, "") for name in _MAJOR_PARAMETERS)


class RouteTable:
    """Finds the route of a request.

    Args:
        routes: Where two match, the first one is taken.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(route, _pattern(route.template)) for route in routes]

    def find(self, method: str, path: str) -> Match | None:
        """Return the route of a method and a percent-decoded path, null where there is none."""
        for route, pattern in self._routes:
            if route.method == method and (found := pattern.fullmatch(path)):
                return Match(route, found.groupdict())
        return None


def _pattern(template: str) -> re.Pattern[str]:
    """Turn a template into an expression with a group for each placeholder."""
    pieces = _PLACEHOLDER.split(template)
    pieces[::2] = [re.escape(piece) for piece in pieces[::2]]
    pieces[1::2] = [f"(?P<{piece}>[^/]+)" for piece in pieces[1::2]]
    return re.compile("".join(pieces))
