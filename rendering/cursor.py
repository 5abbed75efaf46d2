"""The mark at the end of a text that still goes on (pure)."""

from rendering.splitting.fences import TICKS

CURSOR = " \u258c"
"""Where the text goes on while it streams; the space keeps it out of a link that ends the text."""


def without_cursor(content: str) -> str:
    """Take the cursor off what a message shows; code is closed behind it."""
    for closing in ("", f"\n{TICKS}"):
        if content.endswith(CURSOR + closing):
            return content.removesuffix(CURSOR + closing) + closing
    return content
