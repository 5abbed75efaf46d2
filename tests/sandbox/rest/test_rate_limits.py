"""The rate limits: what the headers say, and what one request too many is answered."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.discord_server import DiscordServer
from sandbox.rest.rate_limits import Buckets, Limits, Rate, Verdict
from sandbox.world.entities import Draft
from sandbox.world.world import World
from tests.sandbox.place import Place


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now_s


@pytest.fixture
async def limited() -> AsyncIterator[Place]:
    """Serve a place with Discord's own limits, but for a window that no test outlives."""
    limits = Limits().but(create_message=Rate(2, 60.0))
    async with (
        DiscordServer(World(), limits=limits) as server,
        aiohttp.ClientSession() as session,
    ):
        yield Place(server, session)


def take_post(buckets: Buckets, channel: str = "1") -> Verdict:
    """Take a token for posting to a channel."""
    return buckets.take("create_message", "create_message", channel)


def test_a_window_starts_with_its_first_request_and_renews_whole() -> None:
    """Five posts pass in a window that the first one starts; the sixth passes when it is over."""
    clock = Clock()
    buckets = Buckets(Limits(), wall_clock=clock, clock=clock)
    left = [take_post(buckets).headers["X-RateLimit-Remaining"] for _ in range(5)]
    assert left == ["4", "3", "2", "1", "0"]
    clock.now_s += 4.0
    refused = take_post(buckets)
    assert refused.body == {
        "message": "You are being rate limited.",
        "retry_after": 1.0,
        "global": False,
    }
    clock.now_s += 1.0
    assert take_post(buckets).headers["X-RateLimit-Remaining"] == "4"


def test_each_channel_has_a_window_of_its_own() -> None:
    """What one channel used up leaves another one whole, under the same bucket's name."""
    clock = Clock()
    buckets = Buckets(Limits(), wall_clock=clock, clock=clock)
    first, *_ = [take_post(buckets, "1") for _ in range(5)]
    second = take_post(buckets, "2")
    assert second.headers["X-RateLimit-Remaining"] == "4"
    assert second.headers["X-RateLimit-Bucket"] == first.headers["X-RateLimit-Bucket"]


def test_the_fifty_first_request_of_a_second_is_refused_globally() -> None:
    """The global limit refuses whatever comes, but not interactions."""
    clock = Clock()
    buckets = Buckets(Limits(), wall_clock=clock, clock=clock)
    verdicts = [take_post(buckets, str(channel)) for channel in range(51)]
    assert [each.body is None for each in verdicts] == [True] * 50 + [False]
    assert verdicts[50].body is not None
    assert verdicts[50].body["global"] is True
    assert verdicts[50].headers["X-RateLimit-Scope"] == "global"
    free = buckets.take("webhook", "callback", "token", counts_globally=False)
    assert free.body is None


def test_an_exempt_request_leaves_the_global_window_alone() -> None:
    """Interaction requests use up nothing of the global limit."""
    clock = Clock()
    buckets = Buckets(Limits().but(webhook=None), wall_clock=clock, clock=clock)
    for _ in range(60):
        buckets.take("webhook", "callback", "token", counts_globally=False)
    assert take_post(buckets).body is None


async def test_an_exhausted_bucket_answers_429_with_headers_and_body(limited: Place) -> None:
    """The post after the last one is a 429 that says when to come back, and posts nothing."""
    await limited.post(content="1")
    await limited.post(content="2")
    headers = {"Authorization": f"Bot {limited.world.bot.token}"}
    url = limited.server.api_url + limited.messages
    async with limited.session.post(url, json={"content": "3"}, headers=headers) as response:
        body = await response.json()
        assert response.status == 429
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Via"]
        assert response.headers["X-RateLimit-Scope"] == "user"
        assert response.headers["X-RateLimit-Limit"] == "2"
        assert response.headers["X-RateLimit-Remaining"] == "0"
        assert 59 <= int(response.headers["Retry-After"]) <= 60
    assert 59 < body["retry_after"] <= 60
    assert len(limited.server.messages(limited.channel)) == 2


async def test_editing_and_posting_have_buckets_of_their_own(limited: Place) -> None:
    """A channel that may not be posted to any more can still be edited in."""
    _, posted = await limited.post(content="1")
    await limited.post(content="2")
    status, _ = await limited.ask(
        "PATCH", f"{limited.messages}/{posted['id']}", json={"content": "x"}
    )
    assert status == 200


