"""The review in `SECURITY.md` names tests that there are."""

import re

from tests.running.program import ROOT


def test_every_test_that_the_review_names_exists() -> None:
    """What is said to be shown by a test is shown by one of that name."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text()))
    source = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    written = set(re.findall(r"^ *(?:async )?def (test_\w+)\(", source, re.MULTILINE))
    assert named
    assert named - written == set()
