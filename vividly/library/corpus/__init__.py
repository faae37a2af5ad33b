"""The topics that ship with the package, one YAML file each (see `schema.Topic`)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

import yaml
from pydantic import ValidationError

from vividly.library.corpus.schema import Bridge, Section, Sentence, Topic
from vividly.text.locales import DEFAULT, primary_subtag

__all__ = [
    "Bridge",
    "Section",
    "Sentence",
    "Topic",
    "all_topics",
    "corpus_digest",
    "corpus_languages",
    "load_topics",
    "register_topics",
]

_reading = threading.Lock()
_folders: list[Traversable] = [files(__name__)]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def register_topics(folder: Traversable) -> None:
    """Add topic files outside the package: `<folder>/<subject>/<id>.yaml`.

    Call it before the first lesson: what was made of the topics until then stays as it is.

    Raises:
        ValueError: a file is not a valid topic; the message names the file and the field.
    """
    _read(_topic_files([folder]), draw=True)
    _folders.append(folder)
    for made in (_all_topics, _by_language, corpus_digest):
        made.cache_clear()


def load_topics(language: str = DEFAULT) -> Mapping[str, Topic]:
    """The topics in a language (BCP 47) by id; empty if there are none.

    Raises:
        ValueError: a file is not a valid topic; the message names the file and the field.
    """
    return _by_language().get(primary_subtag(language), MappingProxyType({}))


def corpus_languages() -> tuple[str, ...]:
    """The languages of the corpus, English first."""
    return tuple(sorted(_by_language(), key=lambda language: (language != DEFAULT, language)))


def all_topics() -> Mapping[str, Topic]:
    """Every topic of the corpus by its id, read once per process.

    Raises:
        ValueError: a file is not a valid topic; the message names the file and the field.
    """
    with _reading:  # otherwise the first requests of a job would all read them
        return _all_topics()


@cache
def _all_topics() -> Mapping[str, Topic]:
    # Tests try whether what ships can be drawn. To try it here would load matplotlib.
    return _read(_topic_files(_folders), draw=False)


def _read(texts: Iterable[tuple[str, str]], *, draw: bool) -> Mapping[str, Topic]:
    """The topics by id.

    Args:
        texts: (path, text) of each file.
        draw: try whether the visuals can be drawn.
    """
    topics: dict[str, Topic] = {}
    for name, text in texts:
        try:
            topic = Topic.model_validate(yaml.load(text, Loader=_Loader), context={"draw": draw})
        except (ValidationError, yaml.YAMLError) as error:
            raise ValueError(f"vividly/library/corpus/{name}: {error}") from error
        if name != f"{topic.subject}/{topic.id}.yaml":
            raise ValueError(
                f"vividly/library/corpus/{name}: belongs at "
                f"vividly/library/corpus/{topic.subject}/{topic.id}.yaml"
            )
        topics[topic.id] = topic
    return MappingProxyType(topics)


@cache
def _by_language() -> Mapping[str, Mapping[str, Topic]]:
    found: dict[str, dict[str, Topic]] = {}
    for id, topic in all_topics().items():
        found.setdefault(topic.language, {})[id] = topic
    return {language: MappingProxyType(topics) for language, topics in found.items()}


@cache
def corpus_digest() -> str:
    """SHA-256 over all topic files, in hex: changes when any sentence changes."""
    digest = hashlib.sha256()
    for name, text in _topic_files(_folders):
        digest.update(name.encode() + b"\0" + text.encode() + b"\0")
    return digest.hexdigest()


def _topic_files(places: Iterable[Traversable]) -> list[tuple[str, str]]:
    """(path below its place, text) of each topic file, in path order."""
    found = [
        (f"{folder.name}/{file.name}", file.read_text(encoding="utf-8"))
        for topics in places
        for folder in topics.iterdir()
        if folder.is_dir() and folder.name != "__pycache__"
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    ]
    return sorted(found)
