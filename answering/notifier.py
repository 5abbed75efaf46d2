"""Tells people something in a message of its own: stored first, then posted by the reconciler."""

from answering.reconciler import Reconciler
from conversation.notices import Notice
from conversation.ports.notices import NoticeStore


class Notifier:
    """Has each notice posted once.

    Args:
        notices: Where they are stored.
        reconciler: Posts them.
    """

    def __init__(self, notices: NoticeStore, reconciler: Reconciler) -> None:
        self._notices = notices
        self._reconciler = reconciler

    async def tell(self, notice: Notice) -> None:
        """Tell somebody something, unless its key is known.

        Raises:
            StoreError: It could not be stored, and is not told.
        """
        notice_id = await self._notices.want(notice)
        if notice_id is not None:
            self.post(notice_id)

    def post(self, notice_id: int) -> None:
        """Have a notice posted that is stored."""
        self._reconciler.notify(notice_id)
