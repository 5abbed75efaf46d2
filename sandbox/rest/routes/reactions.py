"""The routes of reactions."""

from sandbox.payloads.people import user_payload
from sandbox.payloads.refusals import Refusal, refused
from sandbox.rest.checks.access import (
    allows,
    channel_of,
    message_of,
    person_of,
    require,
    require_awake,
)
from sandbox.rest.routing import RestAnswer, RestRequest, Route
from sandbox.world.entities import Channel, Message, Person
from sandbox.world.permissions import Permission

_MAX_EMOJI = 20


def reaction_routes() -> list[Route]:
    """Return the table's lines; they share one bucket a channel."""
    many = "/channels/{channel_id}/messages/{message_id}/reactions"
    one = many + "/{emoji}"
    return [
        Route("PUT", one + "/@me", _add, "react"),
        Route("DELETE", one + "/{user_id}", _remove, "react"),
        Route("DELETE", one, _clear, "react"),
        Route("DELETE", many, _clear, "react"),
        Route("GET", one, _read),
    ]


async def _add(request: RestRequest) -> RestAnswer:
    """React as the bot; an emoji that is not there yet needs a permission."""
    channel, message = _place(request)
    emoji = _emoji(request)
    require(request, channel, Permission.READ_MESSAGE_HISTORY)
    if emoji not in message.reactions:
        require(request, channel, Permission.ADD_REACTIONS)
        if len(message.reactions) >= _MAX_EMOJI:
            raise refused(Refusal.TOO_MANY_REACTIONS)
    request.world.react(request.bot, message, emoji)
    return RestAnswer(status=204)


async def _remove(request: RestRequest) -> RestAnswer:
    """Take back the bot's reaction, or with a permission somebody else's."""
    channel, message = _place(request)
    person = person_of(request)
    if person is not request.bot:
        require(request, channel, Permission.MANAGE_MESSAGES)
    request.world.unreact(person, message, _emoji(request))
    return RestAnswer(status=204)


async def _clear(request: RestRequest) -> RestAnswer:
    """Take back everybody's reactions, with one emoji or with all of them."""
    channel, message = _place(request)
    require(request, channel, Permission.MANAGE_MESSAGES)
    chosen = [_emoji(request)] if "emoji" in request.parameters else list(message.reactions)
    for emoji in chosen:
        for person in _reacted(request, message, emoji):
            request.world.unreact(person, message, emoji)
    return RestAnswer(status=204)


async def _read(request: RestRequest) -> RestAnswer:
    """Return who reacted with an emoji."""
    channel = channel_of(request)
    if not allows(request, channel, Permission.READ_MESSAGE_HISTORY):
        raise refused(Refusal.MISSING_PERMISSIONS)
    message = message_of(request, channel)
    people = _reacted(request, message, _emoji(request))
    return RestAnswer([user_payload(person) for person in people])


def _place(request: RestRequest) -> tuple[Channel, Message]:
    """Return the channel, which must be awake, and the message."""
    channel = channel_of(request)
    message = message_of(request, channel)
    require_awake(channel)
    return channel, message


def _reacted(request: RestRequest, message: Message, emoji: str) -> list[Person]:
    """Return who reacted with an emoji, the first one first."""
    return [request.world.people[user_id] for user_id in message.reactions.get(emoji, ())]


def _emoji(request: RestRequest) -> str:
    """Return the path's emoji; the sandbox's guilds have none of their own, so ASCII is unknown."""
    emoji = request.parameters["emoji"]
    if emoji.isascii():
        raise refused(Refusal.UNKNOWN_EMOJI)
    return emoji
