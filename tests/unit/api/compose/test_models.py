import pytest

from api.compose.models import LOADING_SECONDS, budget, chosen_models
from api.settings import BadSetting, Settings


def test_a_model_on_this_machine_has_time_to_be_loaded() -> None:
    assert budget(Settings(models="ollama:llama3.2")).first_token == LOADING_SECONDS
    assert budget(Settings(models="ollama:llama3.2", first_token_s=3)).first_token == 3
    assert budget(Settings(models="")).first_token == Settings.model_fields["first_token_s"].default


def test_a_server_without_an_address_is_a_bad_setting() -> None:
    with pytest.raises(BadSetting, match="PITCREW_MODELS: 'local:qwen' needs the address"):
        chosen_models(Settings(models="local:qwen"))
    (model,) = chosen_models(Settings(models="local:qwen", local_base_url="http://127.0.0.1:1234/v1/"))
    assert model.base_url == "http://127.0.0.1:1234/v1"
