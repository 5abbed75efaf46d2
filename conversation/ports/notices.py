"""What is needed of the store for notices: each is posted once, whatever happens."""

from typing import Protocol

from conversation.notices import Notice, StoredNotice


class NoticeStore(Protocol):
    """Notices as rows; see `InboundQueue` for what holds for each method."""

    async def want(self, notice: Notice) -> int | None:
        """Store a notice that is to be posted and return its id; None where its key is known."""
        ...

    async def unposted(
        self, *, after_id: int = 0, limit: int, channel_id: int | None = None
    ) -> tuple[StoredNotice, ...]:
        """Return the notices that are still to be posted, the oldest first."""
        ...

    async def notice(self, notice_id: int) -> StoredNotice | None:
        """Return a notice that is still to be posted."""
        ...

    async def record_try(self, notice_id: int) -> None:
        """Record that a notice is about to be posted: from now on it may be on Discord."""
        ...

    async def record_posted(self, notice_id: int, message_id: int | None) -> None:
        """Record that a notice was posted, or (None) that Discord refuses it for good.

        One that is refused covers no messages.
        """
        ...

    async def is_own_post(self, message_id: int) -> bool:
        """Return whether a Discord message is known as a part of a reply or as a notice."""
        ...
