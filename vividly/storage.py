"""Objects in a bucket, which is a Cloud Storage bucket or a local directory.

Nothing outside this module knows which: a bucket is opened by its address
(`gs://name`, or a path) and then only read and written by object name.
A write is atomic and whole; a reader never sees half an object.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vividly.errors import PermanentError, SettingsError, TransientError

if TYPE_CHECKING:
    from google.cloud.storage import Bucket

TIMEOUT_S = 60.0
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_BUCKET = re.compile(r"gs://[a-z0-9][a-z0-9_.-]{1,220}[a-z0-9]/?")


class ObjectStore(Protocol):
    """A bucket. Names are relative paths of plain characters, such as `videos/ID.mp4`."""

    def uri(self, name: str) -> str:
        """Where the object is, for people and other systems."""

    def exists(self, name: str) -> bool:
        """Whether there is such an object."""

    def read(self, name: str) -> bytes:
        """The object's bytes.

        Raises:
            FileNotFoundError: there is no such object.
        """

    def write(self, name: str, data: bytes, content_type: str) -> None:
        """Create or replace the object."""

    def upload(self, name: str, path: Path, content_type: str) -> None:
        """Create or replace the object from a local file."""

    def download(self, name: str, path: Path) -> None:
        """Copy the object to a local file.

        Raises:
            FileNotFoundError: there is no such object.
        """

    def check(self, *, create: bool = False) -> None:
        """Make sure that the bucket can be written to, creating it if asked.

        Raises:
            SettingsError: it is missing or cannot be written to.
        """


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


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or len(name) > 512:
        raise PermanentError(f"{name[:80]!r} is not an object name: want plain path segments")
    return name


class DirectoryStore:
    """A bucket that is a local directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, name: str) -> Path:
        return self.root / _checked(name)

    def uri(self, name: str) -> str:
        return self._path(name).as_uri()

    def exists(self, name: str) -> bool:
        return self._path(name).is_file()

    def read(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    def write(self, name: str, data: bytes, content_type: str) -> None:
        with self._replacing(self._path(name)) as temporary:
            temporary.write_bytes(data)

    def upload(self, name: str, path: Path, content_type: str) -> None:
        with self._replacing(self._path(name)) as temporary:
            shutil.copyfile(path, temporary)

    def download(self, name: str, path: Path) -> None:
        shutil.copyfile(self._path(name), path)

    def check(self, *, create: bool = False) -> None:
        if create:
            self.root.mkdir(parents=True, exist_ok=True)
        if not self.root.is_dir():
            raise SettingsError(f"the directory {self.root} does not exist; create it")
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise SettingsError(f"the directory {self.root} cannot be written to")

    @contextmanager
    def _replacing(self, path: Path) -> Iterator[Path]:
        """A temporary file beside `path` that takes its place when all went well."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o644)
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
        except OSError as error:
            raise TransientError(f"cannot write {path}: {error.strerror or error}") from error
        finally:
            temporary.unlink(missing_ok=True)


class GcsStore:
    """A Cloud Storage bucket."""

    def __init__(self, bucket: str) -> None:
        from google.cloud import storage

        self.name = bucket
        self._bucket: Bucket = storage.Client().bucket(bucket)

    def uri(self, name: str) -> str:
        return f"gs://{self.name}/{_checked(name)}"

    def exists(self, name: str) -> bool:
        with self._errors(name):
            return bool(self._bucket.blob(_checked(name)).exists(timeout=TIMEOUT_S))

    def read(self, name: str) -> bytes:
        with self._errors(name):
            data: bytes = self._bucket.blob(_checked(name)).download_as_bytes(timeout=TIMEOUT_S)
            return data

    def write(self, name: str, data: bytes, content_type: str) -> None:
        with self._errors(name):
            self._bucket.blob(_checked(name)).upload_from_string(
                data, content_type=content_type, timeout=TIMEOUT_S, checksum="crc32c"
            )

    def upload(self, name: str, path: Path, content_type: str) -> None:
        with self._errors(name):
            self._bucket.blob(_checked(name)).upload_from_filename(
                str(path), content_type=content_type, timeout=TIMEOUT_S, checksum="crc32c"
            )

    def download(self, name: str, path: Path) -> None:
        with self._errors(name):
            self._bucket.blob(_checked(name)).download_to_filename(str(path), timeout=TIMEOUT_S)

    def check(self, *, create: bool = False) -> None:
        with self._errors(""):
            if self._bucket.exists(timeout=TIMEOUT_S):
                return
            if not create:
                raise SettingsError(f"the bucket gs://{self.name} does not exist; create it")
            self._bucket.create(timeout=TIMEOUT_S)

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        """Turn the client's errors into ours, naming the object."""
        import requests
        from google.api_core import exceptions as api
        from google.auth import exceptions as auth

        where = f"gs://{self.name}/{name}"
        try:
            yield
        except api.NotFound as error:
            raise FileNotFoundError(f"{where}: no such object") from error
        except (api.TooManyRequests, api.ServerError, api.RetryError) as error:
            raise TransientError(f"{where}: {error}") from error
        except (requests.RequestException, ConnectionError, TimeoutError) as error:
            raise TransientError(f"{where}: {type(error).__name__}") from error
        except auth.TransportError as error:
            raise TransientError(f"{where}: no credentials could be fetched: {error}") from error
        except (api.GoogleAPIError, auth.GoogleAuthError) as error:
            raise PermanentError(f"{where}: {error}") from error
