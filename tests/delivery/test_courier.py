"""Requests of lanes and errands, carried to the sandbox's Discord."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from delivery.errors import DeliveryError
from delivery.lanes import Step
from delivery.pacing.policy import Call, Urgency
from delivery.pacing.scheduler import Wish
from sandbox.rest.rate_limits import Limits, Rate
from tests.delivery.stage import Stage, opened_stage

_POST = "/channels/*/messages"


async def _post(stage: Stage, content: str) -> int:
    return await stage.courier.run(
        Call.POST, stage.channel.id, lambda: stage.api.post(stage.spot, content, nonce=content)
    )


@dataclass(eq=False)
class PreparedPost:
    """A lane that posts once, after a preparation that fails some times."""

    stage: Stage
    failures: list[DeliveryError | None]
    """What each preparation fails with; None hangs."""
    attempts: int = 0
    failed_with: list[DeliveryError] = field(default_factory=list[DeliveryError])
    is_done: bool = False

    def wish(self) -> Wish | None:
        """See `Lane.wish`."""
        if self.is_done:
            return None
        return Wish(Call.POST, self.stage.channel.id, Urgency.FIRST, 0.0)

    def take(self) -> Step:
        """See `Lane.take`."""

        async def act() -> int:
            return await self.stage.api.post(self.stage.spot, "hello", nonce="hello")

        return Step(Call.POST, self.stage.channel.id, act, "hello", self._prepare)

    def arrived(self, step: Step, message_id: int | None) -> None:  # noqa: ARG002 - the lane's
        """See `Lane.arrived`."""
        self.is_done = True

    def failed(self, step: Step, error: DeliveryError) -> None:  # noqa: ARG002 - the lane's
        """See `Lane.failed`."""
        self.failed_with.append(error)

    async def _prepare(self) -> None:
        self.attempts += 1
        if self.failures:
            error = self.failures.pop(0)
            if error is None:
                await asyncio.Event().wait()
            else:
                raise error


async def test_an_errand_gives_its_result(stage: Stage) -> None:
    """A single request is made when it may go, and its result is given."""
    message_id = await _post(stage, "hello")
    assert [message.id for message in stage.messages] == [message_id]


async def test_a_refused_errand_raises_what_discord_said(stage: Stage) -> None:
    """What Discord refuses is an error with its status and code."""
    body = {"message": "Missing Permissions", "code": 50013}
    stage.server.faults.answer("POST", _POST, 403, body=body)
    with pytest.raises(DeliveryError) as caught:
        await _post(stage, "hello")
    assert (caught.value.status, caught.value.code, caught.value.is_lasting) == (403, 50013, True)


@pytest.mark.parametrize("is_after", [False, True])
async def test_a_lost_connection_may_succeed_later(stage: Stage, *, is_after: bool) -> None:
    """A connection that is lost is an error that does not last."""
    stage.server.faults.reset("POST", _POST, after=is_after)
    with pytest.raises(DeliveryError) as caught:
        await _post(stage, "hello")
    assert (caught.value.status, caught.value.is_lasting) == (None, False)


async def test_errands_are_paced_by_discords_own_word(tmp_path: Path) -> None:
    """Twelve posts at once bring no 429, and all are made."""
    limits = Limits().but(create_message=Rate(5, 0.5))
    async with opened_stage(tmp_path, limits) as stage:
        await asyncio.gather(*(_post(stage, f"number {count}") for count in range(12)))
        assert len(stage.messages) == 12
        assert {each.status for each in stage.server.requests_to("POST", _POST)} == {200}


async def test_a_call_that_the_library_holds_back_holds_up_no_other_lane(tmp_path: Path) -> None:
    """The call that spends a bucket's last token returns late; the lane goes on before."""
    window_s = 3.0
    limits = Limits().but(edit_message=Rate(1, window_s))
    async with opened_stage(tmp_path, limits) as stage:
        message_id = await _post(stage, "hello")
        edited = asyncio.ensure_future(
            stage.courier.run(
                Call.EDIT,
                stage.channel.id,
                lambda: stage.api.edit(stage.spot, message_id, "edited"),
            )
        )
        await stage.server.until(lambda: stage.contents == ["edited"])
        await _post(stage, "next")
        assert not edited.done()
        await edited


async def test_a_result_that_is_known_waits_for_discord_only(stage: Stage) -> None:
    """A thread's id is known before it is opened: a call that returns late holds nobody up."""

    async def post_and_return_late() -> int:
        await stage.api.post(stage.spot, "hello", nonce="1")
        return await asyncio.Event().wait()

    errand = stage.courier.run(Call.POST, stage.channel.id, post_and_return_late, known=7)
    assert await asyncio.wait_for(errand, 5.0) == 7
    assert len(stage.messages) == 1


