"""What a bucket can do, and what its objects may be named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from vividly.model.errors import PermanentError

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")


class ObjectStore(Protocol):
    """A bucket. Names are relative paths of plain characters, such as `videos/ID.mp4`."""

    def uri(self, name: str) -> str:
        """Where the object is, for people and other systems."""

    def exists(self, name: str) -> bool:
        """Whether there is such an object."""

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Name -> size in bytes of every object whose name begins with `prefix`."""

    def read(self, name: str) -> bytes:
        """The object's bytes.

        Raises:
            FileNotFoundError: there is no such object.
        """

    def write(self, name: str, data: bytes, content_type: str) -> None:
        """Create or replace the object."""

    def create(self, name: str, data: bytes, content_type: str) -> bool:
        """Create the object; False where there is one already, which stays as it is."""

    def upload(
        self, name: str, path: Path, content_type: str, *, attempt: int | None = None
    ) -> None:
        """Create or replace the object from a local file.

        Args:
            attempt: in whose name; none writes over what a later attempt has written.

        Raises:
            Superseded: a later attempt has.
        """

    def delete(self, name: str, *, attempt: int | None = None) -> None:
        """Take the object away; one that is not there is no fault.

        Args:
            attempt: in whose name; none takes away what a later attempt has written, and
                leaves nothing of which attempts there were.

        Raises:
            Superseded: a later attempt has.
        """

    def download(self, name: str, path: Path) -> None:
        """Copy the object to a local file.

        Raises:
            FileNotFoundError: there is no such object.
        """

    def sweep(self) -> int:
        """Remove what writers left behind that were killed. Returns how much that was."""

    def check(self, *, create: bool = False, writing: bool = True) -> None:
        """Make sure that the bucket is there and may be used, creating it if asked.

        Args:
            writing: whether it is to be written to, or read only.

        Raises:
            SettingsError: it is missing, or a permission is.
        """


def checked(name: str) -> str:
    """The name, if an object may have it.

    Raises:
        PermanentError: it may not: it could lead out of the bucket.
    """
    if not NAME.fullmatch(name) or len(name) > 512:
        raise PermanentError(f"{name[:80]!r} is not an object name: want plain path segments")
    return name
