"""Why Discord ends a connection for good, in words for whoever runs the bot, and what to do.

Source: Discord documentation, "Opcodes and Status Codes", gateway close event codes: these are the
ones after which a client must not connect again. After each other code the library does.
"""

_PORTAL = "https://discord.com/developers/applications"

DISALLOWED_INTENTS = 4014

_SENTENCES = {
    4004: (
        "DISCORD_TOKEN: Discord does not accept this token any more. Copy it anew from "
        f"{_PORTAL}, page Bot (Reset Token)"
    ),
    4010: (
        "Discord was told of a shard that it does not know. Bobbin has one only: nothing on this "
        "machine mends that, so please report it"
    ),
    4011: (
        "The bot is in too many servers (2,500) for one connection, and Bobbin opens one only. "
        "Remove it from some, or run a second bot, with a token of its own, for a part of them"
    ),
    4012: (
        "Discord no longer speaks the version of its interface that this Bobbin speaks. Install a "
        "newer Bobbin, or a newer discord.py"
    ),
    4013: (
        "Discord does not know what this Bobbin wants to hear of (its intents). Install a newer "
        "Bobbin, or a newer discord.py"
    ),
    DISALLOWED_INTENTS: (
        "Discord does not let this bot hear what it needs (its intents). Look at the Privileged "
        f"Gateway Intents at {_PORTAL}, page Bot; in more than 100 servers Discord grants them on "
        "application only"
    ),
}

_UNKNOWN = (
    "Discord ended the connection for good, and says no more than this code. See the gateway close "
    "event codes at https://discord.com/developers/docs/topics/opcodes-and-status-codes, and "
    "install a newer Bobbin"
)


def sentence_of(code: int) -> str:
    """Return what a closing code of the gateway means, and what to do."""
    return f"{_SENTENCES.get(code, _UNKNOWN)} (closing code {code})."
