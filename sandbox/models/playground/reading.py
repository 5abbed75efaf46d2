"""What a client reads, deletes and rates besides asking. Source: protocol, sections 6 to 8."""

import secrets
from collections.abc import Callable, Sequence
from typing import cast

from aiohttp import web

from sandbox.models.playground import refusals
from sandbox.models.playground.checks import identify
from sandbox.models.playground.models import PlaygroundModel, m25_listing, t26_listing
from sandbox.models.playground.refusals import RefusedError
from sandbox.models.playground.shapes import nested_subtree, thread, timestamp
from sandbox.models.playground.tree import Label, MessageTree, StoredMessage
from sandbox.models.server import RECORDED

_MOST_LISTED = 100
_OPTION_BOUNDS = {
    "max_tokens": {"name": "max_tokens", "default": 2048, "min": 1, "max": 2048, "step": 1},
    "temperature": {"name": "temperature", "default": 0.7, "min": 0.0, "max": 1.0, "step": 0.01},
    "top_p": {"name": "top_p", "default": 1.0, "min": 0.01, "max": 1.0, "step": 0.01},
    "n": {"name": "n", "default": 1, "min": 1, "max": 1, "step": 1},
    "logprobs": {"name": "logprobs", "default": None, "min": 0, "max": 10, "step": 1},
}


def add_reading_routes(
    router: web.UrlDispatcher,
    tree: MessageTree,
    models: Sequence[PlaygroundModel],
    delete_thread: Callable[[str], None],
) -> None:
    """Add every route but the two that ask a model."""
    reading = _Reading(tree, models, delete_thread)
    router.add_get("/v3/models", reading.list_models)
    router.add_get("/v4/models/", reading.list_visible_models)
    router.add_get("/v3/schema", reading.show_bounds)
    router.add_get("/v3/message/{id}", reading.show_message)
    router.add_delete("/v3/message/{id}", reading.delete)
    router.add_get("/v3/messages", reading.list_messages)
    router.add_get("/v4/threads/", reading.list_threads)
    router.add_get("/v4/threads/{id}", reading.show_thread)
    router.add_post("/v3/label", reading.rate)
    router.add_delete("/v3/label/{id}", reading.withdraw_rating)
    router.add_get("/v3/whoami", reading.who_am_i)
    router.add_put("/v3/user", reading.accept_terms)


