"""One version, wherever Bobbin says which it is."""

import re

from conversation.version import VERSION
from upstream.wire.session import USER_AGENT


def test_the_version_is_a_semantic_one() -> None:
    """Three numbers, as the changelog promises."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_the_models_services_are_told_the_same_version() -> None:
    """The user agent names the version that runs."""
    assert f"Bobbin/{VERSION}" == USER_AGENT
