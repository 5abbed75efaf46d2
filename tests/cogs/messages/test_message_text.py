"""What a message says, as text that a model can understand."""

import pytest

from cogs.messages.message_text import Names, readable, without_address

_NAMES = Names({3: "ben"}, {4: "weavers"}, {5: "looms"})


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<@3> <@!3> <@9>", "@ben @ben @someone"),
        ("<@&4> <@&9>", "@weavers @some role"),
        ("<#5> <#9>", "#looms #some-channel"),
        ("<:a:1> <a:b_2:1>", ":a: :b_2:"),
        ("<t:0> <t:0:R>", "1970-01-01 00:00 UTC 1970-01-01 00:00 UTC"),
    ],
)
def test_codes_become_what_people_see(content: str, text: str) -> None:
    """Mentions, channels, roles, custom emoji and timestamps become readable text."""
    assert readable(content, _NAMES) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<@1> hi", "hi"),
        ("<@!1>, <@&2>: hi <@1>", "hi"),
        ("is <@1> well?", "is <@1> well?"),
        (" <@1> ", ""),
        ("<@3> hi", "<@3> hi"),
    ],
)
def test_only_a_mention_that_addresses_the_bot_is_left_out(content: str, text: str) -> None:
    """A mention of the bot at either end is no part of what is said; one inside is."""
    assert without_address(content, frozenset({1, 2})) == text
