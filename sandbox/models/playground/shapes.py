"""The JSON shape of a stored message: nested and snake_case in M25, flat and camelCase in T26."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sandbox.models.playground.tree import MessageTree, StoredMessage

_SNIPPET_CHARS = 100


def nested(message: StoredMessage, children: Sequence[object] | None = None) -> dict[str, object]:
    """Return a message as M25 writes it, with these children in it."""
    return {
        "id": message.id,
        "content": message.content,
        "snippet": message.content[:_SNIPPET_CHARS],
        "creator": message.creator,
        "role": message.role,
        "opts": dict(message.options),
        "root": message.root,
        "created": timestamp(message.created_s),
        "model_id": message.model_id,
        "model_host": message.model_host,
        "deleted": None,
        "parent": message.parent,
        "template": message.template,
        "logprobs": [] if message.role == "assistant" and message.final else None,
        "children": children,
        "completion": None,
        "final": message.final,
        "original": message.original,
        "private": True,
        "model_type": "chat" if message.role == "assistant" else None,
        "finish_reason": message.finish_reason,
        "harmful": message.harmful,
        "expiration_time": timestamp(message.expires_s),
        "labels": list(message.labels),
        "file_urls": None,
    }


def nested_chain(messages: Sequence[StoredMessage]) -> dict[str, object]:
    """Return messages of which each answers the one before, as one M25 object."""
    shape = nested(messages[-1])
    for message in reversed(messages[:-1]):
        shape = nested(message, [shape])
    return shape


def nested_subtree(tree: MessageTree, message: StoredMessage) -> dict[str, object]:
    """Return a message with everything that was answered to it, as one M25 object."""
    children = [nested_subtree(tree, child) for child in tree.children(message)]
    return nested(message, children or None)


def flat(message: StoredMessage, children: Sequence[str]) -> dict[str, object]:
    """Return a message as T26 writes it, with the ids of its children."""
    return {
        "agentId": None,
        "children": list(children),
        "completion": None,
        "content": message.content,
        "created": timestamp(message.created_s),
        "creator": message.creator,
        "deleted": None,
        "errorCode": None,
        "errorDescription": None,
        "errorSeverity": None,
        "expirationTime": timestamp(message.expires_s),
        "extraParameters": None,
        "fileUrls": [],
        "final": message.final,
        "finishReason": None,
        "harmful": message.harmful,
        "id": message.id,
        "inputParts": None,
        "isLimitReached": False,
        "isOlderThan30Days": False,
        "labels": list(message.labels),
        "modelHost": message.model_host,
        "modelId": message.model_id,
        "modelType": "chat" if message.role == "assistant" else None,
        "opts": _camel_case(message.options),
        "original": message.original,
        "parent": message.parent,
        "private": True,
        "role": message.role,
        "root": message.root,
        "snippet": message.content[:_SNIPPET_CHARS],
        "template": message.template,
        "thinking": message.thinking,
        "toolCalls": list(message.tool_calls),
        "toolDefinitions": [],
    }


def thread(tree: MessageTree, messages: Sequence[StoredMessage]) -> dict[str, object]:
    """Return messages as a T26 thread object, whose id is that of the first listed."""
    listed = [flat(message, [child.id for child in tree.children(message)]) for message in messages]
    return {"id": messages[0].id, "messages": listed}


def timestamp(seconds: float) -> str:
    """Write a time, given in seconds since 1970, as both dialects do."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def _camel_case(options: Mapping[str, object]) -> dict[str, object]:
    names = {"max_tokens": "maxTokens", "top_p": "topP"}
    return {names.get(name, name): value for name, value in options.items()}
