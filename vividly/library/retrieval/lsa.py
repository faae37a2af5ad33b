"""Vectors without any model from outside: latent semantic analysis of the library itself.

TF-IDF of the passages' stems, reduced by a singular value decomposition: words that keep
the same company come to lie together. It is learnt anew whenever the library changes.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import Engine, select

from vividly.library.retrieval.fitted import Current, fitted_identity, read_fitted, write_fitted
from vividly.library.retrieval.passage_text import passage_text
from vividly.library.retrieval.words import content_words, is_soft
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import passages
from vividly.platform.ledger.queries import library_digest
from vividly.text.words import stems

NAME = "lsa/1"
DIMENSIONS = 200
FEWEST = 2
"""Passages that a stem must be in to be learnt."""
MOST_FEATURES = 50_000


@dataclass(frozen=True)
class LsaModel:
    """What was learnt: the stems, their rarity, and where each lies.

    Attributes:
        terms: the stems, sorted.
        idf: per stem.
        components: per stem, its coordinates (stems × dimensions).
    """

    terms: tuple[str, ...]
    idf: np.ndarray[Any, np.dtype[np.float32]]
    components: np.ndarray[Any, np.dtype[np.float32]]

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.terms)}

    def vector(self, some: Sequence[str]) -> list[float]:
        """The vector of a text's stems, of length 1; empty if all are unknown."""
        known = Counter(c for stem in some if (c := self._columns.get(stem)) is not None)
        if not known:
            return []
        columns = np.fromiter(known, dtype=np.int64)
        often = 1 + np.log(np.fromiter(known.values(), dtype=np.float32))
        weights = often * self.idf[columns]
        vector = (weights / np.linalg.norm(weights)) @ self.components[columns]
        length = float(np.linalg.norm(vector))
        found: list[float] = (vector / length).tolist() if length > 1e-9 else []
        return found

    def to_bytes(self) -> bytes:
        """The model as an `.npz` archive of plain arrays."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            terms=np.frombuffer("\n".join(self.terms).encode(), dtype=np.uint8),
            idf=self.idf,
            components=self.components.astype(np.float16),
        )
        return file.getvalue()

    @staticmethod
    def from_bytes(data: bytes) -> LsaModel:
        """The model that `to_bytes` wrote. Nothing in it is executed."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            terms = bytes(arrays["terms"]).decode()
            return LsaModel(
                terms=tuple(terms.split("\n")) if terms else (),
                idf=arrays["idf"].astype(np.float32),
                components=arrays["components"].astype(np.float32),
            )


def fit(documents: Sequence[Sequence[str]], dimensions: int = DIMENSIONS) -> LsaModel:
    """Learn from the stems of each passage. The same passages always give the same model."""
    # Only what fits needs scikit-learn, which takes a second to import.
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD

    found_in = Counter(stem for stems_of in documents for stem in set(stems_of))
    common = sorted(
        (stem for stem, n in found_in.items() if n >= FEWEST),
        key=lambda stem: (-found_in[stem], stem),
    )[:MOST_FEATURES]
    terms = tuple(sorted(common))
    size = min(dimensions, len(terms) - 1, len(documents) - 1)
    if size < 1:
        nothing = np.zeros((0, 1), np.float32)
        return LsaModel((), np.zeros(0, np.float32), nothing)
    columns = {term: column for column, term in enumerate(terms)}
    # As scikit-learn's TfidfTransformer: smoothed, so that no weight is zero.
    idf = np.array(
        [np.log((1 + len(documents)) / (1 + found_in[t])) + 1 for t in terms], np.float32
    )
    values: list[float] = []
    places: list[int] = []
    ends = [0]
    for stems_of in documents:
        known = Counter(columns[stem] for stem in stems_of if stem in columns)
        weights = np.array([(1 + np.log(n)) * idf[c] for c, n in known.items()], np.float32)
        length = float(np.linalg.norm(weights)) or 1.0
        values.extend((weights / length).tolist())
        places.extend(known)
        ends.append(len(places))
    matrix = csr_matrix(
        (values, places, ends), shape=(len(documents), len(terms)), dtype=np.float32
    )
    svd = TruncatedSVD(size, random_state=0).fit(matrix)
    return LsaModel(terms, idf, np.ascontiguousarray(svd.components_.T, dtype=np.float32))


class LsaEmbedder:
    """The model stored in the database; a running job takes up a newer one by itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._current = Current(lambda: fitted_identity(engine, NAME) or "", lambda _: self._load())

    @property
    def identity(self) -> str:
        """The model and a digest of the library that it was learnt from."""
        return self._current.get()[0]

    @property
    def dimensions(self) -> int:
        """Length of the vectors; less than 200 for a small library."""
        return int(self._current.get()[1].components.shape[1])

    def weight_in(self, language: str) -> float:
        """As chosen on questions about one English book."""
        return 0.2

    def embed_query(self, text: str) -> list[float]:
        """The question's vector, of length 1; empty if the library has none of its words."""
        return self._current.get()[1].vector(_stems(text))

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """The passages' vectors, of length 1."""
        model = self._current.get()[1]
        return [model.vector(_stems(text)) for text in texts]

    def refresh(self) -> None:
        """Learn from the library as it is now, unless the stored model did."""
        digest = library_digest(self._engine)
        wanted = f"{NAME}/{hashlib.sha256(f'{digest} {DIMENSIONS}'.encode()).hexdigest()[:16]}"
        if fitted_identity(self._engine, NAME) != wanted:
            P = passages.c
            listed = select(P.heading, P.source["section"].astext, P.body).order_by(P.key)
            with database_errors(self._engine), self._engine.connect() as connection:
                rows = connection.execute(listed).all()
            texts = [_stems(passage_text(heading, at or "", body)) for heading, at, body in rows]
            write_fitted(self._engine, NAME, wanted, fit(texts).to_bytes())
        self._current.get(now=True)

    def _load(self) -> tuple[str, LsaModel]:
        stored = read_fitted(self._engine, NAME)
        if stored is None:
            return f"{NAME}/none", fit([])
        return stored[0], LsaModel.from_bytes(stored[1])


def _stems(text: str) -> list[str]:
    contents = content_words(text)
    return stems([word for word in contents if not is_soft(word)] or contents)
