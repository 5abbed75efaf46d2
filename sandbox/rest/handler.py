"""The REST half of the sandbox's Discord as an aiohttp handler, from the bytes to the routes."""

import asyncio
import json
import socket
import struct
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from aiohttp import web

from sandbox.payloads.refusals import Refusal, RefusedError, refused
from sandbox.rest.content_rules import ContentRules
from sandbox.rest.faults import FaultKind, Faults
from sandbox.rest.rate_limits import Buckets, Verdict, refusal
from sandbox.rest.requests import RecordedRequest
from sandbox.rest.routing import Match, RestAnswer, RestRequest, RouteTable
from sandbox.world.entities import Payload, Upload
from sandbox.world.world import World

_PREFIX = "/api/v10"
_KEPT_REQUESTS = 20_000
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class RestDoor:
    """Answers every request under `/api/v10`.

    Args:
        world: What requests act on.
        table: Which routes there are.
        buckets: The rate limits.
        faults: What goes wrong on purpose.
        content_rules: Which words are not taken.

    Attributes:
        requests: Everything that was asked, in order.
        unknown_routes: Method and path of what no route answers.
    """

    def __init__(
        self,
        world: World,
        table: RouteTable,
        buckets: Buckets,
        faults: Faults,
        content_rules: ContentRules,
    ) -> None:
        self._world = world
        self._content_rules = content_rules
        self._table = table
        self._buckets = buckets
        self._faults = faults
        self.requests: list[RecordedRequest] = []
        self.unknown_routes: list[tuple[str, str]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; faults strike before it takes effect or after."""
        path = unquote(request.rel_url.raw_path.removeprefix(_PREFIX))
        body, files = await _read_body(request)
        record = RecordedRequest(
            time_s=self._world.clock(),
            method=request.method,
            path=path,
            body=body,
            headers={
                key: value for key, value in request.headers.items() if key != "Authorization"
            },
        )
        match = self._table.find(request.method, path)
        if match is not None:
            record.template = match.route.template
        self._note(record)
        one_way_s = self._faults.latency_s / 2
        await _travel(one_way_s)
        fault = self._faults.take(request.method, path, is_after=False)
        if fault is None:
            answer, headers = await self._answer(request, record, match, files)
            fault = self._faults.take(request.method, path, is_after=True)
        else:
            answer, headers = RestAnswer(), {}
        await _travel(one_way_s)
        if fault is not None and fault.kind is not FaultKind.ANSWER:
            _end(request, is_reset=fault.kind is FaultKind.RESET)
            self._world.changed()
            return web.Response(status=499)
        if fault is None:
            return self._write(record, answer, headers)
        headers |= fault.headers
        return self._write(record, RestAnswer(fault.body, fault.status), headers, fault.content)

    async def _answer(
        self,
        request: web.Request,
        record: RecordedRequest,
        match: Match | None,
        files: tuple[Upload, ...],
    ) -> tuple[RestAnswer, dict[str, str]]:
        """Let a request through the outage, the token check and the limits to its route."""
        if self._faults.outage_status is not None:
            status = self._faults.outage_status
            return RestAnswer({"message": f"{status}: Service Unavailable", "code": 0}, status), {}
        storm_s = self._faults.storm_retry_after_s
        if storm_s is not None:
            verdict = refusal(storm_s, "global", {"X-RateLimit-Global": "true"})
            return RestAnswer(verdict.body, HTTPStatus.TOO_MANY_REQUESTS), dict(verdict.headers)
        if match is None:
            self.unknown_routes.append((request.method, record.path))
            return _no(refused(Refusal.NOT_FOUND)), {}
        if match.route.needs_token and not self._is_bot(request):
            return _no(refused(Refusal.UNAUTHORIZED)), {}
        verdict = self._take(match)
        headers = dict(verdict.headers)
        if verdict.body is not None:
            return RestAnswer(verdict.body, HTTPStatus.TOO_MANY_REQUESTS), headers
        rest_request = RestRequest(
            world=self._world,
            buckets=self._buckets,
            method=request.method,
            path=record.path,
            parameters=match.parameters,
            query=dict(request.query),
            body=record.body,
            files=files,
        )
        return await self._ask(match, rest_request), headers

    async def _ask(self, match: Match, request: RestRequest) -> RestAnswer:
        """Call a route's handler and turn a refusal into an answer."""
        if request.body is _BAD_JSON:
            return _no(refused(Refusal.BAD_JSON))
        try:
            self._content_rules.check(request.method, match.route.template, request.body)
            return await match.route.handler(request)
        except RefusedError as error:
            return _no(error)

    def _note(self, record: RecordedRequest) -> None:
        """Keep the record of a request; the oldest ones go when there are very many."""
        self.requests.append(record)
        if len(self.requests) > _KEPT_REQUESTS:
            del self.requests[: _KEPT_REQUESTS // 10]
        self._world.changed()

    def _take(self, match: Match) -> Verdict:
        """Count a request against its bucket and the global limit."""
        route = match.route
        return self._buckets.take(
            route.bucket, route.bucket_key, match.major, counts_globally=route.counts_globally
        )

    def _is_bot(self, request: web.Request) -> bool:
        """Whether a request brings the bot's token."""
        return request.headers.get("Authorization") == f"Bot {self._world.bot.token}"

    def _write(
        self,
        record: RecordedRequest,
        answer: RestAnswer,
        headers: dict[str, str],
        content: bytes | None = None,
    ) -> web.Response:
        """Write an answer and note it; `Via` is what tells Discord's 429 from a ban page.

        Bytes that are given are sent as they are, in place of the answer's JSON.
        """
        record.status = int(answer.status)
        record.answer = answer.body
        record.answered_s = self._world.clock()
        self._world.changed()
        headers = {"Via": "1.1 sandbox"} | headers
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers, body=content)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS and "retry_after" in answer.body:
            headers.setdefault("Retry-After", str(max(1, round(answer.body["retry_after"]))))
            headers.setdefault("X-RateLimit-Scope", "user")
        headers["Content-Type"] = "application/json"
        return web.Response(
            status=answer.status, headers=headers, body=json.dumps(answer.body).encode()
        )


async def _travel(one_way_s: float) -> None:
    """Let a request or its answer take its time on the way."""
    if one_way_s > 0:
        await asyncio.sleep(one_way_s)


def _no(error: RefusedError) -> RestAnswer:
    """Write a refusal."""
    return RestAnswer(error.body, error.status)


_BAD_JSON = "\0"
"""Stands for a body that is no JSON; no JSON body is this text, since it would have quotes."""


async def _read_body(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    """Read a request's JSON and files; a request without a body has null."""
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    text = await request.text()
    return (_parse(text) if text else None), ()


async def _read_multipart(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    """Read `payload_json` and the files, which are named `files[0]`, `files[1]` and so on."""
    form = await request.post()
    uploads: dict[int, Upload] = {}
    for name, value in form.items():
        if isinstance(value, web.FileField):
            number = name.removeprefix("files[").removesuffix("]")
            place = int(number) if number.isdecimal() else len(uploads)
            uploads[place] = Upload(value.filename, value.file.read(), value.content_type)
    given = form.get("payload_json")
    body = _parse(given) if isinstance(given, str) else cast("Payload", {})
    return body, tuple(uploads[number] for number in sorted(uploads))


def _parse(text: str) -> Any:
    """Parse JSON, or give what stands for a body that is none."""
    try:
        return json.loads(text)
    except ValueError:
        return _BAD_JSON


def _end(request: web.Request, *, is_reset: bool) -> None:
    """Close a connection; the other side sees a reset (SO_LINGER of zero), or a proper end."""
    transport = request.transport
    if transport is None:
        return
    if not is_reset:
        transport.close()
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
