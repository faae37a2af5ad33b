"""Help lines for children by country, from a data file that an operator can replace."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.platform.storage import open_store

_PACKAGED = "help_lines.yaml"
_FORBID = ConfigDict(extra="forbid", frozen=True)


class Line(BaseModel):
    """A help line: its name, and how to reach it in each language."""

    model_config = _FORBID

    name: str = Field(min_length=1)
    say: Mapping[str, str] = Field(min_length=1)

    def said(self, language: str) -> str:
        """How to reach it, in a language; if that is missing, in English or in any other."""
        return self.say.get(language) or self.say.get("en") or next(iter(self.say.values()))


class Country(BaseModel):
    """The help lines of a country. `emergency` is empty if the number is not known."""

    model_config = _FORBID

    lines: tuple[Line, ...] = Field(min_length=1)
    emergency: str = ""


class _File(BaseModel):
    model_config = _FORBID

    home: str = ""
    elsewhere: Country
    countries: Mapping[str, Country] = {}


class HelpLines:
    """The help lines of every country that the file lists. Immutable.

    Attributes:
        digest: the first 12 hex digits of the file's SHA-256.
    """

    def __init__(self, data: bytes, source: str) -> None:
        """
        Args:
            data: YAML in the format that `help_lines.yaml` describes.
            source: name of the file, for messages.

        Raises:
            SettingsError: the format is wrong; the message names the place.
        """
        try:
            self._file = _File.model_validate(yaml.safe_load(data))
        except yaml.YAMLError as error:
            raise SettingsError(f"--help_lines: {source} is not YAML: {error}") from error
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"])) or "the file"
            raise SettingsError(f"--help_lines: {source}: {place}: {fault['msg']}") from error
        if self._file.home and self._file.home not in self._file.countries:
            raise SettingsError(
                f"--help_lines: {source}: home is {self._file.home}, which is not in countries"
            )
        self.digest = hashlib.sha256(data).hexdigest()[:12]

    def of(self, region: str) -> Iterator[Country]:
        """The help lines for a student.

        Args:
            region: ISO 3166-1 code of the student's country. If it is empty (not known), the
                lines of the home country come first, then those for elsewhere.
        """
        file = self._file
        if not region and file.home:
            yield file.countries[file.home]
        yield file.countries.get(region, file.elsewhere)


def load_help_lines(address: str = "") -> HelpLines:
    """Load the help lines of a file, or the package's own.

    Args:
        address: a path, or `gs://bucket/name`; empty for the package's own.

    Raises:
        SettingsError: the file cannot be read, or its format is wrong.
        TransientError: the bucket cannot be reached.
    """
    if not address:
        return HelpLines((files("vividly.lesson.safety") / _PACKAGED).read_bytes(), _PACKAGED)
    try:
        if address.startswith("gs://"):
            bucket, _, name = address.removeprefix("gs://").partition("/")
            return HelpLines(open_store(f"gs://{bucket}").read(name), address)
        return HelpLines(Path(address).read_bytes(), address)
    except TransientError:
        raise
    except (OSError, PermanentError) as error:
        raise SettingsError(f"--help_lines: cannot read {address}: {error}") from error
