"""Names for keys and URLs, made from titles."""

from __future__ import annotations

from vividly.text.words import PLAIN, words

LONGEST = 80


def slugify(title: str) -> str:
    """`Newton's First Law: Inertia` as `newtons-first-law-inertia`; "" if nothing is left.

    As OpenStax names its pages: apostrophes are removed, anything else between words is one
    hyphen.
    """
    return "-".join(words(title, PLAIN))[:LONGEST].rstrip("-")


class Unique:
    """Makes names unique: the second `force` becomes `force-2`."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def __call__(self, name: str) -> str:
        found, count = name, 1
        while found in self._taken:
            count += 1
            found = f"{name}-{count}"
        self._taken.add(found)
        return found
