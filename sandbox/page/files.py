"""Files on their way into messages and out of them, under paths that nobody can guess."""

import secrets
from collections import OrderedDict

from sandbox.world.entities import Attachment
from sandbox.world.world import World

LIMIT_BYTES = 10 * 1024 * 1024
"""The largest file that somebody without Nitro may upload."""
_WAITING = 20
_KEY_BYTES = 18


class Files:
    """Keeps what was uploaded until it is posted, and the paths of what was.

    A path leads to its file as long as the page is served; the next time it is another one.

    Args:
        world: Holds the bytes of what was posted.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._keys: dict[int, str] = {}
        self._attachments: dict[str, Attachment] = {}

    def take_in(self, filename: str, content: bytes) -> str:
        """Keep an upload, and give the key to post it with; of many, only the last are kept."""
        key = secrets.token_urlsafe(_KEY_BYTES)
        self._waiting[key] = (filename, content)
        while len(self._waiting) > _WAITING:
            self._waiting.popitem(last=False)
        return key

    def uploaded(self, key: str) -> tuple[str, bytes]:
        """Return an upload's name and bytes.

        Raises:
            LookupError: There is none.
        """
        return self._waiting[key]

    def forget(self, key: str) -> None:
        """Let go of an upload: it is posted."""
        self._waiting.pop(key, None)

    def path(self, attachment: Attachment) -> str:
        """Return the path under which an attachment is served."""
        key = self._keys.get(attachment.id)
        if key is None:
            key = self._keys[attachment.id] = secrets.token_urlsafe(_KEY_BYTES)
            self._attachments[key] = attachment
        return f"/files/{key}"

    def found(self, key: str) -> tuple[Attachment, bytes] | None:
        """Return what a path leads to, null where that is nothing."""
        attachment = self._attachments.get(key)
        content = None if attachment is None else self._world.files.get(attachment.id)
        return None if attachment is None or content is None else (attachment, content)
