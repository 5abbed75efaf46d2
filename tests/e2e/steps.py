"""Steps that tests of commands share: asking, commanding, and what a model was told."""

from typing import Any

from sandbox.models.recording import RecordedRequest
from sandbox.models.server import ModelServer
from sandbox.world.entities import Channel, Message, Person
from sandbox.world.permissions import Permission
from tests.e2e.scene import Scene


def asked(server: ModelServer) -> list[RecordedRequest]:
    """Return the questions that reached a model, oldest first."""
    return [request for request in server.requests if request.asked is not None]


def told(request: RecordedRequest) -> list[tuple[str, str]]:
    """Return what a model was told, as roles and texts."""
    assert request.asked is not None
    return [(message.role, message.text) for message in request.asked.messages]


def answers(scene: Scene, channel: Channel) -> list[Message]:
    """Return the bot's finished messages in a place, without what it said to commands."""
    return [message for message in scene.finished(channel) if not message.interaction]


async def ask_in(
    scene: Scene, channel: Channel, text: str, person: Person | None = None
) -> Message:
    """Say something in a place where the bot listens; give its next message, finished."""
    before = len(answers(scene, channel))
    scene.actor(person or scene.ann).say(channel, text)
    await scene.until(lambda: len(answers(scene, channel)) > before)
    return answers(scene, channel)[before]


async def command(
    scene: Scene, channel: Channel, name: str, person: Person | None = None, /, **options: Any
) -> str:
    """Return a command; give the answer, which nobody else may see."""
    record = await scene.actor(person or scene.ann).slash(channel, name, **options)
    await record.until(lambda: not record.is_thinking)
    assert record.response is not None, record.failed or "a modal was shown"
    assert record.response.is_ephemeral
    return record.response.content


def let_manage(scene: Scene, person: Person) -> None:
    """Let somebody manage messages in the channel and its threads."""
    scene.world.set_permissions(scene.channel, person, allow=Permission.MANAGE_MESSAGES)
