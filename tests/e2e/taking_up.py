"""Answers that end without being whole, and clicks on what is offered under them."""

from sandbox.models.script import Answer, Cut
from sandbox.people.interactions import CallbackKind, InteractionRecord
from sandbox.world.entities import Channel, Message, Person
from tests.e2e.scene import Scene

CAME = "One two"
"""What came of a cut answer."""
REST = "three four"


async def cut_answer(scene: Scene, person: Person | None = None) -> tuple[Channel, Message]:
    """Ask for an answer whose connection is lost after `CAME`; give the thread and the message."""
    scene.script.queue(Answer(f"{CAME} three four", fault=Cut(len(CAME))))
    return await scene.ask("count", person)


async def press(
    scene: Scene, message: Message, label: str, person: Person | None = None
) -> InteractionRecord:
    """Click a button; the bot's first answer is there when this returns, and changes nothing."""
    record = await scene.actor(person or scene.ann).click(message, label=label)
    assert record.failed is None
    assert record.callback is CallbackKind.DEFERRED_UPDATE
    return record


async def refusal_of(record: InteractionRecord) -> str:
    """Wait for what the bot tells about a click, which nobody else may see."""
    await record.until(lambda: record.followups)
    (told,) = record.followups
    assert told.is_ephemeral
    return told.content
