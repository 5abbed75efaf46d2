"""Going on in a thread of the Playground, and beginning another, in both dialects."""

from dataclasses import replace
from datetime import timedelta

import pytest

from conversation.entities import FailureReason, Outcome, ResumeState, Role
from conversation.ports.provider import Entry
from sandbox.models.script import Answer, Cut, Http
from tests.contracts.provider_stands import ask, told
from tests.upstream.playground.playground_house import FOLDED, START, House


class TestMemory:
    """Going on in a thread, and beginning another."""

    async def test_goes_on_after_a_restart(self, house: House) -> None:
        """The next message has the answer as its parent, and is sent as the same user."""
        first = await told(house.provider(), ask("tulu3-405b", "one"))
        resume = first.end.resume
        assert resume is not None
        assert resume.expires_at is not None
        assert timedelta(hours=23) < resume.expires_at - START < timedelta(hours=24)
        second = await told(
            house.provider(), ask("tulu3-405b", "one", first.text, "two", resume=resume)
        )
        users = [post.headers["X-Anonymous-User-Id"] for post in house.posts]
        assert users[0] == users[1]
        assert house.posts[1].value("content") == "two"
        assert house.posts[1].value("parent") == resume.data["parent"]
        assert second.end.resume is not None
        assert second.end.resume.expires_at == resume.expires_at
        assert second.end.resume.data["root"] == resume.data["root"]

    async def test_strangers_have_ids_of_their_own(self, house: House) -> None:
        """Each new conversation is another anonymous user."""
        provider = house.provider()
        for _ in range(2):
            await told(provider, ask("tulu3-405b", "one"))
        users = {post.headers["X-Anonymous-User-Id"] for post in house.posts}
        assert len(users) == 2

    async def test_model_with_a_system_prompt_goes_on_too(self, house: House) -> None:
        """A model whose own system prompt begins the thread is gone on from its answer."""
        model = "OLMo-2-1124-13B-Instruct"
        first = await told(house.provider(), ask(model, "one"))
        await told(house.provider(), ask(model, "one", first.text, "two", resume=first.end.resume))
        asked = house.posts[1].asked
        assert asked is not None
        assert [each.text for each in asked.messages if each.role != "system"] == [
            "one",
            first.text,
            "two",
        ]

    async def test_goes_on_from_the_nearest_answer_that_can(self, house: House) -> None:
        """Turns without a state are told on top of the nearest one before them that has it."""
        provider = house.provider()
        first = await told(provider, ask("tulu3-405b", "one"))
        request = ask("tulu3-405b", "one", first.text, "two", "tw", "three")
        entries = list(request.entries)
        entries[1] = Entry(Role.ASSISTANT, first.text, first.end.resume)
        await told(provider, replace(request, entries=tuple(entries)))
        post = house.posts[1]
        assert first.end.resume is not None
        assert post.value("parent") == first.end.resume.data["parent"]
        assert post.value("content") == (
            "This is our conversation so far:\n\nUser: two\n\nAssistant: tw\n\n"
            "Go on from there. My next message:\n\nthree"
        )

    async def test_expired_state_is_not_tried(self, house: House) -> None:
        """After the thread's life the history is told to a new one at once, as another user."""
        first = await told(house.provider(), ask("tulu3-405b", "one"))
        house.now = START + timedelta(hours=24)
        await told(
            house.provider(),
            ask("tulu3-405b", "one", first.text, "two", resume=first.end.resume),
        )
        assert len(house.posts) == 2
        post = house.posts[1]
        assert post.value("parent") is None
        assert post.value("content") == FOLDED.format(first.text)
        assert post.headers["X-Anonymous-User-Id"] != house.posts[0].headers["X-Anonymous-User-Id"]

    @pytest.mark.parametrize("roots_only", [True, False])
    async def test_lost_thread_is_not_noticed(self, house: House, *, roots_only: bool) -> None:
        """A thread that the service has forgotten is begun anew, and can be gone on from."""
        first = await told(house.provider(), ask("tulu3-405b", "one"))
        house.server.expire_threads(roots_only=roots_only)
        second = await told(
            house.provider(),
            ask("tulu3-405b", "one", first.text, "two", resume=first.end.resume),
        )
        assert second.end.outcome is Outcome.COMPLETE
        assert house.posts[-1].value("content") == FOLDED.format(first.text)
        assert second.end.resume is not None
        assert second.end.resume.data["parent"] in {message.id for message in house.server.messages}

    async def test_thread_of_another_is_not_noticed(self, house: House) -> None:
        """A state whose user the service refuses (403) leads to a new thread too."""
        first = await told(house.provider(), ask("tulu3-405b", "one"))
        assert first.end.resume is not None
        stolen = replace(first.end.resume, data={**first.end.resume.data, "user": "somebody"})
        second = await told(
            house.provider(), ask("tulu3-405b", "one", first.text, "two", resume=stolen)
        )
        assert second.end.outcome is Outcome.COMPLETE
        assert house.posts[-1].value("parent") is None

    async def test_refusing_proxy_is_no_lost_thread(self, house: House) -> None:
        """A 403 that is not the service's own is told, and asked for no second time."""
        first = await told(house.provider(), ask("tulu3-405b", "one"))
        house.script.queue(Answer(fault=Http(403)))
        second = await told(
            house.provider(),
            ask("tulu3-405b", "one", first.text, "two", resume=first.end.resume),
        )
        assert second.reason is FailureReason.FORBIDDEN
        assert len(house.posts) == 2

    @pytest.mark.parametrize(
        "state",
        [
            ResumeState("other", {"parent": "msg_A", "user": "u", "system": ""}),
            ResumeState("allenai", {}),
            ResumeState("allenai", {"parent": "", "user": ""}, START + timedelta(hours=1)),
        ],
    )
    async def test_foreign_state_is_not_used(self, house: House, state: ResumeState) -> None:
        """A state of another provider, or one without its parts, is as good as none."""
        await told(house.provider(), ask("tulu3-405b", "one", "1", "two", resume=state))
        assert house.posts[0].value("parent") is None

    async def test_retry_goes_on_from_the_old_parent(self, house: House) -> None:
        """After a cut before the first token the same parent is asked again."""
        first = await told(house.provider(), ask("tulu3-405b", "one"))
        house.script.queue(Answer("x", fault=Cut(after_chars=0)), Answer("again"))
        second = await told(
            house.provider(),
            ask("tulu3-405b", "one", first.text, "two", resume=first.end.resume),
        )
        assert second.text == "again"
        assert first.end.resume is not None
        parents = [post.value("parent") for post in house.posts[1:]]
        assert parents == [first.end.resume.data["parent"]] * 2
