"""The mark at the end of a text that still goes on (pure)."""

CURSOR = " \u258c"
"""Where the text goes on while it streams; the space keeps it out of a link that ends the text."""
