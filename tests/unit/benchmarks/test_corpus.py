from benchmarks.fit.corpus import Corpus, of_lines
from benchmarks.fit.sample import WordEmbedder

LINES = [
    {"id": "jack", "title": "Tools", "text": "The jack is under the floor of the boot."},
    {"id": "wheel", "title": "Wheels", "text": "The spare wheel is under the floor of the boot."},
    {"id": "roof", "title": "Body", "text": "The roof carries 75 kg."},
]


def found(corpus: Corpus) -> list[tuple[str, float]]:
    passages = corpus.find("Where is the jack?", whole=True).passages
    return [(passage.chunk.document_id, passage.score) for passage in passages]


def test_the_document_that_answers_is_found_first() -> None:
    assert found(Corpus(of_lines(LINES), WordEmbedder()))[0][0] == "jack"


def test_what_was_taken_out_is_not_found_and_its_words_are_not_known() -> None:
    corpus, rest = Corpus(of_lines(LINES), WordEmbedder()), Corpus(of_lines(LINES[1:]), WordEmbedder())
    with corpus.without({"jack"}):
        assert found(corpus) == found(rest)


def test_what_was_taken_out_comes_back() -> None:
    corpus = Corpus(of_lines(LINES), WordEmbedder())
    before = found(corpus)
    with corpus.without({"jack", "roof"}):
        assert found(corpus) != before
    assert found(corpus) == before
