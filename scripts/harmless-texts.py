#!/usr/bin/env python
"""Prints harmless texts from other sources, to measure how many the safety check refuses.

    pip install chatterbot-corpus
    python scripts/harmless-texts.py talk-en > talk-en.txt
    python scripts/harmless-texts.py talk-es > talk-es.txt
    python scripts/harmless-texts.py textbook FOLDER > textbook.txt
    vividly evaluate safety talk-en.txt --wrong

`talk-en` and `talk-es` print the half of chatterbot-corpus that `learn-safety.py` does not learn
from, without conversations on feelings. `textbook` prints the questions in the CNXML files of an
OpenStax book.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

QUESTION = re.compile(r"[A-Z][^.?!]{12,140}\?")


def talk(language: str) -> list[str]:
    """The lines in the half of chatterbot-corpus that was not learnt from."""
    return import_module("learn-safety").talk(language, half=0)


def textbook(folder: Path) -> Iterator[str]:
    """The questions of every CNXML file below the folder, with `x` for a formula."""
    for file in sorted(folder.rglob("*.cnxml")):
        text = file.read_text(encoding="utf-8")
        text = re.sub(r"<(m:)?math\b.*?</(m:)?math>", " x ", text, flags=re.DOTALL)
        plain = " ".join(re.sub(r"<[^>]+>", " ", text).split())
        yield from (found.strip() for found in QUESTION.findall(plain))


def main() -> None:
    """Print the texts, one per line."""
    match sys.argv[1:]:
        case ["talk-en"]:
            found = talk("english")
        case ["talk-es"]:
            found = talk("spanish")
        case ["textbook", folder] if Path(folder).is_dir():
            found = list(dict.fromkeys(textbook(Path(folder))))
        case _:
            raise SystemExit("want talk-en, talk-es, or textbook and a folder of CNXML files")
    print("\n".join(found))


if __name__ == "__main__":
    main()
