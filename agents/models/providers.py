"""The providers of chat models that are known by name, and the models that the settings choose from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenAI-compatible API. `length_field` names its output limit; `structured` is how it is made to fill a JSON
    schema; `local`: it is a server on this machine, which wants no key. Without a `base_url` one has to be given."""

    name: str
    base_url: str
    length_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    structured: Literal["json_schema", "function_calling"] = "json_schema"
    local: bool = False


PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        provider.name: provider
        for provider in (
            # DeepSeek has no json_schema mode: https://api-docs.deepseek.com/guides/json_mode
            Provider("deepseek", "https://api.deepseek.com/v1", structured="function_calling"),
            # OpenAI's newer models refuse `max_tokens`; the others document only that.
            Provider("openai", "https://api.openai.com/v1", length_field="max_completion_tokens"),
            Provider("openrouter", "https://openrouter.ai/api/v1"),
            Provider("gemini", "https://generativelanguage.googleapis.com/v1beta/openai"),
            Provider("ollama", "http://127.0.0.1:11434/v1", local=True),
            Provider("local", "", local=True),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Model:
    """A model at a provider, with the address and the key to use."""

    provider: Provider
    name: str
    base_url: str
    api_key: str = field(repr=False)

    @property
    def label(self) -> str:
        """`provider:model`, as it is written in the settings."""
        return f"{self.provider.name}:{self.name}"


def choose_models(
    spec: str, keys: Mapping[str, str], base_urls: Mapping[str, str] = MappingProxyType({})
) -> tuple[Model, ...]:
    """The models of `spec` whose provider has a key or wants none: the first leads, the rest are its fallbacks in
    order.

    `spec` is like `deepseek:deepseek-chat,openai:gpt-5-mini`; a model's own name may hold colons and slashes. `keys`
    and `base_urls` go by provider name; an empty one counts as absent. Raises ValueError for an unknown provider, one
    without an address, or an entry without a model.
    """
    chosen = []
    for entry in filter(None, (part.strip() for part in spec.split(","))):
        provider_name, _, name = (piece.strip() for piece in entry.partition(":"))
        provider = PROVIDERS.get(provider_name)
        if provider is None or not name:
            raise ValueError(f"{entry!r} is not provider:model with a provider of {', '.join(PROVIDERS)}")
        key = keys.get(provider_name, "").strip()
        if key or provider.local:
            base_url = base_urls.get(provider_name, "").strip() or provider.base_url
            if not base_url:
                raise ValueError(f"{entry!r} needs the address of its server")
            chosen.append(Model(provider, name, base_url.rstrip("/"), key))
    return tuple(chosen)
