"""What T26 looks at before it answers, in its order. Source: protocol, section 10."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from aiohttp import web

from sandbox.models.playground import refusals
from sandbox.models.playground.checks import identify
from sandbox.models.playground.fields import raw
from sandbox.models.playground.models import PlaygroundModel
from sandbox.models.playground.refusals import RefusedError
from sandbox.models.playground.tree import MessageTree, StoredMessage
from sandbox.models.recording import RecordedRequest

_DEFAULTS: dict[str, object] = {
    "max_tokens": 2048,
    "temperature": 0.7,
    "n": 1,
    "top_p": 1.0,
    "logprobs": None,
    "stop": [],
}
_BOUNDS = {"temperature": (0.0, 1.0), "top_p": (0.01, 1.0), "max_tokens": (1.0, 2048.0)}
_TRUE = ("true", "1", "yes", "on")
_ROLES = ("user", "assistant", "system", "tool_call_result")


@dataclass(frozen=True, slots=True)
class ThreadQuestion:
    """A request that has passed every check which comes before the text is judged."""

    content: str
    role: str
    user: str
    model: PlaygroundModel
    parent: StoredMessage | None
    original: str | None
    tool_call_id: str | None
    options: Mapping[str, object]
    max_tokens: int


def check(
    request: web.Request,
    recorded: RecordedRequest,
    tree: MessageTree,
    models: Sequence[PlaygroundModel],
) -> ThreadQuestion:
    """Apply the checks: identity, fields, model, thread, options.

    Raises:
        RefusedError: The first one that fails.
    """
    user = identify(request)
    fields = raw(recorded)
    content, role = _read_text(fields)
    if str(fields.get("bypassSafetyCheck", "false")).lower() in _TRUE:
        raise RefusedError(403, refusals.FORBIDDEN)
    model = _find_model(fields, models)
    parent = _check_thread(_text(fields, "parent"), role, user, tree)
    options = _read_options(fields, {} if parent is None else parent.options)
    original = _text(fields, "original")
    if original is not None and tree.find(original) is None:
        raise RefusedError(500, "Internal Server Error")
    return ThreadQuestion(
        content=content,
        role=role,
        user=user,
        model=model,
        parent=parent,
        original=original,
        tool_call_id=_text(fields, "tool_call_id"),
        options=options,
        max_tokens=int(cast(float, options["max_tokens"])),
    )


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _read_text(fields: Mapping[str, object]) -> tuple[str, str]:
    content = _text(fields, "content")
    if content is None:
        raise refusals.invalid({"loc": ["content"], "msg": "Field required", "type": "missing"})
    role = _text(fields, "role") or "user"
    if role not in _ROLES:
        raise refusals.invalid({"loc": ["role"], "msg": "Input should be a role", "type": "enum"})
    return content.replace("\r\n", "\n"), role


def _find_model(fields: Mapping[str, object], models: Sequence[PlaygroundModel]) -> PlaygroundModel:
    model_id = _text(fields, "model")
    for model in models:
        if model.id == model_id:
            return model
    raise RefusedError(400, f"Invalid model {model_id}")


def _check_thread(
    parent_id: str | None, role: str, user: str, tree: MessageTree
) -> StoredMessage | None:
    if parent_id is None:
        return None
    parent = tree.find(parent_id)
    if parent is None:
        raise refusals.invalid_value(f"Parent message {parent_id} not found")
    root = tree.find(parent.root)
    if root is None:
        raise refusals.invalid_value(f"Message has an invalid root {parent.root}")
    if root.creator != user:
        raise RefusedError(403, refusals.FORBIDDEN)
    if parent.role == role and role != "tool_call_result":
        raise refusals.invalid_value("Parent and child must have different roles")
    return parent


def _read_options(
    fields: Mapping[str, object], inherited: Mapping[str, object]
) -> dict[str, object]:
    options = {**_DEFAULTS, **inherited}
    if "stop" in fields:
        options["stop"] = fields["stop"]
    for name, (lower, upper) in _BOUNDS.items():
        if name in fields:
            options[name] = _bounded(name, str(fields[name]), lower, upper)
    return options


def _bounded(name: str, sent: str, lower: float, upper: float) -> float:
    try:
        value = float(sent)
    except ValueError as error:
        message = "Input should be a valid number"
        raise refusals.invalid({"loc": [name], "msg": message, "type": "float_parsing"}) from error
    label = f"Default {name} must be"
    if value > upper:
        raise RefusedError(
            400, f"{label} less than or equal to the configured upper limit of {upper}"
        )
    if value < lower:
        raise RefusedError(
            400, f"{label} greater than or equal to the configured lower limit of {lower}"
        )
    return int(value) if name == "max_tokens" else value
