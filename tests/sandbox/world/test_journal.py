"""The file of a world: what comes back from it, and what is refused."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from sandbox.world.entities import (
    Bot,
    Change,
    Command,
    Draft,
    Guild,
    MessageKind,
    Reference,
    Upload,
)
from sandbox.world.journal import VERSION, Journal, UnreadableWorldError
from sandbox.world.world import World


def test_a_world_is_as_it_was_when_its_file_is_opened_again(tmp_path: Path) -> None:
    """People, places, messages with their edits, and files come back; new ids are larger."""
    path = tmp_path / "world.sqlite"
    world = World.open(path)
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    world.join(guild, world.bot)
    message = world.post(world.bot, channel, Draft("one"))
    world.edit(message, Change(content="two"))
    gone = world.post(world.bot, channel, Draft("gone"))
    world.delete(gone)
    thread = world.start_thread(world.bot, channel, "talk", message=message)
    world.close()

    again = World.open(path)
    assert again.bot.token == world.bot.token
    assert [each.name for each in again.channels_of(again.guilds[guild.id])] == ["general"]
    (kept,) = again.messages(channel.id)
    assert (kept.content, [content for _, content in kept.edits]) == ("two", ["two"])
    assert again.channels[thread.id].thread is not None
    assert again.permissions_in(again.bot.id, again.channels[thread.id])
    assert again.create_person("new").id > thread.id
    again.close()


def test_a_deleted_channel_is_not_brought_back(tmp_path: Path) -> None:
    """A channel that was deleted is gone with its messages and threads, also from the file."""
    path = tmp_path / "world.sqlite"
    world = World.open(path)
    guild = world.create_guild("guild")
    channel = world.create_text_channel(guild, "general")
    world.start_thread(world.bot, channel, "talk")
    world.delete_channel(channel)
    world.close()
    again = World.open(path)
    assert again.channels == {}
    again.close()


async def test_changes_are_in_the_file_soon_without_closing(tmp_path: Path) -> None:
    """What changed is written in a batch soon after, so that a killed sandbox loses little."""
    path = tmp_path / "world.sqlite"
    world = World.open(path)
    guild = world.create_guild("guild")

    def is_written() -> bool:
        """Look at the file as another process would."""
        with closing(Journal(path)) as journal:
            return any(isinstance(entity, Guild) for entity in journal.entities())

    async with asyncio.timeout(5):
        while not is_written():  # noqa: ASYNC110 - a file tells nobody that it changed
            await asyncio.sleep(0.05)
    world.close()
    again = World.open(path)
    assert list(again.guilds) == [guild.id]
    again.close()


def test_every_field_of_every_kind_comes_back(tmp_path: Path) -> None:
    """What is read is equal, field by field, to what was written: files, replies, overwrites."""
    path = tmp_path / "world.sqlite"
    world = World.open(path)
    guild = world.create_guild("guild")
    forum = world.create_forum(guild, "forum")
    ann = world.create_person("ann")
    role = world.create_role(guild, "role", 8, mentionable=True)
    world.join(guild, ann, (role,))
    world.set_permissions(forum, role, deny=1 << 11)
    draft = Draft(f"{ann.mention} \N{WAVING HAND SIGN}", uploads=(Upload("a.txt", b"a"),), nonce=7)
    thread, first = world.create_post(ann, forum, "talk", draft)
    reply = Draft("x", kind=MessageKind.REPLY, reference=Reference(thread.id, first.id), nonce="7")
    world.react(ann, world.post(world.bot, thread, reply), "\N{THUMBS UP SIGN}")
    command = Command(1, 2, None, {"name": "ask", "options": [{"type": 3}]})
    world.directory.keep(command)
    world.close()
    again = World.open(path)
    assert _fields(again) == _fields(world)
    assert isinstance(again.bot, Bot)
    again.close()


def test_half_a_surrogate_pair_does_not_lose_the_message(tmp_path: Path) -> None:
    """A text that no file can hold is written with a sign in its place."""
    path = tmp_path / "world.sqlite"
    world = World.open(path)
    channel = world.create_text_channel(world.create_guild("guild"), "general")
    world.post(world.bot, channel, Draft("a\ud83db"))
    world.close()
    again = World.open(path)
    assert [each.content for each in again.messages(channel.id)] == ["a?b"]
    again.close()


def test_a_file_of_pickles_is_refused_and_none_is_read(tmp_path: Path) -> None:
    """The form of older versions is refused as it is: nothing in it runs."""
    path, trace = tmp_path / "world.sqlite", tmp_path / "trace"
    body = f"cpathlib\nPath.touch\n(cpathlib\nPath\n(V{trace}\ntRtR.".encode()
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("CREATE TABLE entity (kind TEXT, id INTEGER, body BLOB)")
        old.execute("INSERT INTO entity VALUES ('person', 1, ?)", (body,))
    before = path.read_bytes()
    with pytest.raises(UnreadableWorldError, match="older version"):
        World.open(path)
    assert path.read_bytes() == before
    assert not trace.exists()


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """A file of a version to come is refused as it is."""
    path = tmp_path / "world.sqlite"
    World.open(path).close()
    with closing(sqlite3.connect(path)) as newer, newer:
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(UnreadableWorldError, match="newer version"):
        World.open(path)


@pytest.mark.parametrize("body", ["{", "{}", "[1]", '{"id": "x", "name": "ann"}'])
def test_a_row_that_is_no_entity_is_damage(tmp_path: Path, body: str) -> None:
    """A row that is no JSON, or lacks what it must have, makes the file a damaged one."""
    path = tmp_path / "world.sqlite"
    World.open(path).close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO entity VALUES ('person', 5, ?)", (body,))
    with pytest.raises(UnreadableWorldError, match="damaged"):
        World.open(path)


def test_a_locked_file_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    """While another process holds the file, opening it fails with SQLite's own error."""
    path = tmp_path / "world.sqlite"
    World.open(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            Journal(path, busy_timeout_s=0.05)


def _fields(world: World) -> list[object]:
    """Return all that is in a world as plain values."""
    channels = world.channels.values()
    messages = [each for channel in channels for each in world.messages(channel.id)]
    kinds = (world.people, world.roles, world.guilds, world.channels, world.commands)
    entities = [entity for kind in kinds for entity in kind.values()]
    return [*map(asdict, entities), *map(asdict, messages), world.files]