class _Reading:
    """The handlers; what they know beyond the tree is who has accepted the terms."""

    def __init__(
        self,
        tree: MessageTree,
        models: Sequence[PlaygroundModel],
        delete_thread: Callable[[str], None],
    ) -> None:
        self._tree = tree
        self._models = models
        self._delete_thread = delete_thread
        self._accepted: set[str] = set()

    async def list_models(self, _: web.Request) -> web.Response:
        return web.json_response(m25_listing(self._models))

    async def list_visible_models(self, _: web.Request) -> web.Response:
        return web.json_response(t26_listing(self._models))

    async def show_bounds(self, _: web.Request) -> web.Response:
        return web.json_response({"Message": {"InferenceOpts": _OPTION_BOUNDS}})

    async def show_message(self, request: web.Request) -> web.Response:
        message = self._find(request)
        if message.creator != identify(request):
            raise RefusedError(403, "You do not have access to that private message.")
        return web.json_response(nested_subtree(self._tree, message))

    async def delete(self, request: web.Request) -> web.Response:
        message = self._find(request)
        if message.id != message.root:
            raise RefusedError(404, f"Message {message.id} not found.")
        if message.creator != identify(request):
            raise RefusedError(403, refusals.FORBIDDEN)
        self._delete_thread(message.id)
        return web.json_response(None)

    async def list_messages(self, request: web.Request) -> web.Response:
        offset, limit = _page(request)
        user = identify(request)
        if request.query.get("creator", user) != user:
            raise RefusedError(403, refusals.FORBIDDEN)
        roots = self._roots(user)
        listed = [nested_subtree(self._tree, root) for root in roots[offset : offset + limit]]
        return web.json_response({"messages": listed, "meta": _meta(roots, offset, limit)})

    async def list_threads(self, request: web.Request) -> web.Response:
        offset, limit = _page(request)
        roots = self._roots(identify(request))
        listed = [
            thread(self._tree, self._subtree(root)) for root in roots[offset : offset + limit]
        ]
        return web.json_response({"threads": listed, "meta": _meta(roots, offset, limit)})

    async def show_thread(self, request: web.Request) -> web.Response:
        identify(request)
        return web.json_response(thread(self._tree, self._subtree(self._find(request))))

    async def rate(self, request: web.Request) -> web.Response:
        user = identify(request)
        sent = request[RECORDED].json
        body = cast(dict[str, object], sent) if isinstance(sent, dict) else {}
        rating, comment = body.get("rating"), body.get("comment")
        if rating not in (1, 0, -1):
            raise RefusedError(400, f"{rating} is not a valid Rating")
        if isinstance(comment, str) and not comment.strip():
            raise RefusedError(400, "comment must not be blank")
        message = self._tree.find(str(body.get("message")))
        if message is None:
            raise RefusedError(400, f"message {body.get('message')} not found")
        for label in message.labels:
            if label["creator"] == user:
                raise RefusedError(422, f"message {message.id} already has label {label['id']}")
        label: Label = {
            "id": f"lbl_{secrets.token_hex(5).upper()}",
            "message": message.id,
            "rating": rating,
            "creator": user,
            "comment": comment,
            "created": timestamp(self._tree.now_s()),
            "deleted": None,
        }
        message.labels.append(label)
        self._tree.save(message)
        return web.json_response(label)

    async def withdraw_rating(self, request: web.Request) -> web.Response:
        user = identify(request)
        for message in self._tree:
            for label in message.labels:
                if label["id"] != request.match_info["id"]:
                    continue
                if label["creator"] != user:
                    raise RefusedError(403, refusals.FORBIDDEN)
                message.labels.remove(label)
                self._tree.save(message)
                return web.json_response({**label, "deleted": timestamp(self._tree.now_s())})
        raise RefusedError(404, f"label {request.match_info['id']} not found")

    async def who_am_i(self, request: web.Request) -> web.Response:
        user = identify(request)
        has_accepted = user in self._accepted
        return web.json_response(
            {"client": user, "hasAcceptedTermsAndConditions": has_accepted, "id": None}
        )

    async def accept_terms(self, request: web.Request) -> web.Response:
        user = identify(request)
        self._accepted.add(user)
        return web.json_response({"client": user})

    def _find(self, request: web.Request) -> StoredMessage:
        message = self._tree.find(request.match_info["id"])
        if message is None:
            raise RefusedError(404, f"Message {request.match_info['id']} not found.")
        return message

    def _roots(self, user: str) -> list[StoredMessage]:
        """Return the first messages of a user's threads which are final, newest first."""
        mine = [one for one in self._tree if one.id == one.root and one.creator == user]
        return [one for one in reversed(mine) if one.final and self._tree.find(one.id)]

    def _subtree(self, message: StoredMessage) -> list[StoredMessage]:
        found = [message]
        for one in found:
            found.extend(self._tree.children(one))
        return found


def _page(request: web.Request) -> tuple[int, int]:
    try:
        offset = int(request.query.get("offset", "0"))
        limit = int(request.query.get("limit", "10"))
    except ValueError as error:
        raise RefusedError(400, "offset and limit must be integers") from error
    if limit > _MOST_LISTED or limit < 0 or offset < 0:
        raise RefusedError(400, f"limit must be at most {_MOST_LISTED}")
    return offset, limit


def _meta(found: Sequence[object], offset: int, limit: int) -> dict[str, object]:
    return {"total": len(found), "offset": offset, "limit": limit, "sort": None}
