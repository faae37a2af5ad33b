#!/usr/bin/env python
"""Learns vividly/safety/meaning.npz from the labelled questions of the tests.

    python scripts/learn-safety.py

Learnt from are tests/data/safety_learnt.yaml, `dev` in tests/data/safety.yaml, and the harmless
questions of the other question files. The other splits of safety.yaml are not learnt from:
`vividly evaluate safety` measures on them.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from vividly import safety
from vividly.evaluation.retrieval import read_questions
from vividly.evaluation.safety import read_cases as read_safety
from vividly.evaluation.understanding import read_cases as read_understanding
from vividly.safety.by_meaning import LEARNT, SAFE, learn

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"


def main() -> None:
    """Read the questions, learn, write."""
    labelled = [
        (case.query, case.wanted)
        for file in ("safety_learnt.yaml", "safety.yaml")
        for case in read_safety(DATA / file)
        if case.split in ("learnt", "dev")
    ]
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
    ]
    known = {text for text, _ in labelled}
    safe = [
        text for text in dict.fromkeys(harmless) if text not in known and not safety.check(text)
    ]
    learn([*labelled, *((text, SAFE) for text in safe)], ROOT / "vividly" / "safety" / LEARNT)
    print(f"learnt from {len(labelled)} labelled and {len(safe)} harmless questions")


if __name__ == "__main__":
    main()
