"""The fields of a message request: their names, types and bounds. Source: protocol, section 2."""

from collections.abc import Mapping
from typing import Annotated, Literal, cast

from pydantic import BaseModel, Field, ValidationError

from sandbox.models.playground.refusals import invalid
from sandbox.models.recording import RecordedRequest

_CAMEL_CASE = {
    "maxTokens": "max_tokens",
    "topP": "top_p",
    "captchaToken": "captcha_token",
    "toolCallId": "tool_call_id",
}
_LISTS = ("stop",)
_OPTIONS = ("max_tokens", "temperature", "n", "top_p", "logprobs", "stop")


class MessageFields(BaseModel):
    """What M25 reads; names are snake_case here, whatever case they came in."""

    content: Annotated[str, Field(min_length=1)]
    model: str
    host: str
    parent: str | None = None
    role: Literal["user", "assistant", "system"] = "user"
    original: str | None = None
    private: bool = False
    template: str | None = None
    captcha_token: str | None = None
    max_tokens: Annotated[int, Field(ge=1, le=2048)] = 2048
    temperature: Annotated[float, Field(ge=0, le=1, multiple_of=0.01)] = 0.7
    top_p: Annotated[float, Field(ge=0.01, le=1, multiple_of=0.01)] = 1.0
    n: Annotated[int, Field(ge=1, le=1)] = 1
    logprobs: Annotated[int, Field(ge=0, le=10)] | None = None
    stop: list[str] = []

    def options(self) -> dict[str, object]:
        """Return the options as they are stored with a message."""
        return {name: getattr(self, name) for name in _OPTIONS}


def raw(recorded: RecordedRequest) -> dict[str, object]:
    """Return the fields as they came, under their snake_case names; camelCase wins over snake_case.

    Of a field that is sent twice the first value is taken, but for those that may be repeated.
    """
    values: dict[str, object]
    sent_json = recorded.json
    if isinstance(sent_json, dict):
        values = dict(cast(Mapping[str, object], sent_json))
    else:
        values = {
            name: list(sent) if name in _LISTS else sent[0]
            for name, sent in recorded.fields.items()
        }
    for camel_case, snake_case in _CAMEL_CASE.items():
        if camel_case in values:
            values[snake_case] = values.pop(camel_case)
    return values


def read_fields(recorded: RecordedRequest) -> MessageFields:
    """Read what M25 is asked, with the rules that look at nothing but the request.

    Raises:
        RefusedError: A field is missing or out of bounds.
    """
    try:
        return MessageFields.model_validate(raw(recorded))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise invalid(
            *({"loc": list(one["loc"]), "msg": one["msg"], "type": one["type"]} for one in found)
        ) from error
