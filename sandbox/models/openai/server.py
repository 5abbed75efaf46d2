"""The stand-in for an OpenAI-compatible server, in the flavours that are met in the field."""

from collections.abc import Mapping, Sequence
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.models.openai.encoding import FAILED, Completion, EventFramer, WholeFramer
from sandbox.models.openai.flavours import FLAVOURS, FlavourTraits, error_body
from sandbox.models.pacing import Wire, perform
from sandbox.models.script import (
    Answer,
    AskedConversation,
    AskedMessage,
    Reason,
    Refuse,
    Script,
    tokens,
)
from sandbox.models.server import RECORDED, ModelServer, application

_OPTIONS = ("temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed")
_DEFAULT_MODELS = ("demo", "demo-small")


class OpenAIServer(ModelServer):
    """Serves `/v1/chat/completions` and `/v1/models`.

    Attributes:
        models: The ids of the models that are listed.
        traits: What this flavour does; tests may replace it.
        context_tokens: Listed with each model as its `context_length`, as OpenRouter does; None
            leaves it out, as most do.
    """

    def __init__(
        self,
        script: Script,
        *,
        flavour: str | FlavourTraits = "openai",
        models: Sequence[str] = _DEFAULT_MODELS,
        api_key: str | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(script, port=port)
        self.traits = FLAVOURS[flavour] if isinstance(flavour, str) else flavour
        self.models = tuple(models)
        self.context_tokens: int | None = None
        self._api_key = api_key

    @property
    def base_url(self) -> str:
        """The address with `/v1`, as such servers are configured."""
        return super().base_url + "/v1"

    def _application(self, middlewares: Sequence[Middleware]) -> web.Application:
        served = application(middlewares)
        served.router.add_get("/v1/models", self._list_models)
        served.router.add_post("/v1/chat/completions", self._answer)
        return served

    async def _list_models(self, request: web.Request) -> web.Response:
        if not self._is_allowed(request):
            return self._unauthorized()
        known = {} if self.context_tokens is None else {"context_length": self.context_tokens}
        listed = [
            {"id": model, "object": "model", "created": 0, "owned_by": "sandbox", **known}
            for model in self.models
        ]
        return web.json_response({"object": "list", "data": listed})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if not self._is_allowed(request):
            return self._unauthorized()
        sent = request[RECORDED].json
        body: Mapping[str, object] = (
            cast(Mapping[str, object], sent) if isinstance(sent, dict) else {}
        )
        asked = _read(body)
        if asked is None:
            return self._refused(Refuse("Invalid request: 'model' and 'messages' are required."))
        if self.traits.checks_model and asked.model not in self.models:
            message = f"The model `{asked.model}` does not exist or you do not have access to it."
            return self._refused(Refuse(message, 404, "model_not_found"))
        request[RECORDED].asked = asked
        answer = self.script.answer(asked).limited(_token_limit(asked.options))
        if isinstance(answer.fault, Refuse):
            return self._refused(answer.fault)
        return await self._say(request, body, asked, answer)

    async def _say(
        self,
        request: web.Request,
        body: Mapping[str, object],
        asked: AskedConversation,
        answer: Answer,
    ) -> web.StreamResponse:
        is_streamed = body.get("stream") is True
        if isinstance(answer.fault, Reason) and not is_streamed:
            fault = answer.fault
            return self._refused(Refuse(fault.message or FAILED, 500, fault.reason))
        completion = Completion(
            asked.model,
            self.traits,
            prompt_tokens=sum(len(tokens(message.text)) for message in asked.messages),
            includes_usage=_asks_for_usage(body),
            finish_reason=answer.finish_reason,
        )
        content_type = "text/event-stream" if is_streamed else "application/json"
        response = web.StreamResponse(headers={"Content-Type": content_type})
        response.enable_chunked_encoding()
        await response.prepare(request)
        request[RECORDED].status = response.status
        await perform(
            answer,
            EventFramer(completion) if is_streamed else WholeFramer(completion),
            Wire(request, response, answer.write_sizes),
            recorded=request[RECORDED],
            recording=self._recording,
        )
        return response

    def _is_allowed(self, request: web.Request) -> bool:
        sent = request.headers.get("Authorization")
        return self._api_key is None or sent == f"Bearer {self._api_key}"

    def _unauthorized(self) -> web.Response:
        return self._refused(Refuse("Incorrect API key provided.", 401, "invalid_api_key"))

    def _refused(self, refuse: Refuse) -> web.Response:
        kind = _kind(refuse)
        body = error_body(self.traits, refuse.status, refuse.message, kind=kind, code=refuse.code)
        return web.json_response(body, status=refuse.status, headers=refuse.headers)


def _kind(refuse: Refuse) -> str:
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    default = "server_error" if refuse.status >= 500 else "invalid_request_error"
    return kinds.get(refuse.status, default)


def _read(body: Mapping[str, object]) -> AskedConversation | None:
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not isinstance(messages, list):
        return None
    read: list[AskedMessage] = []
    for message in cast(list[object], messages):
        if not isinstance(message, dict):
            return None
        members = cast(Mapping[str, object], message)
        read.append(AskedMessage(str(members.get("role")), _text(members.get("content"))))
    options = {name: body[name] for name in _OPTIONS if body.get(name) is not None}
    return AskedConversation(model, tuple(read), str(body.get("user", "")), options)


def _text(content: object) -> str:
    """Return the text of a message whose content is a string or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [
        cast(Mapping[str, object], part)
        for part in cast(list[object], content)
        if isinstance(part, dict)
    ]
    return "".join(str(part.get("text", "")) for part in parts)


def _token_limit(options: Mapping[str, object]) -> int | None:
    limit = options.get("max_completion_tokens", options.get("max_tokens"))
    return limit if isinstance(limit, int) else None


def _asks_for_usage(body: Mapping[str, object]) -> bool:
    options = body.get("stream_options")
    if not isinstance(options, dict):
        return False
    return cast(Mapping[str, object], options).get("include_usage") is True
