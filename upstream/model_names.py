"""Which names of models are accepted: they stand in notices, commands and requests (pure)."""

import regex

LONGEST_CHARS = 100
"""Discord's own limit for a choice in an autocompletion."""
MOST_MODELS = 2000
"""Of one service; several times what the largest offer. Each search goes through all of them."""

_NAME = regex.compile(rf"[^\p{{C}}\p{{Zl}}\p{{Zp}}`]{{1,{LONGEST_CHARS}}}")


def is_model_name(name: str) -> bool:
    """Return whether a name stays on one line of inline code on Discord, whoever made it up."""
    return _NAME.fullmatch(name) is not None
