"""The routes with which the bot answers interactions.

They need no bot token, since an interaction's own token is in the path, and are outside the global
rate limit. Source: Discord documentation, "Receiving and Responding".
"""

from collections.abc import Callable
from dataclasses import replace

from sandbox.payloads.command_rules import check_choice
from sandbox.payloads.json_values import list_or_empty, object_or_none
from sandbox.payloads.messages import message_payload
from sandbox.payloads.refusals import Refusal, RefusedError, invalid_form, refused
from sandbox.people.interactions import (
    CallbackKind,
    InteractionKind,
    InteractionRecord,
    Interactions,
)
from sandbox.people.modals import parse_modal
from sandbox.rest.checks.message_body import change_from, draft_from
from sandbox.rest.routing import RestAnswer, RestRequest, Route
from sandbox.world.entities import Change, Draft, Message, MessageFlag, MessageKind, Reference
from sandbox.world.entities import Payload as Json

_MAXIMUM_CHOICES = 25
_MESSAGE_PATH = "/webhooks/{webhook_id}/{token}/messages/{message_id}"
_CALLBACK_PATH = "/interactions/{interaction_id}/{token}/callback"
_TRUE = ("1", "true", "True")

_FITTING: dict[InteractionKind, tuple[CallbackKind, ...]] = {
    InteractionKind.COMMAND: (
        CallbackKind.MESSAGE,
        CallbackKind.DEFERRED_MESSAGE,
        CallbackKind.MODAL,
    ),
    InteractionKind.COMPONENT: (
        CallbackKind.MESSAGE,
        CallbackKind.DEFERRED_MESSAGE,
        CallbackKind.DEFERRED_UPDATE,
        CallbackKind.UPDATE,
        CallbackKind.MODAL,
    ),
    InteractionKind.AUTOCOMPLETE: (CallbackKind.CHOICES,),
    InteractionKind.MODAL_SUBMIT: (
        CallbackKind.MESSAGE,
        CallbackKind.DEFERRED_MESSAGE,
        CallbackKind.DEFERRED_UPDATE,
        CallbackKind.UPDATE,
    ),
}
_UPDATES = (CallbackKind.DEFERRED_UPDATE, CallbackKind.UPDATE)


def interaction_routes(interactions: Interactions) -> list[Route]:
    """List the routes that answer interactions."""
    answers = InteractionAnswers(interactions)

    def route(method: str, template: str, handler: Callable[..., RestAnswer]) -> Route:
        async def handle(request: RestRequest) -> RestAnswer:
            return handler(request)

        bucket = "others" if template == _CALLBACK_PATH else "webhook"
        return Route(
            method, template, handle, bucket=bucket, needs_token=False, counts_globally=False
        )

    return [
        route("POST", _CALLBACK_PATH, answers.first),
        route("POST", "/webhooks/{webhook_id}/{token}", answers.follow_up),
        route("GET", _MESSAGE_PATH, answers.read),
        route("PATCH", _MESSAGE_PATH, answers.edit),
        route("DELETE", _MESSAGE_PATH, answers.delete),
    ]


