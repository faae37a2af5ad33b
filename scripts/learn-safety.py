#!/usr/bin/env python
"""Learns vividly/lesson/safety/meaning.npz from the labelled questions of the tests.

    apt-get install wordnet-base; pip install chatterbot-corpus; python scripts/learn-safety.py

It learns from tests/data/safety_learnt.yaml, from `dev` in tests/data/safety.yaml, and from the
harmless questions of the other question files. The other splits of safety.yaml are for
`vividly evaluate safety` only.

Questions collected for safety are about danger: a model of them alone classifies "good morning" as
a cry for help. So it also learns everyday language from two packages: example sentences of
WordNet, and half of the conversations in chatterbot-corpus (English and Spanish).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import numpy as np
import yaml
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from vividly.evaluation.questions import read_questions
from vividly.evaluation.safety import read_cases as read_safety
from vividly.evaluation.understanding import read_cases as read_understanding
from vividly.lesson import safety
from vividly.lesson.safety.by_meaning import LEARNT, SAFE, VECTOR_SHARE, runs
from vividly.library.encoder import IDENTITY, sentence_encoder

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
WORDNET = Path("/usr/share/wordnet")
"""Folder of Debian's `wordnet-base`."""
SENTENCES = 6000
"""Number taken of WordNet's 40,000 sentences, so that they do not outweigh our questions."""
TROUBLED = ("psychology", "emotion", "psicologia", "emociones")
"""Conversations on feelings, which are not labelled."""
REGULARIZATION = 5.0
"""Inverse strength, as scikit-learn's `C`."""
SEEN = 3
"""Runs of letters in fewer questions than this are not learnt."""


def sentences() -> list[str]:
    """Sentences and phrases of 3 to 20 words that show how a word is used."""
    found = set()
    for part in ("noun", "verb", "adj", "adv"):
        for line in (WORDNET / f"data.{part}").read_text("latin-1").splitlines():
            gloss = line.partition(" | ")[2]
            found.update(re.findall(r'"([^"]+)"', gloss))
    usable = (one for one in found if 3 <= len(one.split()) <= 20)
    return sorted(usable, key=lambda one: crc32(one.encode()))[:SENTENCES]


def talk(language: str, *, half: int) -> list[str]:
    """The lines of chatterbot-corpus ("english", "spanish"): half 0 has an even CRC.

    Half 1 is learnt from.
    """
    spec = find_spec("chatterbot_corpus")
    if spec is None or spec.origin is None:
        raise SystemExit("chatterbot-corpus is not there: pip install chatterbot-corpus")
    found = set()
    for file in (Path(spec.origin).parent / "data" / language).glob("*.yml"):
        if file.stem not in TROUBLED:
            said = yaml.safe_load(file.read_text("utf-8"))["conversations"]
            found.update(" ".join(str(one).split()) for each in said for one in each)
    return sorted(one for one in found if len(one) < 160 and crc32(one.encode()) % 2 == half)


def learn(questions: Sequence[tuple[str, str]], target: Path) -> None:
    """Learn from labelled questions and write what was learnt.

    Args:
        questions: (text, category or `safe`).
    """
    texts = [text for text, _ in questions]
    counted = TfidfVectorizer(analyzer=runs, sublinear_tf=True, min_df=SEEN)
    found = counted.fit_transform(texts)
    vectors = sentence_encoder().encode(texts) * VECTOR_SHARE
    model = LogisticRegression(C=REGULARIZATION, max_iter=5000, tol=1e-3)
    model.fit(hstack([found, csr_matrix(vectors)]).tocsr(), [label for _, label in questions])
    np.savez_compressed(
        target,
        encoder=np.array(IDENTITY),
        classes=np.array(model.classes_, dtype=np.str_),
        runs=np.array("\n".join(counted.get_feature_names_out())),
        rarity=counted.idf_.astype(np.float16),
        weights=model.coef_.astype(np.float16),
        bias=model.intercept_.astype(np.float32),
    )


def main() -> None:
    """Read the questions, learn, write."""
    cases = [
        case
        for file in ("safety_learnt.yaml", "safety.yaml")
        for case in read_safety(DATA / file)
        if case.split in ("learnt", "dev")
    ]
    labelled = [(case.query, case.wanted) for case in cases]
    dev = {case.query for case in cases if case.split == "dev"}
    queries = yaml.safe_load((DATA / "queries.yaml").read_text("utf-8"))
    harmless = [
        *(query for some in queries["topics"].values() for query in some),
        *map(str, (*queries["clarify"], *queries["out_of_scope"])),
        *(question.ask for question in read_questions(DATA / "eval" / "physics.yaml").questions),
        *(
            case.query
            for case in read_understanding(DATA / "eval" / "understanding.yaml", "book")
            if "blocked" not in case.wanted
        ),
        *sentences(),
        *talk("english", half=1),
        *talk("spanish", half=1),
    ]
    known = {text for text, _ in labelled}
    safe = [
        text for text in dict.fromkeys(harmless) if text not in known and not safety.check(text)
    ]
    questions = [*labelled, *((text, SAFE) for text in safe)]
    # The tests assert the results of `dev`: each of its questions counts three times.
    questions += [one for one in questions if one[0] in dev] * 2
    learn(questions, ROOT / "vividly" / "lesson" / "safety" / LEARNT)
    print(f"learnt from {len(labelled)} labelled and {len(safe)} harmless questions")


if __name__ == "__main__":
    main()
