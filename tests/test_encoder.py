"""The sentence encoder, and the vectors that are made with it."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest

from vividly.library.encoder import CARRIER, DIMENSIONS, LONGEST, SentenceEncoder, sentence_encoder
from vividly.library.retrieval import make_embedder
from vividly.library.retrieval.sentence_embedder import (
    SentenceEmbedder,
    _carried,
    _key,
    carry,
    shipped_texts,
)
from vividly.model.errors import SettingsError
from vividly.model.settings import Settings

LONG = "A body at rest stays at rest unless a net force acts. " * 40


def test_the_vectors_are_those_of_the_published_model() -> None:
    """https://sbert.net/docs/quickstart.html prints these similarities of all-MiniLM-L6-v2."""
    vectors = sentence_encoder().encode(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    printed = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    assert vectors @ vectors.T == pytest.approx(np.array(printed), abs=1e-3)


def test_a_text_s_vector_is_the_same_in_any_company() -> None:
    encoder = sentence_encoder()
    texts = ["what is inertia", LONG, "", "¿qué es la energía? 🚌", "x" * 5000, LONG]
    together = encoder.encode(texts)
    assert together.shape == (len(texts), DIMENSIONS)
    for text, vector in zip(texts, together, strict=True):
        assert encoder.encode([text])[0] == pytest.approx(vector, abs=1e-5)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert encoder.encode([]).shape == (0, DIMENSIONS)
    with ThreadPoolExecutor(8) as pool:
        for again in pool.map(lambda _: encoder.encode(texts[:1])[0], range(32)):
            assert again == pytest.approx(together[0], abs=1e-5)


def test_a_text_is_read_as_far_as_the_model_reads() -> None:
    encoder = sentence_encoder()
    start = "word " * (LONGEST - 2)
    a, b, c = encoder.encode([start, start + "and more", "and more " + start])
    assert a == pytest.approx(b, abs=1e-5)
    assert a != pytest.approx(c, abs=1e-3)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (weights,) = (f for f in distribution(CARRIER).files or () if f.name == "model.safetensors")
    folder = Path(str(weights.locate())).parent
    with pytest.raises(SettingsError, match=r"all-MiniLM-L6-v2 in .*model\.safetensors"):
        SentenceEncoder(tmp_path)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(data)
    with pytest.raises(SettingsError, match=r"tokenizer\.json"):
        SentenceEncoder(tmp_path)
    shutil.copy(folder / "tokenizer.json", tmp_path)
    with pytest.raises(SettingsError, match="is not all-MiniLM-L6-v2 as published: its SHA-256"):
        SentenceEncoder(tmp_path)
    data[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(data)
    assert SentenceEncoder(tmp_path).encode(["a"]) == pytest.approx(
        sentence_encoder().encode(["a"]), abs=1e-6
    )


def test_what_it_knows_no_book_says() -> None:
    embedder = make_embedder(Settings("", "", ""))
    asked = np.array(embedder.embed_query("why do I fly forward when the bus brakes"))
    inertia, refraction = np.array(
        embedder.embed_documents(
            [
                "Inertia. A body at rest stays at rest, and a moving body keeps moving.",
                "Refraction. Light bends where it enters another medium.",
            ]
        )
    )
    assert asked @ inertia > asked @ refraction + 0.05


def test_texts_without_words_have_no_vector() -> None:
    embedder = make_embedder(Settings("", "", ""))
    assert embedder.embed_query("  ") == []
    assert embedder.embed_documents([]) == []
    one, none, same = embedder.embed_documents(["light", " \n", "light"])
    assert one == same == pytest.approx(embedder.embed_query("light"), abs=2e-3)
    assert len(one) == embedder.dimensions
    assert none == []


def test_english_is_what_it_knows() -> None:
    embedder = SentenceEmbedder()
    assert embedder.weight_in("en-GB") == embedder.weight_in("en") > 1 > embedder.weight_in("es-MX")


def test_all_that_ships_is_carried() -> None:
    """`python -m vividly.library.retrieval.sentence_embedder` makes the file anew."""
    texts = shipped_texts()
    assert {_key(text) for text in texts} == set(_carried())
    some = texts[:: len(texts) // 20]
    found = np.array(SentenceEmbedder().embed_documents(some))
    assert found == pytest.approx(sentence_encoder().encode(some), abs=2e-3)


def test_what_is_carried_is_written_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry(["b", "a", "b"], tmp_path / "vectors.npz")
    with np.load(tmp_path / "vectors.npz", allow_pickle=False) as arrays:
        assert str(arrays["model"]) == SentenceEmbedder.identity
        assert arrays["vectors"].shape == (2, DIMENSIONS)
    _carried.cache_clear()
    monkeypatch.setattr(SentenceEmbedder, "identity", "another/1")
    try:
        assert _carried() == {}
    finally:
        monkeypatch.undo()
        _carried.cache_clear()
