"""What a killed process leaves behind, made out of what one leaves that has ended."""

import asyncio

from delivery.discord_api import Row, view_of
from rendering.buttons import STREAMING
from rendering.cursor import CURSOR
from sandbox.world.entities import Change, Message
from tests.e2e.scene import Scene
from tests.e2e.streams import stored


async def forget_the_end(scene: Scene) -> None:
    """Make the store look as a kill leaves it: the newest answer has no outcome."""
    path = scene.folder / "bobbin.db"
    process = await asyncio.create_subprocess_exec(
        "python3",
        "-c",
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute(\"UPDATE turn SET outcome = NULL, finished_at = NULL WHERE role = 'assistant'"
        ' AND id = (SELECT max(id) FROM turn)"); c.commit()',
        str(path),
    )
    assert await process.wait() == 0


async def leave_streaming(scene: Scene, message: Message, words: str) -> None:
    """Make a message look as a kill leaves it: with its cursor and its *Stop* button."""
    row = Row((await stored(scene, message)).id, STREAMING)
    rows = tuple(view_of(row).to_components())
    scene.world.edit(message, Change(content=f"{words}{CURSOR}", components=rows))
