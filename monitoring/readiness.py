"""Whether the bot can do its work now: what is asked of each part that it needs."""

import asyncio
from dataclasses import dataclass

from conversation.asking.breaker import Breaker
from conversation.errors import StoreError
from monitoring.gateway_watch import GatewayWatch
from storage.sqlite.store import Store

PING_LIMIT_S = 2.0
"""How long the database may take: the caller's patience is counted in seconds as well."""

FINE = "ok"


@dataclass(frozen=True, slots=True)
class Readiness:
    """The state of each part by its name: `ok`, or in a few words what is wrong."""

    parts: dict[str, str]

    @property
    def is_ready(self) -> bool:
        """Whether every part is well."""
        return all(state == FINE for state in self.parts.values())


class Examiner:
    """Asks each part how it is.

    Args:
        gateway: Knows whether Discord is heard.
        store: The store; not owned.
        breaker: Knows which models answer nobody.
        default_model: The one whose answers most people wait for; a full name.
    """

    def __init__(
        self,
        gateway: GatewayWatch,
        store: Store,
        breaker: Breaker,
        default_model: str,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._breaker = breaker
        self._default_model = default_model
        self._ping: asyncio.Task[None] | None = None

    async def examine(self) -> Readiness:
        """Ask every part; takes `PING_LIMIT_S` at most."""
        is_dead = self._breaker.known_failure(self._default_model) is not None
        return Readiness(
            {
                "gateway": FINE if self._gateway.is_connected else "not connected",
                "database": await self._database_state(),
                "provider": f"{self._default_model} answers nobody" if is_dead else FINE,
            }
        )

    async def close(self) -> None:
        """Wait for what is still asked of the store."""
        if self._ping is not None:
            await asyncio.gather(self._ping, return_exceptions=True)

    async def _database_state(self) -> str:
        """Write nothing, as a writer.

        Whoever asks while an earlier question is open waits for the same: they must not pile up
        before a database that is locked.
        """
        if self._ping is None or self._ping.done():
            self._ping = asyncio.create_task(self._store.ping(), name="database-ping")
        try:
            async with asyncio.timeout(PING_LIMIT_S):
                await asyncio.shield(self._ping)
        except StoreError as error:
            return str(error)
        except TimeoutError:
            return f"no answer within {PING_LIMIT_S:g} s"
        return FINE
