"""The sentence encoder, and vectors computed with it."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest

from tests.support.gcs_server import storage_server
from tests.test_storage import free_port
from vividly.library.encoder import (
    DIMENSIONS,
    LONGEST,
    MODEL,
    PACKAGES,
    TOKENIZER,
    sentence_encoder,
)
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
from vividly.platform.storage import open_store

LONG = "A body at rest stays at rest unless a net force acts. " * 40


def test_the_vectors_are_those_of_the_published_model() -> None:
    """tests/data/encoder_fp32.npz: 62 texts and their vectors by the published weights.

    The texts are passages and names of the corpus, and labelled questions. The vectors were
    computed from the `model.safetensors` of all-MiniLM-L6-v2 in single precision.
    """
    with np.load(Path(__file__).parent / "data" / "encoder_fp32.npz") as reference:
        texts, wanted = reference["texts"].tolist(), reference["vectors"]
    cosines = (sentence_encoder().encode(texts) * wanted).sum(axis=1)
    assert len(cosines) == 62
    assert cosines.mean() > 0.999
    assert cosines.min() > 0.998


def test_the_similarities_are_those_that_the_authors_print() -> None:
    """https://sbert.net/docs/quickstart.html prints these of all-MiniLM-L6-v2."""
    vectors = sentence_encoder().encode(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    printed = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    assert vectors @ vectors.T == pytest.approx(np.array(printed), abs=0.02)


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


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with the encoder's two files, copied out of the packages."""
    for name, package in PACKAGES.items():
        (file,) = (f for f in distribution(package).files or () if f.name == name)
        shutil.copy(str(file.locate()), tmp_path)
    return tmp_path


def test_a_directory_with_the_files_does_as_well(files: Path) -> None:
    found = sentence_encoder(str(files)).encode(["a"])
    assert found == pytest.approx(sentence_encoder().encode(["a"]), abs=1e-6)


@pytest.mark.parametrize("name", [MODEL, TOKENIZER])
def test_a_changed_file_is_refused(files: Path, name: str) -> None:
    data = bytearray((files / name).read_bytes())
    data[-1] ^= 1
    (files / name).write_bytes(data)
    with pytest.raises(SettingsError, match=rf"{name} .* is not the pinned file: its SHA-256"):
        sentence_encoder(str(files))


@pytest.mark.parametrize("name", [MODEL, TOKENIZER])
def test_a_missing_file_is_named(files: Path, name: str) -> None:
    (files / name).unlink()
    with pytest.raises(SettingsError, match=rf"sentence encoder in .*{name}"):
        sentence_encoder(str(files))


def test_a_bucket_does_as_well(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with storage_server(free_port(), "models") as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        with pytest.raises(SettingsError, match=r"sentence encoder in gs://models/minilm: .*"):
            sentence_encoder("gs://models/minilm")
        for name in PACKAGES:
            data = (files / name).read_bytes()
            open_store("gs://models").write(f"minilm/{name}", data, "application/octet-stream")
        found = sentence_encoder("gs://models/minilm/").encode(["a"])
    assert found == pytest.approx(sentence_encoder().encode(["a"]), abs=1e-6)


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
    assert one == same == pytest.approx(embedder.embed_query("light"), abs=1e-2)
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
    # Processors round products of 8-bit numbers slightly differently.
    assert ((found * sentence_encoder().encode(some)).sum(axis=1) > 0.995).all()


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
