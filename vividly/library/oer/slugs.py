"""Names for keys and addresses, made out of titles."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 80


def slugify(title: str) -> str:
    """`Newton's First Law: Inertia` as `newtons-first-law-inertia`; "" where nothing is left.

    As OpenStax names its pages: apostrophes go, all else between words is one hyphen.
    """
    plain = unicodedata.normalize("NFKD", title.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"['’‘ʼ`]", "", plain)
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].rstrip("-")


class Unique:
    """Gives each name once: the second `force` becomes `force-2`."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def __call__(self, name: str) -> str:
        found, count = name, 1
        while found in self._taken:
            count += 1
            found = f"{name}-{count}"
        self._taken.add(found)
        return found
