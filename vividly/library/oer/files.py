"""The files of a library: a local folder or file, or a part of a bucket.

Nothing outside the given folder is read, not even through a symbolic link.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Protocol

from vividly.library.oer.model import UnreadableDocument
from vividly.library.oer.xml import MAX_BYTES
from vividly.model.errors import SettingsError
from vividly.platform.storage import ObjectStore, open_store


class Files(Protocol):
    """Files below a root, by their path with `/` as separator."""

    name: str

    def paths(self) -> list[str]:
        """The paths of all files, in order."""

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            UnreadableDocument: it is missing, outside the root, or too large.
        """


class LocalFiles:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.name = self._root.name

    def paths(self) -> list[str]:
        return sorted(self._walk())

    def _walk(self) -> Iterator[str]:
        for folder, folders, names in os.walk(self._root, followlinks=False):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in names:
                if not name.startswith("."):
                    yield (Path(folder) / name).relative_to(self._root).as_posix()

    def read(self, path: str) -> bytes:
        file = self._root / path
        try:
            target = file.resolve(strict=True)
            if not target.is_relative_to(self._root):
                raise UnreadableDocument(path, "it links to a file outside the given folder")
            if not target.is_file():
                raise UnreadableDocument(path, "it is not a file")
            _check_size(path, target.stat().st_size)
            return target.read_bytes()
        except FileNotFoundError as error:
            raise UnreadableDocument(path, "there is no such file") from error
        # RuntimeError: links in a circle. ValueError: a name with a null character.
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UnreadableDocument(path, f"it cannot be read: {reason}") from error


class StoredFiles:
    """Objects of a bucket below a prefix."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = f"{prefix}/" if prefix else ""
        self.name = prefix.rsplit("/", 1)[-1] or store.uri("x").split("/")[-2]
        self._sizes: dict[str, int] | None = None

    def paths(self) -> list[str]:
        self._sizes = None  # as it is now
        return sorted(self._found())

    def read(self, path: str) -> bytes:
        if self._sizes is not None and path in self._sizes:
            _check_size(path, self._sizes[path])
        try:
            return self._store.read(self._prefix + path)
        except FileNotFoundError as error:
            raise UnreadableDocument(path, "there is no such object") from error

    def _found(self) -> dict[str, int]:
        if self._sizes is None:
            found = self._store.sizes(self._prefix)
            self._sizes = {name.removeprefix(self._prefix): size for name, size in found.items()}
        return self._sizes


@cache
def open_files(root: str) -> Files:
    """The files below `gs://bucket/folder`, or below a local folder.

    Raises:
        SettingsError: there is no such folder.
    """
    if root.startswith("gs://"):
        bucket, _, prefix = root.removeprefix("gs://").partition("/")
        return StoredFiles(open_store(f"gs://{bucket}"), prefix.strip("/"))
    if "://" in root:
        raise SettingsError(f"{root!r} cannot be read: want a path or gs://BUCKET/FOLDER")
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise SettingsError(f"the folder {folder} does not exist")
    return LocalFiles(folder)


def locate(uri: str) -> tuple[str, str]:
    """(root, path of the named file or "") for a path or URI from the user.

    The root of a collection is the folder above `collections`, which also has the modules.

    Raises:
        SettingsError: there is no such file or folder.
    """
    uri = uri.rstrip("/") if uri.startswith("gs://") else uri
    if uri.startswith("gs://"):
        is_file = uri.rsplit("/", 1)[-1].endswith((".xml", ".cnxml", ".md", ".markdown", ".txt"))
    else:
        path = Path(uri).expanduser()
        if not path.exists():
            raise SettingsError(f"{path}: there is no such file or folder")
        uri, is_file = str(path.absolute()), path.is_file()
    if not is_file:
        return uri, ""
    folder, _, name = uri.rpartition("/")
    above, _, last = folder.rpartition("/")
    if name.endswith(".xml") and last in ("collections", "META-INF"):
        return above, "" if name == "books.xml" else f"{last}/{name}"
    return folder, name


def _check_size(path: str, size: int) -> None:
    if size > MAX_BYTES:
        raise UnreadableDocument(
            path, f"the file has {size} bytes: at most {MAX_BYTES} are read; split it"
        )
