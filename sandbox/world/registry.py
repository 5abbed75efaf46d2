"""What the world remembers: its entities, who listens to it, and the file that keeps it."""

import asyncio
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from sandbox.world.entities import (
    Bot,
    Channel,
    Command,
    Guild,
    Message,
    Payload,
    Person,
    Role,
)
from sandbox.world.events import Event, Intent
from sandbox.world.persistence import Shelf
from sandbox.world.snowflakes import SnowflakeSource

Entity = Person | Role | Guild | Channel | Message | Command

_KINDS: dict[type, str] = {
    Person: "person",
    Bot: "person",
    Role: "role",
    Guild: "guild",
    Channel: "channel",
    Message: "message",
    Command: "command",
}
_FLUSH_AFTER_S = 0.2


class Registry:
    """The entities by id, the listeners, and the writing of what changed.

    Args:
        wall_clock: Seconds since 1970, for what Discord shows.
        clock: A clock that never jumps, in seconds, for what tests measure.
        path: The file to bring back and to keep; null keeps nothing.

    Attributes:
        files_url: Where attachments are served; the server sets it when it listens.
    """

    def __init__(
        self,
        *,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        path: Path | None = None,
    ) -> None:
        self.now = wall_clock
        self.clock = clock
        self.ids = SnowflakeSource(wall_clock)
        self.files_url = "https://cdn.discordapp.com"
        self.people: dict[int, Person] = {}
        self.roles: dict[int, Role] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.commands: dict[int, Command] = {}
        self.files: dict[int, bytes] = {}
        self._messages: dict[int, dict[int, Message]] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._watchers: list[Callable[[], None]] = []
        self._unwritten: dict[tuple[str, int], Entity | None] = {}
        self._unwritten_files: dict[int, bytes] = {}
        self._is_flush_planned = False
        self._shelf = None if path is None else Shelf(path)
        if self._shelf is not None:
            self._bring_back(self._shelf)

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call a listener with each event from now on, in order; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_change(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call a watcher whenever anything may have changed; returns how to stop that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def changed(self) -> None:
        """Tell the watchers; whoever changes something that `until` may wait for calls it."""
        for watcher in tuple(self._watchers):
            watcher()

    def emit(
        self, name: str, data: Payload, intent: Intent, channel: Channel | None = None
    ) -> None:
        """Tell the listeners what happened, and the watchers that something did."""
        event = Event(
            name=name,
            data=data,
            intent=intent,
            channel_id=None if channel is None else channel.id,
            guild_id=None if channel is None else channel.guild_id,
        )
        self.emit_event(event)

    def emit_event(self, event: Event) -> None:
        """Tell the listeners an event that is made already."""
        for listener in tuple(self._listeners):
            listener(event)
        self.changed()

    def keep(self, entity: Entity) -> None:
        """Hold an entity that is new or that changed."""
        match entity:
            case Person():
                self.people[entity.id] = entity
            case Role():
                self.roles[entity.id] = entity
            case Guild():
                self.guilds[entity.id] = entity
            case Channel():
                self.channels[entity.id] = entity
            case Message():
                self._messages.setdefault(entity.channel_id, {})[entity.id] = entity
            case Command():
                self.commands[entity.id] = entity
        self._write_soon(_KINDS[type(entity)], entity.id, entity)

    def keep_file(self, file_id: int, content: bytes) -> None:
        """Hold the bytes of an attachment."""
        self.files[file_id] = content
        if self._shelf is not None:
            self._unwritten_files[file_id] = content

    def forget_command(self, command: Command) -> None:
        """Let go of an application command."""
        self.commands.pop(command.id, None)
        self._write_soon("command", command.id, None)

    def forget_channel(self, channel: Channel) -> None:
        """Let go of a channel and of its messages."""
        self.channels.pop(channel.id, None)
        self._write_soon("channel", channel.id, None)
        for message_id in self._messages.pop(channel.id, {}):
            self._write_soon("message", message_id, None)

    def messages_with_deleted(self, channel_id: int) -> dict[int, Message]:
        """Give all messages that a channel ever had, by id and oldest first."""
        return self._messages.get(channel_id, {})

    def flush(self) -> None:
        """Write what changed to the file, if there is one."""
        self._is_flush_planned = False
        if self._shelf is None:
            return
        rows = [
            (kind, entity_id, None if entity is None else pickle.dumps(entity))
            for (kind, entity_id), entity in self._unwritten.items()
        ]
        self._shelf.write(rows, list(self._unwritten_files.items()))
        self._unwritten.clear()
        self._unwritten_files.clear()

    def close(self) -> None:
        """Write what is left and close the file; a second call does nothing."""
        self.flush()
        if self._shelf is not None:
            self._shelf.close()
            self._shelf = None

    def _write_soon(self, kind: str, entity_id: int, entity: Entity | None) -> None:
        """Note a change and see to it that a batch is written; without a loop, `close` writes."""
        if self._shelf is None:
            return
        self._unwritten[kind, entity_id] = entity
        if self._is_flush_planned:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._is_flush_planned = True
        loop.call_later(_FLUSH_AFTER_S, self.flush)

    def _bring_back(self, shelf: Shelf) -> None:
        """Read everything that the file holds."""
        for kind in dict.fromkeys(_KINDS.values()):
            for entity in _unpickled(shelf.rows(kind)):
                self.keep(entity)
                self.ids.skip_past(entity.id)
        self.files.update(shelf.files())
        for file_id in self.files:
            self.ids.skip_past(file_id)
        self._unwritten.clear()


def _unpickled(bodies: Iterator[bytes]) -> Iterator[Any]:
    """Give back the entities that `flush` wrote.

    Raises:
        AttributeError, or another error of pickle: They are of another version of the sandbox.
    """
    for body in bodies:
        entity = pickle.loads(body)  # noqa: S301 - the file is the sandbox's own
        for each in fields(entity):
            getattr(entity, each.name)
        yield entity
