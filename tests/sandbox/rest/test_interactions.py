"""The rules of interactions, held against requests that discord.py would not send."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from sandbox.discord_server import DiscordServer
from sandbox.payloads.interaction import Origin
from sandbox.people.interactions import InteractionKind, InteractionRecord
from sandbox.rest.rate_limits import Limits, Rate
from sandbox.world.entities import Channel, Guild, Person
from sandbox.world.world import World
from tests.sandbox.events import recorded_events


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self.now_s


@dataclass(slots=True)
class Wire:
    """A guild, a person, and a bare HTTP client instead of a bot."""

    server: DiscordServer
    session: aiohttp.ClientSession
    clock: Clock
    guild: Guild
    person: Person
    channel: Channel

    def begin(
        self, kind: InteractionKind = InteractionKind.COMMAND, data: dict[str, Any] | None = None
    ) -> InteractionRecord:
        """Let the person do something."""
        given = data or {"id": "1", "name": "echo", "type": 1}
        origin = Origin(self.person, self.channel)
        return self.server.interactions.begin(kind, origin, given)

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send a request without any token, and give status and JSON."""
        url = self.server.api_url + path
        async with self.session.request(method, url, json=body) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def answer(
        self, record: InteractionRecord, body: object, query: str = ""
    ) -> tuple[int, Any]:
        """Send a first answer."""
        path = f"/interactions/{record.id}/{record.token}/callback{query}"
        return await self.ask("POST", path, body)

    def webhook(self, record: InteractionRecord, rest: str = "") -> str:
        """Return the path of what follows the first answer."""
        return f"/webhooks/{self.server.world.bot.id}/{record.token}{rest}"


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """Serve a guild whose bot is not running, with a global limit of one request."""
    clock = Clock()
    world = World(clock=clock)
    guild = world.create_guild("Weavers")
    world.join(guild, world.bot)
    person = world.create_person("ada")
    world.join(guild, person)
    channel = world.create_text_channel(guild, "general")
    limits = Limits.off().but(everything=Rate(1, 60.0, "global"))
    async with DiscordServer(world, limits=limits) as server, aiohttp.ClientSession() as session:
        yield Wire(server, session, clock, guild, person, channel)
        server.interactions.close()


async def test_a_second_answer_is_refused(wire: Wire) -> None:
    """An interaction is answered once; the second first answer gets code 40060."""
    record = wire.begin()
    assert await wire.answer(record, {"type": 4, "data": {"content": "one"}}) == (204, None)
    status, body = await wire.answer(record, {"type": 4, "data": {"content": "two"}})
    assert (status, body["code"]) == (400, 40060)


async def test_an_unknown_interaction_is_refused(wire: Wire) -> None:
    """An id or token that is not there gets code 10062."""
    record = wire.begin()
    path = f"/interactions/{record.id}/other/callback"
    status, body = await wire.ask("POST", path, {"type": 5})
    assert (status, body["code"]) == (404, 10062)


async def test_a_response_can_be_asked_for(wire: Wire) -> None:
    """`with_response` gives the interaction and the message; a deferral says it is loading."""
    record = wire.begin()
    answer = {"type": 4, "data": {"content": "hey", "flags": 64}}
    status, body = await wire.answer(record, answer, "?with_response=true")
    assert status == 200
    assert body["resource"]["message"]["content"] == "hey"
    assert body["interaction"]["response_message_ephemeral"] is True
    _, body = await wire.answer(wire.begin(), {"type": 5}, "?with_response=1")
    assert body["interaction"]["response_message_loading"] is True
    assert "resource" not in body


async def test_there_is_nothing_to_follow_before_the_first_answer(wire: Wire) -> None:
    """Followups and the original are unknown (code 10015) as long as nothing was answered."""
    record = wire.begin()
    status, body = await wire.ask("POST", wire.webhook(record), {"content": "early"})
    assert (status, body["code"]) == (404, 10015)


