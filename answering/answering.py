"""What answers and shows, as its owner ends it."""

from answering.outage import OutageNotices
from answering.reconciler import Reconciler
from answering.worker import Worker
from delivery.courier import Courier


class Answering:
    """What answers and shows; ended in this order.

    Args:
        worker: Answers.
        reconciler: Shows.
        outage: Tells people of an outage.
        courier: Carries every request.
    """

    def __init__(
        self,
        worker: Worker,
        reconciler: Reconciler,
        outage: OutageNotices,
        courier: Courier,
    ) -> None:
        self.worker = worker
        self.reconciler = reconciler
        self.outage = outage
        self._courier = courier

    async def close(self) -> None:
        """Send nothing more."""
        await self.worker.close()
        await self.outage.close()
        await self.reconciler.close()
        await self._courier.close()
        await self.reconciler.until_saved()
