"""Fenced objects: only the newest attempt of a request may replace or delete them.

An attempt stores its number in the object's metadata, or in `.fences/` of a directory.
A writer with a lower number, such as a lost worker that resumes, is refused. Check and write are
atomic: by a precondition in Cloud
Storage, by a lock on a directory.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vividly.model.errors import Superseded, TransientError

if TYPE_CHECKING:
    from google.cloud.storage import Blob, Bucket

KEY = "vividly-attempt"
FOLDER = ".fences"
_TRIES = 10


@contextmanager
def directory_fence(root: Path, name: str, attempt: int) -> Iterator[None]:
    """Hold the object of that name for the block, if the attempt may change it.

    Raises:
        Superseded: a later attempt has written it.
    """
    path = root / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        _check(name, int(os.read(file, 20) or b"0"), attempt)
        os.pwrite(file, f"{attempt:020d}".encode(), 0)
        yield
    finally:
        os.close(file)


def lift_fence(root: Path, name: str) -> None:
    """Delete the attempt numbers, so that the next writer is the first."""
    (root / FOLDER / name).unlink(missing_ok=True)


def replace_blob(blob: Blob, path: Path, content_type: str, attempt: int, **limits: Any) -> None:
    """Upload a file as a fenced object of Cloud Storage.

    Raises:
        Superseded: a later attempt has written it.
        TransientError: others keep replacing it.
    """

    def upload(generation: int) -> None:
        blob.upload_from_filename(
            str(path),
            content_type=content_type,
            checksum="crc32c",
            if_generation_match=generation,
            **limits,
        )

    _replace(blob, upload, attempt, **limits)


def write_blob(blob: Blob, data: bytes, content_type: str, attempt: int, **limits: Any) -> None:
    """Write a fenced object of Cloud Storage.

    Raises:
        Superseded: a later attempt has written it.
        TransientError: others keep replacing it.
    """

    def upload(generation: int) -> None:
        blob.upload_from_string(
            data,
            content_type=content_type,
            checksum="crc32c",
            if_generation_match=generation,
            **limits,
        )

    _replace(blob, upload, attempt, **limits)


def copy_blob(blob: Blob, source: Blob, content_type: str, attempt: int, **limits: Any) -> None:
    """Let the service copy an object of Cloud Storage to a fenced one.

    Raises:
        Superseded: a later attempt has written it.
        TransientError: others keep replacing it.
    """

    def rewrite(generation: int) -> None:
        blob.content_type = content_type
        token: str | None = None
        while True:
            token, _, _ = blob.rewrite(
                source, token=token, if_generation_match=generation, **limits
            )
            if token is None:
                return

    _replace(blob, rewrite, attempt, **limits)


def _replace(blob: Blob, write: Callable[[int], None], attempt: int, **limits: Any) -> None:
    """Write a fenced object, given the generation that it replaces (0 if there is none)."""
    from google.api_core.exceptions import PreconditionFailed

    for _ in range(_TRIES):
        generation = _generation(blob.bucket, blob.name, attempt, **limits)
        blob.metadata = {KEY: str(attempt)}
        try:
            write(generation)
            return
        except PreconditionFailed:
            continue  # another writer, or an earlier try of this very call, was faster
    raise TransientError(f"gs://{blob.bucket.name}/{blob.name} is being replaced by others")


def delete_blob(blob: Blob, attempt: int, **limits: Any) -> None:
    """Delete a fenced object; a missing one is not an error.

    Raises:
        Superseded: a later attempt has written it.
        TransientError: others keep replacing it.
    """
    from google.api_core.exceptions import NotFound, PreconditionFailed

    for _ in range(_TRIES):
        generation = _generation(blob.bucket, blob.name, attempt, **limits)
        if not generation:
            return
        try:
            blob.delete(if_generation_match=generation, **limits)
            return
        except NotFound:
            return
        except PreconditionFailed:
            continue
    raise TransientError(f"gs://{blob.bucket.name}/{blob.name} is being replaced by others")


def _generation(bucket: Bucket, name: str, attempt: int, **limits: Any) -> int:
    """The object's current generation, 0 if there is no object."""
    found = bucket.get_blob(name, **limits)
    if found is None:
        return 0
    _check(name, int((found.metadata or {}).get(KEY, 0)), attempt)
    return int(found.generation)


def _check(name: str, there: int, attempt: int) -> None:
    if there > attempt:
        raise Superseded(f"{name} is attempt {there}'s; attempt {attempt} came too late")
