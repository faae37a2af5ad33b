"""An operator's table of how words are said, for names and local terms. Every voice uses it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import yaml

from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.platform.storage import open_store
from vividly.text.locales import primary_subtag

_NONE: Mapping[str, str] = MappingProxyType({})
_WORD = re.compile(r"\S+")
_SAID = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*(?: [^\W\d_]+(?:['-][^\W\d_]+)*)*")


@dataclass(frozen=True)
class Pronunciations:
    """Words and how they are said, per language.

    Attributes:
        by_language: primary language -> written word -> the words that sound like it. A word in
            lower case is also found with a capital.
        digest: eight hex digits of the table; empty if there is none.
    """

    by_language: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    digest: str = ""

    def of(self, language: str) -> Mapping[str, str]:
        """The table of a BCP 47 language."""
        return self.by_language.get(primary_subtag(language), _NONE)

    @property
    def identity(self) -> str:
        """Its part of a voice's identity."""
        return f"/pronunciations={self.digest}" if self.digest else ""


NO_PRONUNCIATIONS = Pronunciations()


def load_pronunciations(address: str = "") -> Pronunciations:
    """Load a table. Example of a file: `en: {Siobhan: shiv awn, gif: jif}`.

    Args:
        address: a path of a YAML file, or `gs://bucket/name`; empty for an empty table.

    Raises:
        SettingsError: the file cannot be read, or its format is wrong.
        TransientError: the bucket cannot be reached.
    """
    if not address:
        return NO_PRONUNCIATIONS
    try:
        if address.startswith("gs://"):
            bucket, _, name = address.removeprefix("gs://").partition("/")
            data = open_store(f"gs://{bucket}").read(name)
        else:
            data = Path(address).read_bytes()
    except TransientError:
        raise
    except (OSError, PermanentError) as error:
        raise SettingsError(f"--pronunciations: cannot read {address}: {error}") from error
    try:
        table = yaml.safe_load(data)
    except yaml.YAMLError as error:
        raise SettingsError(f"--pronunciations: {address} is not YAML: {error}") from error
    return Pronunciations(_checked(table, address), hashlib.sha256(data).hexdigest()[:8])


def _checked(table: object, address: str) -> dict[str, dict[str, str]]:
    place = f"--pronunciations: {address}"
    if not isinstance(table, dict) or not all(isinstance(part, dict) for part in table.values()):
        raise SettingsError(
            f"{place}: give words per language, such as `en: {{Siobhan: shiv awn}}`"
        )
    for language, words in table.items():
        for word, said in words.items():
            if not (isinstance(word, str) and _WORD.fullmatch(word)):
                raise SettingsError(f"{place}: {language}: {word!r} is not one word; quote it")
            if not (isinstance(said, str) and _SAID.fullmatch(said)):
                raise SettingsError(
                    f"{place}: {language}: {word}: give words of letters, not {said!r}"
                )
    return {str(language): dict(words) for language, words in table.items()}
