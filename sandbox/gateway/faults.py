"""What goes wrong with the gateway on purpose."""

from collections import Counter
from collections.abc import MutableMapping, MutableSet

from sandbox.gateway.sessions import Connection, Opcode, Session


class GatewayFaults:
    """Makes the gateway fail while a client is connected to it.

    Args:
        sessions: The gateway's sessions by id.
        connections: The gateway's open connections.

    Attributes:
        latency_s: How long each frame to the client is held back.
        is_down: Whether new connections are answered with HTTP status 503.
    """

    def __init__(
        self, sessions: MutableMapping[str, Session], connections: MutableSet[Connection]
    ) -> None:
        self.latency_s = 0.0
        self.is_down = False
        self._sessions = sessions
        self._connections = connections
        self._swallowed: Counter[str] = Counter()

    def drop_all(self, *, resumable: bool = True) -> None:
        """Cut every connection without a goodbye, as a lost network does.

        Args:
            resumable: Whether RESUME works afterwards; if not, the client has to identify anew and
                what happened in between is lost to it.
        """
        for session in self._sessions.values():
            session.connection = None
        if not resumable:
            self._sessions.clear()
        for connection in tuple(self._connections):
            connection.abort()

    async def close_all(self, code: int) -> None:
        """Close every connection with a code, which says whether the client may come back."""
        for connection in tuple(self._connections):
            await connection.close(code, "The sandbox was told to.")

    def ask_to_reconnect(self) -> None:
        """Send RECONNECT to every client: it has to come back and resume."""
        for connection in tuple(self._connections):
            connection.send(Opcode.RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Send INVALID_SESSION to every client; unless resumable, the sessions are gone."""
        for connection in tuple(self._connections):
            connection.send(Opcode.INVALID_SESSION, data=resumable)
        if not resumable:
            self._sessions.clear()

    def repeat_last_event(self, name: str | None = None, *, new_sequence: bool = False) -> None:
        """Send the last event once more, which clients have to live with.

        Args:
            name: The last one of this name, such as `MESSAGE_CREATE`; null for any.
            new_sequence: Whether it comes as a new dispatch, instead of with its old number.

        Raises:
            LookupError: No connected session was sent such an event.
        """
        connected = [session for session in self._sessions.values() if session.connection]
        found = [(session, frame) for session in connected if (frame := session.last(name))]
        if not found:
            raise LookupError(f"No connected client was sent {name or 'anything'} yet.")
        for session, frame in found:
            if new_sequence:
                session.dispatch(frame["t"], frame["d"])
            elif session.connection is not None:
                session.connection.put(frame)

    def swallow_next(self, name: str, count: int = 1) -> None:
        """Lose the next events of a name: they get no number and no replay brings them."""
        self._swallowed[name] += count

    def swallows(self, name: str) -> bool:
        """Return whether this event is to be lost, and count it if so."""
        if self._swallowed[name] <= 0:
            return False
        self._swallowed[name] -= 1
        return True
