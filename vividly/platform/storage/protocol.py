"""The interface of a bucket, and the rule for names of objects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from vividly.model.errors import PermanentError

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")


class ObjectStore(Protocol):
    """A bucket. Names are relative paths of plain characters, such as `videos/ID.mp4`."""

    def uri(self, name: str) -> str:
        """The object's address, for people and other systems."""

    def place(self, name: str, *, seconds: int, disposition: str = "") -> Path | str:
        """Where a web server gets the object: its path, or a URL for everybody who has it.

        Args:
            seconds: for how long at least the URL is valid.
            disposition: value of `Content-Disposition` with which the URL is answered.

        Raises:
            FileNotFoundError: there is no such object.
        """

    def exists(self, name: str) -> bool:
        """Whether there is such an object."""

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Name -> size in bytes of every object whose name begins with `prefix`."""

    def read(self, name: str) -> bytes:
        """The object's bytes.

        Raises:
            FileNotFoundError: there is no such object.
        """

    def write(
        self, name: str, data: bytes, content_type: str, *, attempt: int | None = None
    ) -> None:
        """Create or replace the object.

        Args:
            attempt: the writer's attempt, if the object is fenced.

        Raises:
            Superseded: a later attempt has written it.
        """

    def create(self, name: str, data: bytes, content_type: str) -> bool:
        """Create the object. Returns False if it exists; it is then not changed."""

    def upload(
        self, name: str, path: Path, content_type: str, *, attempt: int | None = None
    ) -> None:
        """Create or replace the object from a local file.

        Args:
            attempt: the writer's attempt, if the object is fenced; without one it is replaced
                in any case.

        Raises:
            Superseded: a later attempt has written it.
        """

    def copy(
        self, source: ObjectStore, name: str, to: str, content_type: str, *, attempt: int
    ) -> None:
        """Create or replace the fenced object `to` with an object of another bucket.

        No byte is moved if both are directories on one disk (a hard link) or both are in Cloud
        Storage (a copy by the service).

        Args:
            name: of the object in `source`.
            attempt: the writer's attempt.

        Raises:
            FileNotFoundError: there is no such object in `source`.
            Superseded: a later attempt has written `to`.
        """

    def delete(self, name: str, *, attempt: int | None = None) -> None:
        """Delete the object; a missing one is not an error.

        Args:
            attempt: the caller's attempt, if the object is fenced; without one the object is
                deleted in any case, and its attempt numbers too.

        Raises:
            Superseded: a later attempt has written it.
        """

    def download(self, name: str, path: Path) -> None:
        """Copy the object to a local file.

        Raises:
            FileNotFoundError: there is no such object.
        """

    def sweep(self) -> int:
        """Remove files that killed writers left behind. Returns their number."""

    def check(self, *, create: bool = False, writing: bool = True, signing: bool = False) -> None:
        """Check that the bucket exists and may be used; create it if asked.

        Args:
            writing: whether it will be written to, or only read.
            signing: whether URLs of its objects will be signed.

        Raises:
            SettingsError: the bucket or a permission is missing.
        """


def checked(name: str) -> str:
    """The name, if it is valid for an object.

    Raises:
        PermanentError: it is not: it could lead out of the bucket.
    """
    if not NAME.fullmatch(name) or len(name) > 512:
        raise PermanentError(f"{name[:80]!r} is not an object name: want plain path segments")
    return name
