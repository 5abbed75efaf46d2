"""The gateway: discord.py's WebSocket, told of everything that the bot may know of.

Source: Discord documentation, "Gateway" (life cycle, opcodes, intents) and "Opcodes and Status
Codes" (gateway close codes).
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.gateway.faults import GatewayFaults
from sandbox.gateway.guild_outages import GuildOutages, send_available
from sandbox.gateway.ready import ready_payload
from sandbox.gateway.sessions import CloseCode, Connection, Opcode, Session
from sandbox.payloads.events import KNOWN_INTENTS, Intent, event_of
from sandbox.payloads.json_values import object_or_none
from sandbox.payloads.members import member_chunks
from sandbox.payloads.visibility import is_seen, readable
from sandbox.world.entities import Guild, Payload
from sandbox.world.happenings import Happening
from sandbox.world.world import World

HEARTBEAT_INTERVAL_S = 41.25
_PATIENCE = 2.0
"""How many heartbeat intervals may pass in silence before a connection counts as dead."""


class _CloseError(Exception):
    """The connection has to be closed with a code."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Gateway:
    """Serves the gateway of a world; `handle` is the aiohttp handler of its path.

    Args:
        world: What it tells of; `close` stops listening to it.
        heartbeat_interval_s: What HELLO asks for.

    Attributes:
        faults: What goes wrong on purpose.
        guild_outages: Which guilds are unavailable on purpose.
        identify_count: How many IDENTIFYs were answered with READY, for tests of reconnecting.
        resume_count: How many RESUMEs were answered with RESUMED.
        presence: What the bot's last presence update said.
    """

    def __init__(self, world: World, *, heartbeat_interval_s: float = HEARTBEAT_INTERVAL_S) -> None:
        self.identify_count = 0
        self.resume_count = 0
        self.presence: Payload = {}
        self._world = world
        self._interval_s = heartbeat_interval_s
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self.faults = GatewayFaults(self._sessions, self._connections)
        self.guild_outages = GuildOutages(world, self._sessions)
        self._unsubscribe = world.subscribe(self._tell)
        self._operations: dict[int, Callable[[Session, Any], None]] = {
            Opcode.PRESENCE_UPDATE: self._update_presence,
            Opcode.VOICE_STATE_UPDATE: _accept,
            Opcode.REQUEST_GUILD_MEMBERS: self._send_members,
            Opcode.REQUEST_SOUNDBOARD_SOUNDS: _accept,
        }

    @property
    def is_connected(self) -> bool:
        """Whether a client is there that was told READY or RESUMED."""
        return any(session.connection is not None for session in self._sessions.values())

    async def close(self) -> None:
        """Stop listening to the world and close every connection."""
        self._unsubscribe()
        for connection in tuple(self._connections):
            await connection.close(1001, "The sandbox is going away.")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection from HELLO to its end."""
        if self.faults.is_down:
            raise web.HTTPServiceUnavailable(text="The gateway is down on purpose.\n")
        socket = web.WebSocketResponse(max_msg_size=16 * 1024, compress=False, timeout=1.0)
        await socket.prepare(request)
        connection = Connection(
            socket,
            request,
            is_compressed=request.query.get("compress") == "zlib-stream",
            latency_s=lambda: self.faults.latency_s,
        )
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write(), name="sandbox-gateway-writer")
        session: Session | None = None
        try:
            self._check_version(request)
            interval_ms = int(self._interval_s * 1000)
            connection.send(Opcode.HELLO, {"heartbeat_interval": interval_ms, "_trace": []})
            session = await self._begin(connection)
            await self._serve(connection, session)
        except _CloseError as error:
            await connection.close(error.code, error.reason)
        finally:
            self._connections.discard(connection)
            self._detach(session, connection)
            writer.cancel()
            await asyncio.wait([writer])
        return socket

    def _check_version(self, request: web.Request) -> None:
        """Refuse what the address asks for if it is not version 10 in JSON."""
        if request.query.get("v", "10") != "10":
            raise _CloseError(CloseCode.INVALID_VERSION, "Invalid API version")
        if request.query.get("encoding", "json") != "json":
            raise _CloseError(CloseCode.DECODE_ERROR, "This gateway speaks JSON only.")

    async def _begin(self, connection: Connection) -> Session | None:
        """Wait for IDENTIFY or RESUME; null where the client went away before."""
        while (frame := await self._receive(connection)) is not None:
            match frame["op"]:
                case Opcode.HEARTBEAT:
                    connection.send(Opcode.HEARTBEAT_ACK)
                case Opcode.IDENTIFY:
                    return self._identify(connection, frame["d"])
                case Opcode.RESUME:
                    if (session := self._resume(connection, frame["d"])) is not None:
                        return session
                case _:
                    raise _CloseError(CloseCode.NOT_AUTHENTICATED, "Not authenticated.")
        return None

    async def _serve(self, connection: Connection, session: Session | None) -> None:
        """Answer what the client sends, until it goes away."""
        while session is not None and (frame := await self._receive(connection)) is not None:
            operation: int = frame["op"]
            if operation == Opcode.HEARTBEAT:
                connection.send(Opcode.HEARTBEAT_ACK)
            elif operation in (Opcode.IDENTIFY, Opcode.RESUME):
                raise _CloseError(CloseCode.ALREADY_AUTHENTICATED, "Already authenticated.")
            elif operation in self._operations:
                self._operate(operation, session, frame["d"])
            else:
                raise _CloseError(CloseCode.UNKNOWN_OPCODE, "Unknown opcode.")

    def _operate(self, operation: int, session: Session, data: Any) -> None:
        """Do what the client asks for; data of a wrong shape costs it the connection."""
        try:
            self._operations[operation](session, data)
        except (LookupError, TypeError, ValueError):
            raise _CloseError(CloseCode.DECODE_ERROR, "Error while decoding payload.") from None

    async def _receive(self, connection: Connection) -> Payload | None:
        """Return the next frame; null where the connection is over."""
        try:
            async with asyncio.timeout(self._interval_s * _PATIENCE):
                message = await connection.socket.receive()
        except TimeoutError:
            raise _CloseError(CloseCode.SESSION_TIMED_OUT, "Session timed out.") from None
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return None
        if not connection.may_receive(self._world.clock()):
            raise _CloseError(CloseCode.RATE_LIMITED, "You are being rate limited.")
        try:
            frame = object_or_none(json.loads(message.data))
        except ValueError:
            raise _CloseError(CloseCode.DECODE_ERROR, "Error while decoding payload.") from None
        if frame is None or not isinstance(frame.get("op"), int):
            raise _CloseError(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        return {"d": None} | frame

    def _identify(self, connection: Connection, data: Payload) -> Session:
        """Begin a session after checking token, intents and shard."""
        self._check_token(data)
        intents = data.get("intents")
        self._check_intents(intents)
        shard = tuple(data.get("shard") or (0, 1))
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            raise _CloseError(CloseCode.INVALID_SHARD, "Invalid shard.")
        session = Session(secrets.token_hex(16), int(intents or 0), (shard[0], shard[1]))
        session.connection = connection
        self._sessions[session.id] = session
        session.dispatch("READY", self._ready_payload(session, connection))
        self.identify_count += 1
        if session.intents & Intent.GUILDS:
            for guild in self._guilds():
                if not self.guild_outages.is_out(guild.id):
                    send_available(self._world, session, guild)
        self._world.changed()
        return session

    def _resume(self, connection: Connection, data: Payload) -> Session | None:
        """Go on with a session, or say that it is not there any more."""
        self._check_token(data)
        session = self._sessions.get(str(data.get("session_id")))
        sequence = data.get("seq")
        if session is None:
            connection.send(Opcode.INVALID_SESSION, data=False)
            return None
        if not isinstance(sequence, int) or sequence > session.sequence:
            del self._sessions[session.id]
            raise _CloseError(CloseCode.INVALID_SEQUENCE, "Invalid seq.")
        if not session.can_replay(sequence):
            del self._sessions[session.id]
            connection.send(Opcode.INVALID_SESSION, data=False)
            return None
        session.connection = connection
        session.replay(sequence)
        session.dispatch("RESUMED", {"_trace": []})
        self.resume_count += 1
        self._world.changed()
        return session

    def _detach(self, session: Session | None, connection: Connection) -> None:
        """Leave a session without its connection; a client that said goodbye has ended it."""
        if session is None or session.connection is not connection:
            return
        session.connection = None
        if connection.socket.close_code in (1000, 1001):
            self._sessions.pop(session.id, None)
        self._world.changed()

    def _check_token(self, data: Any) -> None:
        """Refuse a wrong token, and anything that is no object with one."""
        if not isinstance(data, dict):
            raise _CloseError(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        token = str(data.get("token")).removeprefix("Bot ")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - JSON
        if not secrets.compare_digest(token.encode(), self._world.bot.token.encode()):
            raise _CloseError(CloseCode.AUTHENTICATION_FAILED, "Authentication failed.")

    def _check_intents(self, intents: object) -> None:
        """Refuse bits that mean nothing, and privileged ones that the portal does not grant."""
        if not isinstance(intents, int) or intents & ~KNOWN_INTENTS or intents < 0:
            raise _CloseError(CloseCode.INVALID_INTENTS, "Invalid intent(s).")
        bot = self._world.bot
        granted = {
            Intent.MESSAGE_CONTENT: bot.may_read_content,
            Intent.GUILD_MEMBERS: bot.may_list_members,
            Intent.GUILD_PRESENCES: bot.may_see_presences,
        }
        if any(bool(intents & intent) and not is_granted for intent, is_granted in granted.items()):
            raise _CloseError(CloseCode.DISALLOWED_INTENTS, "Disallowed intent(s).")

    def _ready_payload(self, session: Session, connection: Connection) -> Payload:
        """Write READY for a session that begins."""
        return ready_payload(self._world, session, self._guilds(), connection.url)

    def _guilds(self) -> list[Guild]:
        """Return the guilds that the bot is in."""
        return [each for each in self._world.guilds.values() if self._world.bot.id in each.members]

    def _tell(self, happening: Happening) -> None:
        """Dispatch what happens to each session that may have it."""
        event = event_of(self._world.directory, happening)
        if self.faults.swallows(event.name) or self.guild_outages.is_out(event.guild_id):
            return
        for session in tuple(self._sessions.values()):
            if is_seen(self._world, event, session.intents):
                session.dispatch(event.name, readable(self._world, event, session.intents))

    def _update_presence(self, _session: Session, data: Any) -> None:
        """Remember what the bot shows as its presence."""
        self.presence = data
        self._world.changed()

    def _send_members(self, session: Session, data: Any) -> None:
        """Answer a request for members of a guild that the bot is in."""
        guild = self._world.guilds.get(int(data["guild_id"]))
        if guild is None or self._world.bot.id not in guild.members:
            return
        for chunk in member_chunks(self._world.directory, guild, data):
            session.dispatch("GUILD_MEMBERS_CHUNK", chunk)


def _accept(_session: Session, _data: Any) -> None:
    """Take an operation that changes nothing here."""
