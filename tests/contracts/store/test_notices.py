"""`NoticeStore`: each key once, posted once, and what is covered until when."""

from dataclasses import replace

from conversation.entities import Verdict
from conversation.notices import Notice, NoticeKind
from storage.sqlite.store import Store
from tests.contracts.store.steps import (
    ANN,
    BEN,
    DIRECT,
    THREAD,
    answer,
    notice,
    receive,
    said,
)


async def unposted(store: Store) -> list[int]:
    """Return the ids of all notices that are to be posted."""
    return [one.id for one in await store.notices.unposted(limit=100)]


async def wanted(store: Store, one: Notice) -> int:
    """Store a notice whose key must be new, and return its id."""
    notice_id = await store.notices.want(one)
    assert notice_id is not None
    return notice_id


class TestWant:
    """`want`."""

    async def test_it_is_stored_as_it_is(self, store: Store) -> None:
        """What a notice says, where and about what is read back; it was not tried."""
        fields = {"limit": 3, "when": 12.5, "names": ("a.png", "b"), "bot": "Bobbin"}
        one = replace(notice("a", about=7), kind=NoticeKind.SLOW_DOWN, fields=fields)
        notice_id = await wanted(store, one)

        stored = await store.notices.notice(notice_id)
        assert stored is not None
        assert (stored.id, stored.kind, stored.fields) == (notice_id, one.kind, fields)
        assert (stored.channel_id, stored.guild_id) == (one.channel_id, one.guild_id)
        assert (stored.answers_message_id, stored.was_tried) == (7, False)

    async def test_a_key_once(self, store: Store) -> None:
        """A second notice of the same key changes nothing, also after the first was posted."""
        notice_id = await wanted(store, notice("a"))
        assert await store.notices.want(notice("a", about=2)) is None
        await store.notices.record_posted(notice_id, 900)

        assert await store.notices.want(notice("a")) is None
        assert await unposted(store) == []

    async def test_once_a_run(self, store: Store) -> None:
        """It stands for what follows, until its author says something in words there."""
        steps = (
            (notice("files", about=4, is_once_a_run=True), True),
            (said(5, place=DIRECT), None),
            (said(6, author_id=BEN), None),
            (notice("files", about=7, is_once_a_run=True), False),
            (said(8), None),
            (notice("files", about=9, is_once_a_run=True), True),
            (notice("files", about=10, is_once_a_run=True), False),
            (notice("files", about=7, is_once_a_run=True), False),
        )
        for step, is_told in steps:
            if isinstance(step, Notice):
                assert (await store.notices.want(step) is not None) is is_told
            else:
                await receive(store, step)

    async def test_a_run_is_one_persons_in_one_place(self, store: Store) -> None:
        """The key says who and where: others have runs of their own."""
        runs = [("a", THREAD.channel_id, ANN), ("b", THREAD.channel_id, BEN), ("c", 9, ANN)]
        told = [
            await store.notices.want(
                notice(key, channel_id=channel_id, author_id=author_id, is_once_a_run=True)
            )
            for key, channel_id, author_id in runs
        ]
        assert None not in told


class TestUnposted:
    """`unposted` and `notice`."""

    async def test_the_oldest_first_in_pages(self, store: Store) -> None:
        """Notices come by age, so many at once, from where the last page ended."""
        ids = [await wanted(store, notice(key)) for key in "abc"]
        first = await store.notices.unposted(limit=2)
        rest = await store.notices.unposted(limit=2, after_id=first[-1].id)

        assert [one.id for one in first] == ids[:2]
        assert [one.id for one in rest] == ids[2:]

    async def test_of_one_channel(self, store: Store) -> None:
        """Those of a channel are what goes there."""
        await wanted(store, notice("a"))
        there = await wanted(store, notice("b", channel_id=9))

        assert [one.id for one in await store.notices.unposted(limit=9, channel_id=9)] == [there]

    async def test_an_unknown_notice(self, store: Store) -> None:
        """There is nothing to post of a notice that is unknown."""
        assert await store.notices.notice(404) is None


class TestRecord:
    """`record_try` and `record_posted`."""

    async def test_a_try_is_remembered(self, store: Store) -> None:
        """From the first try on a notice may be on Discord; it is still to be posted."""
        notice_id = await wanted(store, notice("a"))
        for _ in range(2):
            await store.notices.record_try(notice_id)

        stored = await store.notices.notice(notice_id)
        assert stored is not None
        assert stored.was_tried
        assert await unposted(store) == [notice_id]

    async def test_what_was_posted_is_over(self, store: Store) -> None:
        """A notice that stands on Discord is not posted again, and is known as ours."""
        notice_id = await wanted(store, notice("a"))
        await store.notices.record_posted(notice_id, 900)

        assert await store.notices.notice(notice_id) is None
        assert await unposted(store) == []
        assert await store.notices.is_own_post(900)

    async def test_what_is_refused_is_over(self, store: Store) -> None:
        """A notice that Discord refuses for good is not tried again."""
        notice_id = await wanted(store, notice("a"))
        await store.notices.record_posted(notice_id, None)

        assert await store.notices.notice(notice_id) is None
        assert await unposted(store) == []

    async def test_what_was_refused_covers_nothing(self, store: Store) -> None:
        """Whoever could not be told that a message is not taken has it taken."""
        notice_id = await wanted(store, notice("slow", about=10, covers_until_id=20))
        verdicts = [(await receive(store, said(11))).verdict]
        await store.notices.record_posted(notice_id, None)
        verdicts.append((await receive(store, said(12))).verdict)

        assert verdicts == [Verdict.COVERED, Verdict.ACCEPTED]

    async def test_what_was_posted_covers_on(self, store: Store) -> None:
        """Whoever was told keeps to it."""
        notice_id = await wanted(store, notice("slow", about=10, covers_until_id=20))
        await store.notices.record_posted(notice_id, 900)

        assert (await receive(store, said(11))).verdict is Verdict.COVERED


class TestIsOwnPost:
    """`is_own_post`, of notices and of replies."""

    async def test_parts_and_notices_are_ours(self, store: Store) -> None:
        """A message that shows an answer is ours; what people wrote, or nobody, is not."""
        await answer(store, said(1), shown_as=900)

        for port in (store.notices, store.replies):
            found = [await port.is_own_post(message_id) for message_id in (900, 1, 404)]
            assert found == [True, False, False]
