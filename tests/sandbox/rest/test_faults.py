"""Faults on demand over HTTP: before a request takes effect, after it, and for a while."""

import asyncio

import aiohttp
import pytest

from tests.sandbox.place import Place


async def test_a_planned_answer_strikes_once_and_nothing_happens(place: Place) -> None:
    """A fault before the act answers its status and the message is not posted."""
    place.server.faults.answer("POST", "/channels/*/messages", 502)
    status, _ = await place.post(content="lost")
    assert status == 502
    assert place.server.messages(place.channel) == []
    assert (await place.post(content="kept"))[0] == 200


async def test_a_fault_after_the_act_leaves_the_act_done(place: Place) -> None:
    """A fault after the act answers its status although the message stands."""
    place.server.faults.answer("POST", "/channels/*/messages", 500, after=True)
    status, _ = await place.post(content="kept")
    assert status == 500
    assert [each.content for each in place.server.messages(place.channel)] == ["kept"]


@pytest.mark.parametrize(("after", "count"), [(False, 0), (True, 1)])
async def test_a_connection_is_reset_before_or_after_the_act(
    place: Place, *, after: bool, count: int
) -> None:
    """A reset breaks the connection with an error of the operating system."""
    place.server.faults.reset("POST", "/channels/*/messages", after=after)
    with pytest.raises(aiohttp.ClientOSError):
        await place.post(content="x")
    assert len(place.server.messages(place.channel)) == count
    assert (await place.post(content="y"))[0] == 200


async def test_a_storm_answers_everything_429_and_passes(place: Place) -> None:
    """A storm of global 429s ends by itself."""
    place.server.faults.storm_429(0.1, retry_after_s=0.05)
    status, body = await place.post(content="x")
    assert (status, body["global"], body["retry_after"]) == (429, True, 0.05)
    await asyncio.sleep(0.1)
    assert (await place.post(content="x"))[0] == 200


async def test_an_outage_lasts_until_it_is_ended(place: Place) -> None:
    """During an outage every route and the gateway answer its status."""
    place.server.faults.begin_outage()
    assert (await place.post(content="x"))[0] == 503
    async with place.session.get(f"{place.server.url}/") as response:
        assert response.status == 503
    place.server.faults.end_outage()
    assert (await place.post(content="x"))[0] == 200


async def test_latency_is_a_round_trip(place: Place) -> None:
    """Half of the latency passes before the message is there, half before it is answered."""
    place.server.faults.latency_s = 0.1
    await place.post(content="x")
    (request,) = place.server.requests_to("POST", "/channels/{channel_id}/messages")
    (message,) = place.server.messages(place.channel)
    assert request.answered_s is not None
    assert message.created_s - request.time_s >= 0.05
    assert request.answered_s - message.created_s >= 0.05


@pytest.mark.parametrize("status", [None, 429, 503])
async def test_a_refusal_takes_as_long_as_any_answer(place: Place, status: int | None) -> None:
    """An answer that refuses travels, too, whoever refuses: the door, the route or a fault."""
    place.server.faults.latency_s = 0.1
    if status is not None:
        place.server.faults.answer("POST", "/channels/*/messages", status)
    assert (await place.post(content=""))[0] == (status or 400)
    (request,) = place.server.requests_to("POST", "/channels/{channel_id}/messages")
    assert request.answered_s is not None
    assert request.answered_s - request.time_s >= 0.1


async def test_a_request_is_recorded_with_body_answer_and_without_the_token(place: Place) -> None:
    """The record of a request has what was asked and answered, and never the token."""
    await place.post(content="x")
    (request,) = place.server.requests_to("POST", "/channels/*/messages")
    assert (request.status, request.body) == (200, {"content": "x"})
    assert request.answer["content"] == "x"
    assert place.world.bot.token not in str(request.headers)


async def test_until_says_what_happened_when_it_gives_up(place: Place) -> None:
    """A condition that does not come true raises an error that tells of the last requests."""
    await place.post(content="hello")
    with pytest.raises(TimeoutError, match="hello"):
        await place.server.until(lambda: False, timeout_s=0.05)


async def test_until_wakes_when_the_world_changes(place: Place) -> None:
    """A condition that comes true is given back as its value."""
    waiting = asyncio.ensure_future(
        place.server.until(lambda: place.server.messages(place.channel))
    )
    await place.post(content="now")
    assert [each.content for each in await waiting] == ["now"]


async def test_a_page_of_another_origin_is_refused(place: Place) -> None:
    """A request that a browser sends for another page is answered 403."""
    headers = {"Origin": "https://example.com"}
    async with place.session.get(f"{place.server.api_url}/gateway", headers=headers) as response:
        assert response.status == 403


async def test_a_planned_429_says_when_to_ask_again(place: Place) -> None:
    """A planned 429 without a body has what a client needs to wait it out."""
    place.server.faults.answer("POST", "/channels/*/messages", 429)
    status, body = await place.post(content="x")
    assert (status, body["global"]) == (429, False)
    assert body["retry_after"] > 0
    (request,) = place.server.requests_to("POST", "/channels/{channel_id}/messages")
    assert request.status == 429
