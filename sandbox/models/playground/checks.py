"""What M25 looks at before it answers, in its order. Source: protocol, section 3."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from sandbox.models.playground import refusals
from sandbox.models.playground.fields import MessageFields, read_fields
from sandbox.models.playground.models import PlaygroundModel
from sandbox.models.playground.refusals import RefusedError
from sandbox.models.playground.tree import MessageTree, StoredMessage
from sandbox.models.recording import RecordedRequest


@dataclass(frozen=True, slots=True)
class Question:
    """A request that has passed every check which comes before the text is judged."""

    fields: MessageFields
    user: str
    model: PlaygroundModel
    parent: StoredMessage | None


def identify(request: web.Request) -> str:
    """Return the anonymous user of a request; an empty id is a user too.

    Raises:
        RefusedError: There is none, or a token came along: no token is good here.
    """
    user = request.headers.get("X-Anonymous-User-Id")
    if user is None or "Authorization" in request.headers:
        raise RefusedError(401, refusals.UNAUTHORIZED)
    return user


def check(
    request: web.Request,
    recorded: RecordedRequest,
    tree: MessageTree,
    models: Sequence[PlaygroundModel],
) -> Question:
    """Apply the checks 1 to 5.

    Raises:
        RefusedError: The first one that fails.
    """
    fields = read_fields(recorded)
    _check_references(fields)
    user = identify(request)
    parent = _check_thread(fields, user, tree)
    model = _find_model(fields, models)
    _check_files(recorded, model, is_first=parent is None)
    return Question(fields, user, model, parent)


def _check_references(fields: MessageFields) -> None:
    if fields.original is not None and fields.original == fields.parent:
        raise refusals.invalid_value("The original message cannot also be the parent")
    if fields.role == "assistant" and fields.parent is None:
        raise refusals.invalid_value("Assistant messages must have a parent")


def _check_thread(fields: MessageFields, user: str, tree: MessageTree) -> StoredMessage | None:
    if fields.parent is None:
        return None
    parent = tree.find(fields.parent)
    if parent is None:
        raise refusals.invalid_value(f"Parent message {fields.parent} not found")
    root = tree.find(parent.root)
    if root is None:
        raise refusals.invalid_value(f"Message has an invalid root {parent.root}")
    if parent.role == fields.role:
        raise refusals.invalid_value("Parent and child must have different roles")
    if root.creator != user:
        raise RefusedError(403, refusals.FORBIDDEN)
    return parent


def _find_model(fields: MessageFields, models: Sequence[PlaygroundModel]) -> PlaygroundModel:
    for model in models:
        if (model.id, model.host) == (fields.model, fields.host):
            return model
    raise RefusedError(400, f"Invalid model/host combination {fields.model}/{fields.host}")


def _check_files(recorded: RecordedRequest, model: PlaygroundModel, *, is_first: bool) -> None:
    count = len(recorded.files)
    if count and not model.accepts_files:
        raise RefusedError(400, "This model doesn't accept files")
    if is_first and model.requires_file and not count:
        raise RefusedError(400, "This model requires a file to be sent with the first message")
    if count > model.max_files_per_message:
        raise RefusedError(
            400, f"This model only supports {model.max_files_per_message} files per message"
        )
