"""The nearest values to those a person chose that a provider accepts (pure)."""

from decimal import ROUND_HALF_EVEN, Decimal

from conversation.entities import Parameters
from conversation.ports.provider import Bound, ParameterBounds


def nearest(value: float, bound: Bound) -> float:
    """Return the nearest value within a bound and on its grid, which starts at zero."""
    clamped = min(max(value, bound.lower), bound.upper)
    if bound.step is None:
        return clamped
    step = Decimal(str(bound.step))
    steps = (Decimal(str(clamped)) / step).to_integral_value(rounding=ROUND_HALF_EVEN)
    return min(max(float(steps * step), bound.lower), bound.upper)


def nearest_allowed(parameters: Parameters, bounds: ParameterBounds) -> Parameters:
    """Return the nearest parameters that a provider accepts; None stays None."""
    temperature, top_p = parameters.temperature, parameters.top_p
    max_tokens = parameters.max_tokens
    return Parameters(
        temperature=None if temperature is None else nearest(temperature, bounds.temperature),
        top_p=None if top_p is None else nearest(top_p, bounds.top_p),
        max_tokens=None if max_tokens is None else int(nearest(max_tokens, bounds.max_tokens)),
    )
