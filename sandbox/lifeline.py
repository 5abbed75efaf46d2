"""The socket between the sandbox and the process that started it as its child.

The sandbox writes one line, a JSON object with the environment that a bot needs, and ends its side
when the person in the chat has had enough. The parent writes nothing; the sandbox ends when the
parent's side does, which it does with the parent, however that went.
"""

import asyncio
import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self


class Lifeline:
    """The sandbox's side; while it is entered.

    Args:
        descriptor: The file descriptor of a connected stream socket; it is closed at the end.
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)

    async def __aenter__(self) -> Self:
        """Take the socket up."""
        self._reader, self._writer = await asyncio.open_connection(sock=self._socket)
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self._writer.close()

    def tell(self, environment: Mapping[str, str]) -> None:
        """Tell the parent that all is there."""
        self._writer.write(json.dumps(dict(environment)).encode() + b"\n")

    def ask_for_end(self) -> None:
        """Tell the parent that the person has had enough."""
        self._writer.write_eof()

    async def until_cut(self) -> None:
        """Wait until the parent ends this, or is gone."""
        with suppress(ConnectionError):
            await self._reader.read()
