"""Objects in a bucket, which is a Cloud Storage bucket or a local directory.

Code outside this package does not know which: a bucket is opened by its address
(`gs://name`, or a path) and then read and written by object name only.
Writes are atomic: a reader never sees half an object.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from vividly.model.errors import SettingsError
from vividly.platform.storage.cloud import GcsStore
from vividly.platform.storage.directory import WRITING, DirectoryStore
from vividly.platform.storage.protocol import ObjectStore

__all__ = ["WRITING", "DirectoryStore", "GcsStore", "ObjectStore", "open_folder", "open_store"]
_BUCKET = re.compile(r"gs://[a-z0-9][a-z0-9_.-]{1,220}[a-z0-9]/?")


def open_store(address: str) -> ObjectStore:
    """The bucket at `gs://name` or at a directory's path.

    Raises:
        SettingsError: the address is neither.
    """
    if address.startswith("gs://"):
        if not _BUCKET.fullmatch(address):
            raise SettingsError(f"{address!r} is not a bucket: want gs://NAME without a path")
        return GcsStore(address.removeprefix("gs://").rstrip("/"))
    if not address or "://" in address:
        raise SettingsError(f"{address!r} is not a bucket: want gs://NAME or a directory")
    return DirectoryStore(Path(address).expanduser().absolute())


def open_folder(place: str) -> Callable[[str], bytes]:
    """A function that reads the files of a folder, `gs://bucket/folder` or a directory, by name.

    Raises:
        SettingsError: the address is neither. The function raises what `ObjectStore.read` does.
    """
    root, folder = place, ""
    if place.startswith("gs://"):
        bucket, _, folder = place.removeprefix("gs://").strip("/").partition("/")
        root, folder = f"gs://{bucket}", f"{folder}/" if folder else ""
    store = open_store(root)
    return lambda name: store.read(folder + name)
