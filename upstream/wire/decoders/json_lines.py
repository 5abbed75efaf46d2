"""JSON lines, decoded from bytes that are cut anywhere."""

from upstream.errors import garbage_error
from upstream.wire.decoders.json_objects import JsonObject, parse_object

LONGEST_LINE_BYTES = 32 * 1024 * 1024
"""A longer line is taken for nonsense: one of the Playground holds the prompt and the answer,
escaped to six bytes a letter, and a context of 128,000 tokens stays under a tenth of it."""


class JsonLinesDecoder:
    """Turn bytes into the objects of whole lines; only LF ends a line.

    The cost of a chunk does not grow with the line that it is a part of.
    """

    def __init__(self) -> None:
        self._unfinished: list[bytes] = []
        self._unfinished_bytes = 0

    def feed(self, data: bytes) -> list[JsonObject]:
        """Decode the next bytes, and return the objects of the lines that they complete.

        Raises:
            UpstreamError: `GARBAGE`, for a line that is no JSON object, or too long.
        """
        *ended, rest = data.split(b"\n")
        found: list[JsonObject] = []
        for line in ended:
            self._unfinished.append(line)
            found.extend(self._take())
        if rest:
            self._unfinished.append(rest)
        self._unfinished_bytes += len(rest)
        if self._unfinished_bytes > LONGEST_LINE_BYTES:
            raise garbage_error("a line without end")
        return found

    def finish(self) -> list[JsonObject]:
        """Return the last object at the proper end of the bytes; its line may lack its LF.

        Raises:
            UpstreamError: `GARBAGE`, as above.
        """
        return self._take()

    def _take(self) -> list[JsonObject]:
        line = b"".join(self._unfinished)
        self._unfinished.clear()
        self._unfinished_bytes = 0
        return [parse_object(line)] if line.strip() else []
