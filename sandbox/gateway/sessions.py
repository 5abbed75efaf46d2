"""Gateway sessions: what a client was sent, and what it can be sent again after a lost connection.

Nothing here knows what an event means. Source: Discord documentation, "Gateway", sections
"Connections", "Resuming" and "Transport Compression".
"""

import asyncio
import json
import zlib
from collections import deque
from collections.abc import Callable
from enum import IntEnum

from aiohttp import web

from sandbox.world.entities import Payload

REPLAY_LIMIT = 1000
"""How many dispatches a session keeps for replay; a resume that needs an older one is refused."""

RECEIVE_LIMIT = 120
RECEIVE_WINDOW_S = 60.0
"""A client may send so many frames in so many seconds, heartbeats included."""


class Opcode(IntEnum):
    """What a gateway frame is for."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE_UPDATE = 3
    VOICE_STATE_UPDATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_GUILD_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11
    REQUEST_SOUNDBOARD_SOUNDS = 31


class CloseCode(IntEnum):
    """Why the gateway closes a connection."""

    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQUENCE = 4007
    RATE_LIMITED = 4008
    SESSION_TIMED_OUT = 4009
    INVALID_SHARD = 4010
    SHARDING_REQUIRED = 4011
    INVALID_VERSION = 4012
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class Connection:
    """One WebSocket: an outbox that is written in order, compressed if the client asked for it.

    Args:
        socket: A prepared WebSocket; its handler closes it.
        request: What it was prepared from.
        is_compressed: Whether `compress=zlib-stream` was asked for: one zlib context for the whole
            connection, each message flushed so that it ends in `00 00 FF FF`.
        latency_s: Read before each frame: how long it is held back.

    Attributes:
        url: Where it was opened, for the client to come back to.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        *,
        is_compressed: bool,
        latency_s: Callable[[], float],
    ) -> None:
        self.socket = socket
        self.url = f"ws://{request.host}{request.path}"
        self._transport = request.transport
        self._latency_s = latency_s
        self._compressor = zlib.compressobj() if is_compressed else None
        self._outbox: asyncio.Queue[Payload] = asyncio.Queue()
        self._received_s: deque[float] = deque(maxlen=RECEIVE_LIMIT)

    def send(self, opcode: Opcode, data: object = None) -> None:
        """Put a frame that is not a dispatch into the outbox."""
        self.put({"op": int(opcode), "d": data, "s": None, "t": None})

    def put(self, frame: Payload) -> None:
        """Put a whole frame into the outbox."""
        self._outbox.put_nowait(frame)

    async def write(self) -> None:
        """Send what is put into the outbox, until cancelled or the peer is gone."""
        while not self.socket.closed:
            frame = await self._outbox.get()
            if (pause_s := self._latency_s()) > 0:
                await asyncio.sleep(pause_s)
            text = json.dumps(frame, separators=(",", ":"))
            try:
                await self._write_text(text)
            except ConnectionError:
                return

    async def _write_text(self, text: str) -> None:
        """Send one message in the form that this connection has."""
        if self._compressor is None:
            await self.socket.send_str(text)
            return
        packed = self._compressor.compress(text.encode())
        await self.socket.send_bytes(packed + self._compressor.flush(zlib.Z_SYNC_FLUSH))

    def may_receive(self, now_s: float) -> bool:
        """Count a frame of the client; false where it sends more than it may."""
        oldest_s = self._received_s[0] if len(self._received_s) == RECEIVE_LIMIT else None
        self._received_s.append(now_s)
        return oldest_s is None or now_s - oldest_s > RECEIVE_WINDOW_S

    def abort(self) -> None:
        """Cut the connection at once, without a close frame."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self, code: int, reason: str = "") -> None:
        """Close the WebSocket with a close code, without waiting for what is in the outbox."""
        await self.socket.close(code=code, message=reason.encode())


class Session:
    """What one IDENTIFY began; it outlives its connections.

    Args:
        id: What the client names in RESUME.
        intents: The bits of IDENTIFY.
        shard: The shard's index and the number of shards.
    """

    def __init__(self, id: str, intents: int, shard: tuple[int, int] = (0, 1)) -> None:  # noqa: A002 - Discord's word
        self.id = id
        self.intents = intents
        self.shard = shard
        self.sequence = 0
        self.connection: Connection | None = None
        self._sent: deque[Payload] = deque(maxlen=REPLAY_LIMIT)

    def dispatch(self, name: str, data: object) -> None:
        """Number an event, keep it for replay, send it if anybody is there."""
        self.sequence += 1
        frame: Payload = {"op": int(Opcode.DISPATCH), "d": data, "s": self.sequence, "t": name}
        self._sent.append(frame)
        if self.connection is not None:
            self.connection.put(frame)

    def can_replay(self, sequence: int) -> bool:
        """Return whether everything after a sequence number is still kept."""
        oldest = self._sent[0]["s"] if self._sent else self.sequence + 1
        return oldest - 1 <= sequence <= self.sequence

    def replay(self, sequence: int) -> None:
        """Send again, on the connection there is now, all that came after a sequence number."""
        if self.connection is None:
            return
        for frame in list(self._sent):
            if frame["s"] > sequence:
                self.connection.put(frame)

    def last(self, name: str | None = None) -> Payload | None:
        """Return the last frame that was dispatched, of one name if it is given."""
        frames = reversed(self._sent)
        return next((frame for frame in frames if name is None or frame["t"] == name), None)
