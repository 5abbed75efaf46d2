"""The sandbox's Discord on 127.0.0.1: what an unmodified client library talks to."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from sandbox.gateway.server import Gateway
from sandbox.guard import listen, refuse_foreign_pages
from sandbox.people.acting import Acting
from sandbox.people.interactions import Interactions
from sandbox.people.person import PersonActor
from sandbox.people.webhook import WebhookActor
from sandbox.rest.content_rules import ContentRules
from sandbox.rest.faults import Faults
from sandbox.rest.handler import RestDoor
from sandbox.rest.rate_limits import Buckets, Limits
from sandbox.rest.requests import RecordedRequest
from sandbox.rest.routes.accounts import account_routes
from sandbox.rest.routes.channels import channel_routes
from sandbox.rest.routes.commands import command_routes
from sandbox.rest.routes.guilds import guild_routes
from sandbox.rest.routes.interactions import interaction_routes
from sandbox.rest.routes.messages import message_routes
from sandbox.rest.routes.reactions import reaction_routes
from sandbox.rest.routes.threads import thread_routes
from sandbox.rest.routing import Route, RouteTable
from sandbox.world.entities import Channel, Message, Person
from sandbox.world.happenings import Happening, TypingStarted
from sandbox.world.world import World

_RECHECK_S = 0.05
_MAX_BODY_BYTES = 100 * 1024 * 1024
_TOLD_REQUESTS = 8

Found = TypeVar("Found")


class DiscordServer:
    """Serves a world over HTTP and WebSocket while it is entered; it does not close the world.

    Args:
        world: What is served.
        limits: The rate limits; null gives Discord's own.
        port: The TCP port; 0 takes any free one.

    Attributes:
        world: What is served.
        faults: What goes wrong on purpose over HTTP.
        content_rules: Which words are not taken over HTTP.
        gateway: The WebSocket half, with `faults` of its own.
        interactions: What goes on between people and the bot's commands and components.
        acting: What people do with commands and components.
        typing: When (on the world's clock) who typed: (time_s, channel id, user id).
    """

    def __init__(self, world: World, *, limits: Limits | None = None, port: int = 0) -> None:
        self.world = world
        self.faults = Faults(world.clock)
        self.gateway = Gateway(world)
        self.interactions = Interactions(world)
        self.acting = Acting(world, self.interactions)
        self.typing: list[tuple[float, int, int]] = []
        self.buckets = Buckets(limits or Limits(), wall_clock=world.now, clock=world.clock)
        self.content_rules = ContentRules()
        table = RouteTable(self._routes())
        self._door = RestDoor(world, table, self.buckets, self.faults, self.content_rules)
        self._wanted_port = port
        self._port = 0
        self._exit_stack = AsyncExitStack()
        self.faults.on_outage(self.gateway.faults.drop_all)

    async def __aenter__(self) -> Self:
        """Listen."""
        application = web.Application(
            middlewares=[refuse_foreign_pages()], client_max_size=_MAX_BODY_BYTES
        )
        application.router.add_route("*", "/api/v10/{path:.*}", self._door.handle)
        application.router.add_get("/attachments/{channel}/{file}/{name}", self._give_file)
        application.router.add_get("/", self._connect)
        application.router.add_get("/gateway", self._connect)
        async with AsyncExitStack() as stack:
            runner, self._port = await listen(application, port=self._wanted_port)
            stack.push_async_callback(runner.cleanup)
            stack.push_async_callback(self.gateway.close)
            stack.callback(self.interactions.close)
            stack.callback(self.world.subscribe(self._note_typing))
            self._exit_stack = stack.pop_all()
        self.world.directory.files_url = self.url
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening and close the gateway's connections."""
        await self._exit_stack.aclose()

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:8090`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        """What takes the place of `https://discord.com/api/v10`."""
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """What takes the place of `wss://gateway.discord.gg/`."""
        return f"ws://127.0.0.1:{self._port}/"

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every REST request that came, in order."""
        return self._door.requests

    @property
    def unknown_routes(self) -> list[tuple[str, str]]:
        """Method and path of the requests that no route of the sandbox answers."""
        return self._door.unknown_routes

    def requests_to(self, method: str, pattern: str) -> list[RecordedRequest]:
        """Return the requests with a method (`*` is any) and a path.

        Args:
            method: Such as `PATCH`.
            pattern: A shell pattern for the path, such as `/channels/*/messages`, or a template
                exactly, such as `/channels/{channel_id}/messages`; a `*` spans slashes.
        """
        return [request for request in self.requests if request.is_to(method, pattern)]

    def messages(self, channel: Channel) -> list[Message]:
        """Return a channel's messages that are not deleted, oldest first."""
        return self.world.messages(channel.id)

    def person(self, person: Person) -> PersonActor:
        """Return the hands of a person: what they can do in their client."""
        return PersonActor(self.world, self.acting, person)

    def webhook(self, channel: Channel, name: str = "proxy") -> WebhookActor:
        """Make a webhook of a channel and return its hands: it posts as whomever it names."""
        return WebhookActor(self.world, self.world.create_webhook(channel, name))

    async def until(self, condition: Callable[[], Found], timeout_s: float = 5.0) -> Found:
        """Wait until a condition holds and give its value.

        It is asked whenever the world changes, and now and then besides, since it may look at
        things that are not the world's.

        Raises:
            TimeoutError: It does not hold in time; the message says what happened so far.
        """
        wake = asyncio.Event()
        forget = self.world.on_change(wake.set)
        try:
            async with asyncio.timeout(timeout_s):
                while not (value := condition()):
                    wake.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(wake.wait(), _RECHECK_S)
                return value
        except TimeoutError as error:
            raise TimeoutError(self._story(timeout_s)) from error
        finally:
            forget()

    def _routes(self) -> list[Route]:
        """Put the table together."""
        return [
            *account_routes(lambda: self.gateway_url),
            *guild_routes(),
            *channel_routes(),
            *message_routes(),
            *reaction_routes(),
            *thread_routes(),
            *command_routes(),
            *interaction_routes(self.interactions),
        ]

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        """Hand a connection to the gateway, unless Discord is down."""
        if self.faults.outage_status is not None:
            return web.Response(status=self.faults.outage_status)
        return await self.gateway.handle(request)

    async def _give_file(self, request: web.Request) -> web.Response:
        """Return the bytes of an attachment."""
        text = request.match_info["file"]
        content = self.world.files.get(int(text) if text.isdecimal() else 0)
        if content is None:
            raise web.HTTPNotFound(text="This attachment does not exist.\n")
        return web.Response(body=content, content_type="application/octet-stream")

    def _note_typing(self, happening: Happening) -> None:
        """Note when somebody types."""
        if isinstance(happening, TypingStarted):
            at_s = self.world.clock()
            self.typing.append((at_s, happening.channel.id, happening.person.id))

    def _story(self, timeout_s: float) -> str:
        """Say what happened so far, for the person who reads a failed test."""
        told = [
            f"{each.method} {each.path} -> {each.status}"
            for each in self.requests[-_TOLD_REQUESTS:]
        ]
        shown = [
            f"#{channel.name or channel.id}: {self.messages(channel)[-1].content[:80]!r}"
            for channel in self.world.channels.values()
            if self.messages(channel)
        ]
        return (
            f"the condition did not hold within {timeout_s} s; last requests: {told}; "
            f"last messages: {shown}; unknown routes: {self.unknown_routes}"
        )
