"""The models that a Playground stand-in serves, and how both dialects list them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlaygroundModel:
    """One configured model.

    A host of `modal` never reports a finish reason, and every failure there cuts the stream. One
    that is not visible is listed as retired in M25, left out in T26, and served by both.
    """

    id: str
    host: str
    name: str
    family: str = "tulu"
    system_prompt: str | None = None
    is_visible: bool = True
    accepts_files: bool = False
    max_files_per_message: int = 1
    requires_file: bool = False

    @property
    def reports_ends(self) -> bool:
        """Whether the host tells how an answer ended."""
        return self.host != "modal"


DOCUMENTED_MODELS = (
    PlaygroundModel("tulu3-405b", "inferd", "Llama Tülu 3 405B"),
    PlaygroundModel(
        "OLMo-2-1124-13B-Instruct",
        "modal",
        "OLMo 2 13B Instruct",
        family="olmo",
        system_prompt="You are OLMo 2, a helpful language model. Answer truthfully.",
    ),
    PlaygroundModel("tulu-3-1-8b", "modal", "Llama Tülu 3.1 8B"),
    PlaygroundModel("Llama-3-1-Tulu-3-70B", "modal", "Llama Tülu 3 70B"),
    PlaygroundModel("olmoe-0125", "modal", "OLMoE 1B 7B 0125", family="olmo"),
    PlaygroundModel("olmo-7b-chat", "modal", "OLMo 7B Chat", family="olmo", is_visible=False),
)
"""What is served by default; the last one is retired."""


def m25_listing(models: Sequence[PlaygroundModel]) -> list[dict[str, object]]:
    """Return the body of `GET /v3/models`: every model, in display order."""
    return [_listed(model) for model in models]


def t26_listing(models: Sequence[PlaygroundModel]) -> list[dict[str, object]]:
    """Return the body of `GET /v4/models/`: the visible ones, with the bounds of each option."""
    bounds: dict[str, object] = {
        "prompt_type": "text_only",
        "can_call_tools": True,
        "can_think": True,
        "available_tools": [],
        "temperature_default": 0.7,
        "temperature_lower": 0.0,
        "temperature_upper": 1.0,
        "temperature_step": 0.01,
        "top_p_default": 1.0,
        "top_p_lower": 0.01,
        "top_p_upper": 1.0,
        "top_p_step": 0.01,
        "max_tokens_default": 2048,
        "max_tokens_lower": 1,
        "max_tokens_upper": 2048,
        "max_tokens_step": 1,
        "stop_default": [],
    }
    return [
        {**_listed(model), **bounds, "system_prompt": None} for model in models if model.is_visible
    ]


def _listed(model: PlaygroundModel) -> dict[str, object]:
    listed: dict[str, object] = {
        "id": model.id,
        "host": model.host,
        "name": model.name,
        "description": f"{model.name}, as the sandbox plays it",
        "model_type": "chat",
        "system_prompt": model.system_prompt,
        "family_id": model.family,
        "family_name": {"olmo": "OLMo", "tulu": "Tülu"}.get(model.family, model.family),
        "accepts_files": model.accepts_files,
        "is_deprecated": not model.is_visible,
        "is_visible": model.is_visible,
    }
    if model.accepts_files:
        listed |= {
            "accepted_file_types": ["image/*"],
            "max_files_per_message": model.max_files_per_message,
            "require_file_to_prompt": "first_message" if model.requires_file else "no_requirement",
            "max_total_file_size": 50 * 2**20,
            "allow_files_in_followups": True,
        }
    return listed