async def test_a_token_lives_for_a_quarter_of_an_hour(wire: Wire) -> None:
    """Until 15 minutes have passed the answer can be changed, then code 50027 refuses it."""
    record = wire.begin()
    await wire.answer(record, {"type": 4, "data": {"content": "one"}})
    original = wire.webhook(record, "/messages/@original")
    wire.clock.now_s = 899.0
    status, body = await wire.ask("PATCH", original, {"content": "two"})
    assert (status, body["content"]) == (200, "two")
    wire.clock.now_s = 901.0
    status, body = await wire.ask("PATCH", original, {"content": "three"})
    assert (status, body["code"]) == (401, 50027)


async def test_only_own_messages_can_be_reached(wire: Wire) -> None:
    """An interaction's token does not open other messages, nor deleted ones (code 10008)."""
    record = wire.begin()
    await wire.answer(record, {"type": 4, "data": {"content": "one"}})
    other = wire.server.person(wire.person).say(wire.channel, "mine")
    status, body = await wire.ask("DELETE", wire.webhook(record, f"/messages/{other.id}"))
    assert (status, body["code"]) == (404, 10008)
    original = wire.webhook(record, "/messages/@original")
    assert await wire.ask("DELETE", original) == (204, None)
    status, body = await wire.ask("GET", original)
    assert (status, body["code"]) == (404, 10008)


@pytest.mark.parametrize(
    ("kind", "answer", "path"),
    [
        (InteractionKind.COMMAND, {"type": 4, "data": {"content": "a" * 2001}}, "data.content"),
        (InteractionKind.COMMAND, {"type": 7, "data": {"content": "a"}}, "type"),
        (InteractionKind.COMMAND, {"type": 8, "data": {"choices": []}}, "type"),
        (InteractionKind.AUTOCOMPLETE, {"type": 4, "data": {"content": "a"}}, "type"),
        (
            InteractionKind.AUTOCOMPLETE,
            {"type": 8, "data": {"choices": [{"name": "a", "value": "a"}] * 26}},
            "data.choices",
        ),
        (
            InteractionKind.AUTOCOMPLETE,
            {"type": 8, "data": {"choices": [{"name": "", "value": "a"}]}},
            "data.choices.0.name",
        ),
        (
            InteractionKind.COMMAND,
            {"type": 9, "data": {"custom_id": "m", "title": "t" * 46, "components": []}},
            "data.title",
        ),
        (
            InteractionKind.COMMAND,
            {"type": 9, "data": {"custom_id": "m", "title": "t", "components": [{"type": 1}] * 6}},
            "data.components",
        ),
    ],
)
async def test_an_answer_that_breaks_a_rule_is_refused(
    wire: Wire, kind: InteractionKind, answer: dict[str, Any], path: str
) -> None:
    """Code 50035 names the field, and the interaction can still be answered."""
    record = wire.begin(kind)
    status, body = await wire.answer(record, answer)
    assert (status, body["code"]) == (400, 50035)
    errors = body["errors"]
    for step in path.split("."):
        errors = errors[step]
    assert errors["_errors"]
    assert not record.is_over


async def test_answers_are_outside_the_global_limit(wire: Wire) -> None:
    """Any number of interactions can be answered while the global limit is used up."""
    for _ in range(5):
        status, _ = await wire.answer(wire.begin(), {"type": 4, "data": {"content": "hey"}})
        assert status == 204


async def test_the_payload_has_what_discord_documents(wire: Wire) -> None:
    """INTERACTION_CREATE carries member, channel, permissions, locales and limits."""
    events = recorded_events(wire.server.world)
    wire.begin()
    payload = events[0].data
    assert events[0].name == "INTERACTION_CREATE"
    assert payload["member"]["user"]["id"] == str(wire.person.id)
    assert payload["channel"]["id"] == payload["channel_id"] == str(wire.channel.id)
    assert int(payload["app_permissions"]) & 1 << 11
    assert payload["guild_locale"] == payload["locale"] == "en-US"
    assert payload["context"] == 0
    assert payload["authorizing_integration_owners"] == {"0": str(wire.guild.id)}
    assert payload["attachment_size_limit"] == 10 * 1024 * 1024
