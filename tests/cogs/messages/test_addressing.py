"""Which messages are meant for the bot, from facts alone."""

import pytest

from cogs.messages.addressing import opens_with_other

_OWN = frozenset({1, 2})


@pytest.mark.parametrize("content", ["<@3> hi", " <@!3>", "<@&3> hi", "@everyone hi", "@here"])
def test_a_first_word_that_mentions_somebody_else_addresses_them(content: str) -> None:
    """A message that begins by mentioning another person, a role or everyone is theirs."""
    assert opens_with_other(content, _OWN)


@pytest.mark.parametrize("content", ["hi <@3>", "<@1> hi", "<@&2> hi", "@hereabouts", "", "<#3>"])
def test_any_other_first_word_addresses_nobody_else(content: str) -> None:
    """A mention in mid-sentence, or of the bot or its role, addresses nobody else."""
    assert not opens_with_other(content, _OWN)