async def test_what_the_library_never_begins_to_send_is_taken_back(tmp_path: Path) -> None:
    """A request that the library holds back is given up, for it goes stale."""
    async with opened_stage(tmp_path, held_limit_s=0.1) as stage:
        with pytest.raises(DeliveryError) as caught:
            await stage.courier.run(Call.OTHER, stage.channel.id, asyncio.Event().wait)
        assert not caught.value.is_lasting


async def test_what_discord_answers_slowly_is_not_taken_back(tmp_path: Path) -> None:
    """The limit is for the library alone: a request that was sent is waited for."""
    async with opened_stage(tmp_path, held_limit_s=0.4) as stage:
        stage.server.faults.latency_s = 0.8
        assert await _post(stage, "hello")


@pytest.mark.parametrize(
    "error",
    [pytest.param(DeliveryError(is_lasting=False), id="refused"), pytest.param(None, id="late")],
)
async def test_a_step_that_cannot_be_prepared_is_not_sent(
    tmp_path: Path, error: DeliveryError | None
) -> None:
    """It fails for now, nothing is sent, and it is tried again with the next preparation."""
    async with opened_stage(tmp_path, prepare_limit_s=0.1) as stage:
        lane = PreparedPost(stage, [error])
        stage.courier.changed(lane)
        await stage.server.until(lambda: stage.messages)
        assert [it.is_lasting for it in lane.failed_with] == [False]
        assert lane.attempts == 2
        assert len(stage.server.requests_to("POST", _POST)) == 1


async def test_a_step_that_cannot_be_prepared_spends_nothing(tmp_path: Path) -> None:
    """Ten failed preparations leave the channel's bucket of three as it was."""
    limits = Limits().but(create_message=Rate(3, 60.0))
    async with opened_stage(tmp_path, limits) as stage:
        lane = PreparedPost(stage, [DeliveryError(is_lasting=False)] * 10)
        stage.courier.changed(lane)
        await stage.server.until(lambda: stage.messages)
        assert len(lane.failed_with) == 10
        await asyncio.wait_for(_post(stage, "second"), 5.0)
        assert stage.contents == ["hello", "second"]


async def test_after_the_end_nothing_begins(stage: Stage) -> None:
    """A courier that is closed refuses errands at once, and sends nothing for lanes."""
    await stage.courier.close()
    with pytest.raises(DeliveryError):
        await _post(stage, "too late")
    assert stage.server.requests_to("POST", _POST) == []


async def test_an_errand_that_waits_at_the_end_is_told_so(tmp_path: Path) -> None:
    """Nobody waits for ever for a request that the end of the process has overtaken."""
    limits = Limits().but(create_message=Rate(1, 60.0))
    async with opened_stage(tmp_path, limits) as stage:
        first = asyncio.ensure_future(_post(stage, "takes the token"))
        await stage.server.until(lambda: stage.messages)
        waiting = asyncio.ensure_future(_post(stage, "has to wait"))
        await asyncio.sleep(0)
        await stage.courier.close()
        with pytest.raises(DeliveryError):
            await asyncio.wait_for(waiting, 1)
        first.cancel()
        assert stage.contents == ["takes the token"]


async def test_an_errand_of_two_requests_tells_of_the_second(stage: Stage) -> None:
    """Where the first is done and the second refused, whoever waits for both is told so."""
    stage.server.faults.answer("PATCH", "*", 403)
    message_id = await _post(stage, "hello")

    async def act() -> None:
        await stage.api.show_typing(stage.spot)
        await stage.api.edit(stage.spot, message_id, "other")

    async with asyncio.timeout(5):
        with pytest.raises(DeliveryError) as caught:
            await stage.courier.run(Call.OTHER, stage.channel.id, act)
    assert caught.value.status == 403


async def test_a_channel_that_refused_is_not_asked_again(stage: Stage) -> None:
    """What a channel refused is refused without a request, until it is opened again."""
    body = {"message": "Missing Access", "code": 50001}
    stage.server.faults.answer("POST", _POST, 403, body=body)
    for _ in range(3):
        with pytest.raises(DeliveryError) as caught:
            await _post(stage, "hello")
        assert caught.value.code == 50001
    assert len(stage.server.requests_to("POST", _POST)) == 1
    assert stage.courier.refused_channels == {stage.channel.id}
    assert stage.courier.is_refused(Call.EDIT, stage.channel.id)
    stage.courier.reopen(stage.channel.id)
    assert not stage.courier.is_refused(Call.POST, stage.channel.id)
    await _post(stage, "hello")
    assert stage.contents == ["hello"]


async def test_a_storm_is_few_lines(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Many 429 in a row are one line of the log."""
    stage.server.faults.answer("POST", _POST, 429, times=4)
    await _post(stage, "hello")
    lines = [it for it in caplog.records if it.name.startswith("delivery")]
    assert len(lines) == 1
    assert "429 to post" in lines[0].getMessage()
