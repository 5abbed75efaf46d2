"""What a killed process leaves behind, made out of what one leaves that has ended."""

import asyncio
import sqlite3
from contextlib import closing

from conversation.entities import Part
from conversation.events import TextDelta
from delivery.discord_api import Row, view_of
from rendering.buttons import STREAMING, custom_id
from rendering.cursor import CURSOR
from rendering.diff import WantedPart, digest_of
from rendering.reply import StreamingReply
from sandbox.world.entities import Change, Channel, Draft, Message
from tests.e2e.scene import Scene
from tests.e2e.streams import stored

_FORGET_THE_END = """
    UPDATE turn SET outcome = NULL, finished_at = NULL
    WHERE id = (SELECT max(id) FROM turn WHERE role = 'assistant')
"""
_SENT = "UPDATE part SET digest = ?, is_confirmed = 1 WHERE message_id = ?"
_BEHIND = """
    UPDATE reply SET shown_rev = wanted_rev - 1
    WHERE id = (SELECT reply_id FROM part WHERE message_id = ?)
"""


async def execute(scene: Scene, statement: str, *parameters: object) -> None:
    """Change what the store has, behind the bot's back."""
    await asyncio.to_thread(_execute, scene, statement, parameters)


def _execute(scene: Scene, statement: str, parameters: tuple[object, ...]) -> None:
    with closing(sqlite3.connect(scene.folder / "bobbin.db")) as database, database:
        database.execute(statement, parameters)


async def forget_the_end(scene: Scene) -> None:
    """Make the store look as a kill leaves it: the newest answer has no outcome."""
    await execute(scene, _FORGET_THE_END)


async def leave_streaming(scene: Scene, message: Message, words: str) -> None:
    """Make a message of a reply, and the store, look as a kill leaves them: its end is not shown.

    The message has its cursor and its *Stop* button.
    """
    turn_id = (await stored(scene, message)).id
    (wanted,) = _streaming(words) or [WantedPart(CURSOR, STREAMING)]
    scene.world.edit(message, Change(content=wanted.content, components=_rows(turn_id, wanted)))
    await execute(scene, _SENT, _digest(turn_id, wanted), message.id)
    await show_again(scene, message)


async def show_again(scene: Scene, message: Message) -> None:
    """Make the store look as if it were not known that a reply is shown."""
    await execute(scene, _BEHIND, message.id)


def post_streaming(
    scene: Scene, place: Channel, turn_id: int, text: str
) -> list[tuple[Message, Part]]:
    """Post what a reply shows while its answer has come so far; give its parts as well."""
    shown: list[tuple[Message, Part]] = []
    for ordinal, wanted in enumerate(_streaming(text)):
        draft = Draft(content=wanted.content, components=_rows(turn_id, wanted))
        message = scene.world.post(scene.world.bot, place, draft)
        part = Part(
            ordinal=ordinal,
            channel_id=place.id,
            message_id=message.id,
            nonce=f"{turn_id}.{ordinal}",
            digest=_digest(turn_id, wanted),
            is_confirmed=True,
        )
        shown.append((message, part))
    return shown


def _streaming(text: str) -> list[WantedPart]:
    reply = StreamingReply()
    if text:
        reply.feed(TextDelta(text))
    return list(reply.parts())


def _rows(turn_id: int, wanted: WantedPart) -> tuple[dict[str, object], ...]:
    if not wanted.buttons:
        return ()
    return tuple(view_of(Row(turn_id, wanted.buttons)).to_components())


def _digest(turn_id: int, wanted: WantedPart) -> str:
    return digest_of(wanted.content, [custom_id(each, turn_id) for each in wanted.buttons])