class InteractionAnswers:
    """What the bot does with an interaction that it was told of.

    Args:
        interactions: Where tokens lead to.
    """

    def __init__(self, interactions: Interactions) -> None:
        self._interactions = interactions
        self._world = interactions.world
        self._callbacks: dict[CallbackKind, Callable[[InteractionRecord, RestRequest], None]] = {
            CallbackKind.MESSAGE: self._respond,
            CallbackKind.DEFERRED_MESSAGE: self._defer,
            CallbackKind.DEFERRED_UPDATE: self._defer_update,
            CallbackKind.UPDATE: self._update,
            CallbackKind.CHOICES: self._offer,
            CallbackKind.MODAL: self._open_modal,
        }

    def first(self, request: RestRequest) -> RestAnswer:
        """Take the first answer, of any kind that fits the interaction."""
        record = self._interactions.unanswered(
            request.id_of("interaction_id"), request.parameters["token"]
        )
        callback = _fitting_callback(record, request.form.get("type"))
        try:
            self._callbacks[callback](record, request)
        except RefusedError as error:
            raise _under_data(error) from error
        self._interactions.acknowledge(record, callback)
        if request.query.get("with_response") in _TRUE:
            return RestAnswer(self._callback_payload(record, callback))
        return RestAnswer(status=204)

    def follow_up(self, request: RestRequest) -> RestAnswer:
        """Post a further message; after a deferral the first one takes its place."""
        record = self._answered(request)
        response = record.response
        if record.is_thinking and response is not None:
            self._change(response, change_from(request.form, response, request.files))
            return RestAnswer(message_payload(self._world.directory, response))
        draft = draft_from(request.form, request.files)
        target = None if response is None else Reference(response.channel_id, response.id)
        kind = MessageKind.DEFAULT if target is None else MessageKind.REPLY
        message = self._post(record, replace(draft, kind=kind, reference=target))
        record.followups.append(message)
        self._world.changed()
        return RestAnswer(message_payload(self._world.directory, message))

    def read(self, request: RestRequest) -> RestAnswer:
        """Return a message of the answer."""
        return RestAnswer(message_payload(self._world.directory, self._message(request)))

    def edit(self, request: RestRequest) -> RestAnswer:
        """Change a message of the answer; a deferred one is filled by that."""
        message = self._message(request)
        self._change(message, change_from(request.form, message, request.files))
        return RestAnswer(message_payload(self._world.directory, message))

    def delete(self, request: RestRequest) -> RestAnswer:
        """Delete a message of the answer."""
        self._world.delete(self._message(request))
        return RestAnswer(status=204)

    def _answered(self, request: RestRequest) -> InteractionRecord:
        """Return the interaction of the path."""
        return self._interactions.answered(request.id_of("webhook_id"), request.parameters["token"])

    def _message(self, request: RestRequest) -> Message:
        """Return the message of the path; only those of the interaction can be reached by it."""
        record = self._answered(request)
        messages = [record.response] if record.response is not None else []
        if request.parameters["message_id"] != "@original":
            messages = [
                message
                for message in [*messages, *record.followups]
                if message.id == request.id_of("message_id")
            ]
        if not messages or messages[0].is_deleted:
            raise refused(Refusal.UNKNOWN_MESSAGE)
        return messages[0]

    def _respond(self, record: InteractionRecord, request: RestRequest) -> None:
        """Answer with a message."""
        draft = draft_from(_data_of(request), request.files)
        record.response = self._post(record, self._as_response(record, draft))

    def _defer(self, record: InteractionRecord, request: RestRequest) -> None:
        """Show that the bot is thinking; whether it is ephemeral is settled by this."""
        ephemeral = int(_data_of(request).get("flags") or 0) & MessageFlag.EPHEMERAL
        draft = Draft(flags=int(ephemeral | MessageFlag.LOADING))
        record.response = self._post(record, self._as_response(record, draft))

    def _defer_update(self, record: InteractionRecord, _request: RestRequest) -> None:
        """Promise to change the message that the component is on."""
        record.response = record.origin.message

    def _update(self, record: InteractionRecord, request: RestRequest) -> None:
        """Change the message that the component is on."""
        message = record.origin.message
        if message is None or message.is_deleted:
            raise refused(Refusal.UNKNOWN_MESSAGE)
        self._change(message, change_from(_data_of(request), message, request.files))
        record.response = message

    def _offer(self, record: InteractionRecord, request: RestRequest) -> None:
        """Offer choices for what the person is typing."""
        choices = list_or_empty(_data_of(request).get("choices"))
        if len(choices) > _MAXIMUM_CHOICES:
            raise invalid_form("choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        for index, choice in enumerate(choices):
            check_choice(choice, f"choices.{index}")
        record.choices = choices

    def _open_modal(self, record: InteractionRecord, request: RestRequest) -> None:
        """Show a form to the person."""
        record.modal = parse_modal(_data_of(request), record.id)

    def _as_response(self, record: InteractionRecord, draft: Draft) -> Draft:
        """Return an answer the type of message that goes with the interaction."""
        if record.kind is InteractionKind.COMMAND:
            is_slash = record.command_kind == 1
            kind = MessageKind.CHAT_INPUT_COMMAND if is_slash else MessageKind.CONTEXT_MENU_COMMAND
            return replace(draft, kind=kind)
        source = record.origin.message
        if record.kind is InteractionKind.COMPONENT and source is not None:
            target = Reference(source.channel_id, source.id)
            return replace(draft, kind=MessageKind.REPLY, reference=target)
        return draft

    def _post(self, record: InteractionRecord, draft: Draft) -> Message:
        """Post a message of the answer; that it points to one of the bot's own pings nobody."""
        draft = replace(
            draft,
            webhook_id=self._world.bot.application_id,
            interaction=record.metadata(),
            allowed_mentions=replace(draft.allowed_mentions, replied_user=False),
        )
        return self._world.post(self._world.bot, record.origin.channel, draft)

    def _change(self, message: Message, change: Change) -> None:
        """Change a message of the answer; after that nobody is thinking any more."""
        flags = (message.flags if change.flags is None else change.flags) & ~MessageFlag.LOADING
        self._world.edit(message, replace(change, flags=flags))

    def _callback_payload(self, record: InteractionRecord, callback: CallbackKind) -> Json:
        """Write what `with_response` asks for."""
        interaction: Json = {
            "id": str(record.id),
            "type": int(record.kind),
            "channel_id": str(record.origin.channel.id),
        }
        if record.origin.channel.guild_id is not None:
            interaction["guild_id"] = str(record.origin.channel.guild_id)
        payload: Json = {"interaction": interaction}
        if record.response is not None:
            interaction["response_message_id"] = str(record.response.id)
            interaction["response_message_loading"] = record.is_thinking
            interaction["response_message_ephemeral"] = record.response.is_ephemeral
        if record.response is not None and callback in (CallbackKind.MESSAGE, CallbackKind.UPDATE):
            written = message_payload(self._world.directory, record.response)
            payload["resource"] = {"type": int(callback), "message": written}
        return payload


def _data_of(request: RestRequest) -> Json:
    """Return the `data` of a callback, empty where there is none."""
    return object_or_none(request.form.get("data")) or {}


def _fitting_callback(record: InteractionRecord, given: object) -> CallbackKind:
    """Read the type of a callback.

    Raises:
        RefusedError: Code 50035: there is no such type, or not for this interaction.
    """
    allowed = _FITTING[record.kind]
    if record.origin.message is None:
        allowed = tuple(each for each in allowed if each not in _UPDATES)
    if given not in allowed:
        values = ", ".join(str(int(each)) for each in allowed)
        raise invalid_form("type", "BASE_TYPE_CHOICES", f"Value must be one of ({values}).")
    return next(each for each in allowed if each == given)


def _under_data(error: RefusedError) -> RefusedError:
    """Return where a wrong field of a callback is: everything is inside of `data`."""
    errors = error.body.get("errors")
    if errors is None or "data" in errors:
        return error
    return RefusedError(error.status, error.body | {"errors": {"data": errors}})
