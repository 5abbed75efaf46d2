"""What Prometheus is told."""

from monitoring.metrics import PrometheusMeter
from startup.version import VERSION


def test_the_metrics_say_which_version_runs() -> None:
    """`bobbin_info` carries the version, so that a graph can show when it changed."""
    lines = PrometheusMeter().page().decode().splitlines()
    assert f'bobbin_info{{version="{VERSION}"}} 1.0' in lines
