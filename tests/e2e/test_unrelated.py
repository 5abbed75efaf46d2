"""What most messages cost: those that have nothing to do with the bot."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any

from tests.e2e.scene import Scene

_UNRELATED = 20


async def test_unrelated_messages_are_dropped_before_any_task_is_made(scene: Scene) -> None:
    """A message or an edit that is not meant for the bot makes no task; one that is does."""
    tasks: list[asyncio.Task[Any]] = []

    def noted(
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        **options: Any,
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, **options)
        tasks.append(task)
        return task

    loop = asyncio.get_running_loop()
    async with scene.bot():
        loop.set_task_factory(noted)
        try:
            for number in range(_UNRELATED):
                said = scene.actor(scene.ben).say(scene.channel, f"unrelated {number}")
                scene.actor(scene.ben).edit(said, f"edited {number}")
            await scene.ask("but this is for you")
        finally:
            loop.set_task_factory(None)
    names = [task.get_name() for task in tasks]
    heard = [name for name in names if name.endswith(("on_message", "on_raw_message_edit"))]
    assert heard
    assert len(heard) < _UNRELATED
