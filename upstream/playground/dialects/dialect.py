"""What each dialect of the Playground's wire provides; every other module here is one."""

from typing import Protocol

from upstream.playground.dialects.chunks import Chunk
from upstream.wire.decoders.json_objects import JsonObject


class Dialect(Protocol):
    """How one version of the service is asked and read."""

    path: str
    models_path: str
    needs_host: bool
    """Whether a message must name the host of its model."""
    inherits_options: bool
    """Whether a message takes the options that it does not name from its parent."""

    def decode(self, line: JsonObject) -> tuple[Chunk, ...]:
        """Return the chunks of one line of a stream."""
        ...
