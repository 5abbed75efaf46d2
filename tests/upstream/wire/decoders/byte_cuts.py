"""Cutting bytes as a network may."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import strategies as st


def every_cut(data: bytes) -> Iterator[tuple[bytes, ...]]:
    """Yield the data in two pieces, cut at every place, and byte by byte."""
    for place in range(len(data) + 1):
        yield data[:place], data[place:]
    yield tuple(data[place : place + 1] for place in range(len(data)))


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> tuple[bytes, ...]:
    """Draw pieces of the data, empty ones among them."""
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    borders = [0, *places, len(data)]
    return tuple(data[start:end] for start, end in pairwise(borders))
