"""What Prometheus is told."""

from conversation.version import VERSION
from monitoring.metrics import PrometheusMeter


def test_the_metrics_say_which_version_runs() -> None:
    """`bobbin_info` carries the version, so that a graph can show when it changed."""
    lines = PrometheusMeter().page().decode().splitlines()
    assert f'bobbin_info{{version="{VERSION}"}} 1.0' in lines
