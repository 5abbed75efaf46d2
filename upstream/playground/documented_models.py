"""The models of the Ai2 Playground as documented, for when it does not list them itself."""

from conversation.ports.provider import Bound, ModelInfo, ParameterBounds

BOUNDS = ParameterBounds(
    temperature=Bound(0.0, 1.0, 0.01),
    top_p=Bound(0.01, 1.0, 0.01),
    max_tokens=Bound(1, 2048, 1),
)
"""Protocol, section 2; a value out of bounds is refused there, not clipped."""

MODELS = (
    ModelInfo(
        "tulu3-405b",
        "Tülu 3 405B, Ai2's largest instruction-tuned Llama 3.1",
        aliases=("tulu-3-405b", "llama-3.1-405b"),
    ),
    ModelInfo(
        "OLMo-2-1124-13B-Instruct",
        "OLMo 2 13B Instruct, Ai2's fully open model",
        aliases=("olmo-2-13b",),
    ),
    ModelInfo("tulu-3-1-8b", "Tülu 3.1 8B, small and quick", aliases=("llama-3.1-8b",)),
    ModelInfo(
        "Llama-3-1-Tulu-3-70B",
        "Tülu 3 70B, between the two",
        aliases=("tulu-3-70b", "llama-3.1-70b"),
    ),
    ModelInfo("olmoe-0125", "OLMoE, an open mixture of experts"),
)

HOSTS = {"tulu3-405b": "inferd"}
"""The host of a model that is not `DEFAULT_HOST` (protocol, section 6)."""

DEFAULT_HOST = "modal"
