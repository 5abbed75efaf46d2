"""What the model behind the bot heard, for end-to-end tests."""

from sandbox.models.script import AskedConversation
from sandbox.world.entities import Channel, Message
from tests.e2e.scene import Scene


def conversations(scene: Scene) -> list[AskedConversation]:
    """Return what the model was asked, oldest first: the whole chain of messages each time."""
    return [request.asked for request in scene.playground.requests if request.asked is not None]


def questions(scene: Scene) -> list[str]:
    """Return the newest message of each time the model was asked, in the order of asking."""
    return [asked.messages[-1].text for asked in conversations(scene)]


def said_by_people(asked: AskedConversation) -> list[str]:
    """Return what people had said in a conversation up to that question, oldest first."""
    return [message.text for message in asked.messages if message.role == "user"]


async def answer_to(scene: Scene, message: Message, channel: Channel) -> Message:
    """Wait for the finished answer of the bot which replies to a message, and give it."""

    def found() -> Message | None:
        for each in scene.finished(channel):
            if each.reference is not None and each.reference.message_id == message.id:
                return each
        return None

    answer = await scene.until(found)
    assert answer is not None
    return answer
