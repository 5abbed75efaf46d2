"""The stand-in for the Ai2 Playground: one loopback server that speaks both dialects."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.models.pacing import Framer, Wire, perform
from sandbox.models.playground import refusals, t26_checks
from sandbox.models.playground.checks import check
from sandbox.models.playground.exchange import asked, begin
from sandbox.models.playground.m25 import M25Framer
from sandbox.models.playground.models import DOCUMENTED_MODELS, PlaygroundModel
from sandbox.models.playground.reading import add_reading_routes
from sandbox.models.playground.refusals import RefusedError
from sandbox.models.playground.shapes import nested
from sandbox.models.playground.store import MessageFile, UnreadableStoreError
from sandbox.models.playground.t26 import T26Framer
from sandbox.models.playground.tree import Draft, MessageTree, StoredMessage
from sandbox.models.script import Answer, AskedConversation, Refuse, Script
from sandbox.models.server import RECORDED, ModelServer, application

OVERLOAD_AFTER_S = 5.0
"""How long M25 waits for the first piece of an answer, in seconds. Source: protocol, section 4."""


class PlaygroundServer(ModelServer):
    """Serves M25 and T26 over the same messages, so that a thread may be gone on from in either.

    Attributes:
        messages: The tree of all messages.
        models: What is served and listed.
    """

    def __init__(
        self,
        script: Script,
        *,
        models: Sequence[PlaygroundModel] = DOCUMENTED_MODELS,
        port: int = 0,
        store: Path | None = None,
        wall_clock: Callable[[], float] = time.time,
        overload_after_s: float = OVERLOAD_AFTER_S,
    ) -> None:
        super().__init__(script, port=port)
        self.models = tuple(models)
        self.messages = MessageTree(wall_clock, self._save)
        self._store_path = store
        self._file: MessageFile | None = None
        self._overload_after_s = overload_after_s

    async def __aenter__(self) -> Self:
        """Read the stored messages and listen on 127.0.0.1.

        Raises:
            OSError: The port is taken.
            UnreadableStoreError: The file of stored messages cannot be read.
        """
        if self._store_path is not None:
            self._file = MessageFile(self._store_path)
            try:
                stored = self._file.load()
            except UnreadableStoreError:
                self._file.close()
                raise
            for message in stored:
                self.messages.put(message)
        return await super().__aenter__()

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up on every client, stop listening and close the file."""
        await super().__aexit__(error_type, error, traceback)
        if self._file is not None:
            self._file.close()
            self._file = None

    def expire_threads(self, *, roots_only: bool = True) -> None:
        """Let every thread's first message expire now, or with `roots_only=False` every message.

        A parent then fails with "invalid root", as a day after the first message, or with "not
        found", as a day after the last.
        """
        now_s = self.messages.now_s()
        for message in self.messages:
            if message.id == message.root or not roots_only:
                message.expires_s = now_s
                self.messages.save(message)

    def _save(self, message: StoredMessage) -> None:
        if self._file is not None:
            self._file.save(message)
        self._recording.changed()

    def _delete(self, root: str) -> None:
        gone = self.messages.delete_thread(root)
        if self._file is not None:
            self._file.delete(gone)
        self._recording.changed()

    def _application(self, middlewares: Sequence[Middleware]) -> web.Application:
        served = application([*middlewares, refusals.write_refusals])
        served.router.add_post("/v4/message/stream", self._answer_m25)
        served.router.add_post("/v4/threads/", self._answer_t26)
        served.router.add_route("*", "/v4/threads", _add_slash)
        add_reading_routes(served.router, self.messages, self.models, self._delete)
        return served

    async def _answer_m25(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        question = check(request, request[RECORDED], self.messages, self.models)
        fields, model, parent = question.fields, question.model, question.parent
        draft = Draft(question.user, model.id, model.host, fields.options())
        if fields.role == "assistant":
            message = self.messages.add(draft, "assistant", fields.content, parent)
            message.final = True
            self.messages.save(message)
            return web.json_response(nested(message))
        answer = self._take_answer(
            request, asked(self.messages, model, draft, fields.content, parent)
        )
        if fields.original is not None and self.messages.find(fields.original) is None:
            raise RefusedError(400, f'original "{fields.original}" not found')
        exchange = begin(self.messages, model, draft, fields.content, parent)
        exchange.mark(original=fields.original, template=fields.template)
        return await self._say(
            request,
            answer.limited(fields.max_tokens),
            M25Framer(exchange, answer.finish_reason),
            first_piece_limit_s=self._overload_after_s,
        )

    async def _answer_t26(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        question = t26_checks.check(request, request[RECORDED], self.messages, self.models)
        model, parent = question.model, question.parent
        draft = Draft(question.user, model.id, model.host, question.options)
        answer = self._take_answer(
            request,
            asked(self.messages, model, draft, question.content, parent, role=question.role),
        )
        exchange = begin(self.messages, model, draft, question.content, parent, role=question.role)
        exchange.mark(original=question.original, tool_call_id=question.tool_call_id)
        return await self._say(request, answer.limited(question.max_tokens), T26Framer(exchange))

    def _take_answer(self, request: web.Request, conversation: AskedConversation) -> Answer:
        request[RECORDED].asked = conversation
        answer = self.script.answer(conversation)
        if isinstance(answer.fault, Refuse):
            raise RefusedError.from_script(answer.fault)
        return answer

    async def _say(
        self,
        request: web.Request,
        answer: Answer,
        framer: Framer,
        *,
        first_piece_limit_s: float | None = None,
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/jsonl"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        request[RECORDED].status = response.status
        await perform(
            answer,
            framer,
            Wire(request, response, answer.write_sizes),
            recorded=request[RECORDED],
            recording=self._recording,
            first_piece_limit_s=first_piece_limit_s,
        )
        return response


async def _add_slash(request: web.Request) -> web.StreamResponse:
    raise web.HTTPPermanentRedirect(request.path + "/")
