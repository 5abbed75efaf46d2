"""Old flags are today's commands."""

import argparse
from collections.abc import Sequence

import pytest

from startup.old_flags import translate

TRANSLATED = [
    (["--sandbox"], ["sandbox"]),
    (["--sandbox", "--reset-sandbox"], ["sandbox", "--reset"]),
    (["--reset-sandbox", "--sandbox"], ["sandbox", "--reset"]),
    (["--auto"], ["run", "--or-sandbox"]),
    (["--auto", "--reset-sandbox"], ["run", "--or-sandbox", "--reset"]),
    (["--check"], ["check"]),
    (["--health"], ["health"]),
    (["--backup", "copy.db"], ["backup", "--", "copy.db"]),
    (["--backup=copy.db"], ["backup", "--", "copy.db"]),
    (["--force", "--restore", "copy.db"], ["restore", "--force", "--", "copy.db"]),
    (["--restore", "copy.db", "--force"], ["restore", "--force", "--", "copy.db"]),
    (["--force"], ["run"]),
]


@pytest.mark.parametrize(("old", "new"), TRANSLATED)
def test_an_old_flag_is_a_command(old: Sequence[str], new: Sequence[str]) -> None:
    """Each flag of old, in any order, means the command that it has become."""
    assert list(translate(old, argparse.ArgumentParser())) == new


@pytest.mark.parametrize("words", [[], ["run"], ["backup", "f", "--force"], ["--help"], ["chek"]])
def test_todays_words_stay(words: Sequence[str]) -> None:
    """What holds no old flag is left alone, right or wrong."""
    assert translate(words, argparse.ArgumentParser()) == words