async def test_making_threads_is_limited_as_a_shared_resource() -> None:
    """One thread too many is a 429 of scope `shared` that asks for minutes."""
    limits = Limits().but(create_thread=Rate(1, 300.0, "shared"))
    async with (
        DiscordServer(World(), limits=limits) as server,
        aiohttp.ClientSession() as session,
    ):
        place = Place(server, session)
        path = f"/channels/{place.channel.id}/threads"
        status, _ = await place.ask("POST", path, json={"name": "a", "type": 11})
        assert status == 201
        status, body = await place.ask("POST", path, json={"name": "b", "type": 11})
        assert status == 429
        assert body["message"] == "The resource is being rate limited."
        assert body["retry_after"] > 290


async def test_messages_over_an_hour_old_can_be_edited_a_few_times_only() -> None:
    """One edit of old messages too many is a 429 with code 30046."""
    wall = Clock()
    wall.now_s = 1_700_000_000.0
    world = World(wall_clock=wall)
    limits = Limits.off().but(edit_old_message=Rate(1, 60.0))
    async with (
        DiscordServer(world, limits=limits) as server,
        aiohttp.ClientSession() as session,
    ):
        place = Place(server, session)
        message = world.post(world.bot, place.channel, Draft("old"))
        wall.now_s += 3700
        path = f"{place.messages}/{message.id}"
        assert (await place.ask("PATCH", path, json={"content": "a"}))[0] == 200
        status, body = await place.ask("PATCH", path, json={"content": "b"})
        assert (status, body["code"]) == (429, 30046)
        assert message.content == "a"


async def test_the_window_is_over_when_the_headers_said(limited: Place) -> None:
    """Whoever waits for `X-RateLimit-Reset-After` may go on."""
    message = limited.server.person(limited.ann).say(limited.channel, "x")
    url = f"{limited.server.api_url}{limited.messages}/{message.id}/reactions/👍/@me"
    headers = {"Authorization": f"Bot {limited.world.bot.token}"}
    async with limited.session.put(url, headers=headers) as response:
        assert response.status == 204
        wait_s = float(response.headers["X-RateLimit-Reset-After"])
    assert 0 < wait_s <= 0.25
    async with limited.session.delete(url, headers=headers) as response:
        assert response.status == 429
    await asyncio.sleep(wait_s)
    async with limited.session.delete(url, headers=headers) as response:
        assert response.status == 204


async def test_a_window_opens_when_its_first_request_arrives(limited: Place) -> None:
    """The answer, half a round trip later, tells how the window stood at that instant."""
    message = limited.server.person(limited.ann).say(limited.channel, "x")
    url = f"{limited.server.api_url}{limited.messages}/{message.id}/reactions/👍/@me"
    headers = {"Authorization": f"Bot {limited.world.bot.token}"}
    limited.server.faults.latency_s = 0.5
    async with limited.session.put(url, headers=headers) as response:
        assert response.headers["X-RateLimit-Reset-After"] == "0.250"
    limited.server.faults.latency_s = 0.0
    async with limited.session.delete(url, headers=headers) as response:
        assert response.status == 204


async def test_a_post_with_a_refused_word_counts_against_its_bucket(limited: Place) -> None:
    """What a rule refuses uses up the bucket like any other answer."""
    limited.server.content_rules.refuse("weasel")
    statuses = [(await limited.post(content="weasel"))[0] for _ in range(3)]
    assert statuses == [400, 400, 429]


async def test_every_get_says_how_its_bucket_stands(limited: Place) -> None:
    """Reading a history, a message, a channel, a guild or an account has headers like posting."""
    _, posted = await limited.post(content="x")
    channel, guild = f"/channels/{limited.channel.id}", f"/guilds/{limited.guild.id}"
    paths = [
        *(f"{channel}/messages", f"{channel}/messages/{posted['id']}", channel),
        *(guild, f"{guild}/channels", f"{guild}/threads/active", "/users/@me", "/gateway/bot"),
    ]
    buckets: set[str] = set()
    for path in paths:
        headers = {"Authorization": f"Bot {limited.world.bot.token}"}
        async with limited.session.get(limited.server.api_url + path, headers=headers) as answer:
            assert answer.status == 200
            assert int(answer.headers["X-RateLimit-Remaining"]) >= 0
            assert float(answer.headers["X-RateLimit-Reset-After"]) > 0
            buckets.add(answer.headers["X-RateLimit-Bucket"])
    assert len(buckets) == len(paths)


async def test_reads_use_up_the_global_limit() -> None:
    """A GET counts to the limit for everything, and past it is answered a global 429."""
    limits = Limits.off().but(everything=Rate(3, 60.0, "global"))
    async with DiscordServer(World(), limits=limits) as server, aiohttp.ClientSession() as session:
        place = Place(server, session)
        answers = [await place.ask("GET", place.messages) for _ in range(4)]
    assert [status for status, _ in answers] == [200, 200, 200, 429]
    assert answers[-1][1]["global"] is True
