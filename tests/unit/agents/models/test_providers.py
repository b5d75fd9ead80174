import pytest

from agents.models.providers import PROVIDERS, choose_models
from api.settings import Settings

SPEC = "deepseek:deepseek-chat, openai:gpt-5-mini ,openrouter:meta/llama:free,gemini:gemini-flash"


def test_only_models_with_a_key_are_chosen_in_their_order() -> None:
    chosen = choose_models(SPEC, {"gemini": "g", "openai": "o", "deepseek": " "})
    assert [model.label for model in chosen] == ["openai:gpt-5-mini", "gemini:gemini-flash"]
    assert [model.api_key for model in chosen] == ["o", "g"]


def test_with_all_keys_deepseek_leads_then_openai_and_gemini_is_last() -> None:
    default = Settings.model_fields["models"].default
    chosen = choose_models(default, dict.fromkeys(PROVIDERS, "a key"))
    order = ["deepseek", "openai", "openrouter", "gemini"]
    assert [model.provider.name for model in chosen] == order
    assert [name for name, provider in PROVIDERS.items() if not provider.local] == order
    assert list(Settings.model_construct().provider_keys) == order


def test_models_on_this_machine_want_no_key() -> None:
    addresses = {"local": "http://127.0.0.1:1234/v1", "ollama": ""}
    first, second = choose_models("ollama:llama3.2:3b,local:org/model,openai:gpt-5", {}, addresses)
    assert (first.label, first.base_url) == ("ollama:llama3.2:3b", "http://127.0.0.1:11434/v1")
    assert (second.label, second.base_url) == ("local:org/model", "http://127.0.0.1:1234/v1")
    with pytest.raises(ValueError, match="address"):
        choose_models("local:org/model", {})


def test_a_models_own_name_may_hold_colons_and_slashes() -> None:
    (chosen,) = choose_models(SPEC, {"openrouter": "k"})
    assert (chosen.provider, chosen.name) == (PROVIDERS["openrouter"], "meta/llama:free")


def test_base_urls_are_the_providers_own_unless_given() -> None:
    keys = {"openai": "o", "deepseek": "d", "gemini": "g"}
    chosen = choose_models(SPEC, keys, {"openai": "http://127.0.0.1:9100/v1/", "gemini": ""})
    assert {model.provider.name: model.base_url for model in chosen} == {
        "deepseek": PROVIDERS["deepseek"].base_url,
        "openai": "http://127.0.0.1:9100/v1",
        "gemini": PROVIDERS["gemini"].base_url,
    }


def test_no_key_or_no_entry_chooses_nothing() -> None:
    assert choose_models(SPEC, {}) == ()
    assert choose_models(" , ", {"openai": "o"}) == ()


@pytest.mark.parametrize("spec", ["gpt-5", "openai:", "acme:gpt-5", ":gpt-5"])
def test_what_is_no_known_provider_and_model_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="provider:model"):
        choose_models(spec, {"openai": "o"})


def test_the_key_is_in_no_repr() -> None:
    (chosen,) = choose_models("openai:gpt-5", {"openai": "sk-secret"})
    assert "sk-secret" not in f"{chosen!r} {chosen}"
