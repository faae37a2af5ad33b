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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vividly.breaker import breaker_of
from vividly.errors import PermanentError, SettingsError, TransientError
from vividly.scratch import held, sweep
from vividly.storage_fence import delete_blob, directory_fence, replace_blob

if TYPE_CHECKING:
    from google.cloud.storage import Bucket

TIMEOUT_S = 60.0
RETRY_S = 8.0
"""How long the Cloud Storage client itself tries again: its default of 120 s is longer than
the time of most stages, which try again themselves."""
WRITING = ".writing-"
"""How the files begin that a directory's objects are written to, before they get their names."""
_TRANSIENT_STATUSES = (408, 425, 429)
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_BUCKET = re.compile(r"gs://[a-z0-9][a-z0-9_.-]{1,220}[a-z0-9]/?")


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
            attempt: in whose name; none takes away what a later attempt has written.

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

    def sizes(self, prefix: str = "") -> dict[str, int]:
        found: dict[str, int] = {}
        try:
            for folder, _, names in os.walk(self.root):
                for path in (Path(folder) / name for name in names):
                    name = path.relative_to(self.root).as_posix()
                    if _NAME.fullmatch(name) and name.startswith(prefix) and path.is_file():
                        found[name] = path.stat().st_size
        except OSError as error:
            raise TransientError(f"cannot list {self.root}: {error.strerror or error}") from error
        return found

    def read(self, name: str) -> bytes:
        with self._reading(name) as path:
            return path.read_bytes()

    def write(self, name: str, data: bytes, content_type: str) -> None:
        with self._replacing(self._path(name)) as temporary:
            temporary.write_bytes(data)

    def create(self, name: str, data: bytes, content_type: str) -> bool:
        with self._writing(self._path(name)) as temporary:
            temporary.write_bytes(data)
            _make_durable(temporary)
            try:
                os.link(temporary, self._path(name))
            except FileExistsError:
                return False
        return True

    def upload(
        self, name: str, path: Path, content_type: str, *, attempt: int | None = None
    ) -> None:
        with self._fence(name, attempt), self._replacing(self._path(name)) as temporary:
            shutil.copyfile(path, temporary)

    def delete(self, name: str, *, attempt: int | None = None) -> None:
        with self._fence(name, attempt):
            self._path(name).unlink(missing_ok=True)

    @contextmanager
    def _fence(self, name: str, attempt: int | None) -> Iterator[None]:
        path = self._path(name)
        try:
            if attempt is None:
                yield
            else:
                with directory_fence(self.root, name, attempt):
                    yield
        except OSError as error:
            raise TransientError(f"cannot write {path}: {error.strerror or error}") from error

    def download(self, name: str, path: Path) -> None:
        with self._reading(name) as found:
            shutil.copyfile(found, path)

    def sweep(self) -> int:
        return sweep(self.root, f"**/{WRITING}*")

    def check(self, *, create: bool = False) -> None:
        if create:
            with suppress(OSError):  # what stands in the way is named below
                self.root.mkdir(parents=True, exist_ok=True)
        if not self.root.is_dir():
            raise SettingsError(f"the directory {self.root} does not exist; create it")
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise SettingsError(f"the directory {self.root} cannot be written to")

    @contextmanager
    def _reading(self, name: str) -> Iterator[Path]:
        """The object's file. A folder is no object, and a disk that fails may recover."""
        path = self._path(name)
        try:
            if not path.is_file():
                raise FileNotFoundError(f"{path}: no such object")
            yield path
        except FileNotFoundError:
            raise
        except OSError as error:
            raise TransientError(f"cannot read {path}: {error.strerror or error}") from error

    @contextmanager
    def _replacing(self, path: Path) -> Iterator[Path]:
        """A temporary file beside `path` that takes its place when all went well."""
        with self._writing(path) as temporary:
            yield temporary
            _make_durable(temporary)
            temporary.replace(path)

    @contextmanager
    def _writing(self, path: Path) -> Iterator[Path]:
        """A temporary file beside `path`, gone afterwards unless it was moved."""
        temporary: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=WRITING)
            os.close(handle)
            temporary = Path(name)
            with held(temporary):
                yield temporary
        except OSError as error:
            raise TransientError(f"cannot write {path}: {error.strerror or error}") from error
        finally:
            if temporary:
                temporary.unlink(missing_ok=True)


def _make_durable(written: Path) -> None:
    written.chmod(0o644)
    with written.open("rb") as file:
        os.fsync(file.fileno())


class GcsStore:
    """A Cloud Storage bucket.

    Raises:
        SettingsError: there are no credentials.
    """

    def __init__(self, bucket: str) -> None:
        from google.auth.exceptions import DefaultCredentialsError
        from google.cloud import storage
        from google.cloud.storage.retry import DEFAULT_RETRY

        self.name = bucket
        self._limits: dict[str, Any] = {
            "timeout": TIMEOUT_S,
            "retry": DEFAULT_RETRY.with_timeout(RETRY_S),
        }
        try:
            self._bucket: Bucket = storage.Client().bucket(bucket)
        except DefaultCredentialsError as error:
            raise SettingsError(
                f"gs://{bucket}: there are no Google Cloud credentials; "
                "run `gcloud auth application-default login`, or give a directory"
            ) from error

    def uri(self, name: str) -> str:
        return f"gs://{self.name}/{_checked(name)}"

    def exists(self, name: str) -> bool:
        with self._errors(name):
            return bool(self._bucket.blob(_checked(name)).exists(**self._limits))

    def sizes(self, prefix: str = "") -> dict[str, int]:
        with self._errors(prefix):
            found = self._bucket.client.list_blobs(self.name, prefix=prefix, **self._limits)
            return {blob.name: int(blob.size or 0) for blob in found if blob.name[-1:] != "/"}

    def read(self, name: str) -> bytes:
        with self._errors(name):
            data: bytes = self._bucket.blob(_checked(name)).download_as_bytes(**self._limits)
            return data

    def write(self, name: str, data: bytes, content_type: str) -> None:
        with self._errors(name, writing=True):
            self._bucket.blob(_checked(name)).upload_from_string(
                data, content_type=content_type, checksum="crc32c", **self._limits
            )

    def create(self, name: str, data: bytes, content_type: str) -> bool:
        from google.api_core.exceptions import PreconditionFailed

        with self._errors(name, writing=True):
            try:
                self._bucket.blob(_checked(name)).upload_from_string(
                    data,
                    content_type=content_type,
                    checksum="crc32c",
                    if_generation_match=0,
                    **self._limits,
                )
            except PreconditionFailed:
                return False
        return True

    def upload(
        self, name: str, path: Path, content_type: str, *, attempt: int | None = None
    ) -> None:
        with self._errors(name, writing=True):
            blob = self._bucket.blob(_checked(name))
            if attempt is not None:
                replace_blob(blob, path, content_type, attempt, **self._limits)
                return
            blob.upload_from_filename(
                str(path), content_type=content_type, checksum="crc32c", **self._limits
            )

    def delete(self, name: str, *, attempt: int | None = None) -> None:
        from google.api_core.exceptions import NotFound

        with self._errors(name, writing=True):
            blob = self._bucket.blob(_checked(name))
            if attempt is not None:
                delete_blob(blob, attempt, **self._limits)
                return
            with suppress(NotFound):
                blob.delete(**self._limits)

    def download(self, name: str, path: Path) -> None:
        with self._errors(name):
            self._bucket.blob(_checked(name)).download_to_filename(str(path), **self._limits)

    def sweep(self) -> int:
        return 0  # an upload that was broken off is no object, and the service drops it

    def check(self, *, create: bool = False) -> None:
        with self._errors(""):
            if self._bucket.exists(**self._limits):
                return
            if not create:
                raise SettingsError(self._missing())
            self._bucket.create(**self._limits)

    def _missing(self) -> str:
        return f"the bucket gs://{self.name} does not exist; create it"

    @contextmanager
    def _errors(self, name: str, *, writing: bool = False) -> Iterator[None]:
        with breaker_of(f"gs://{self.name}").call(), self._translated(name, writing=writing):
            yield

    @contextmanager
    def _translated(self, name: str, *, writing: bool) -> Iterator[None]:
        """Turn the client's errors into ours, naming the object."""
        import requests
        from google.api_core import exceptions as api
        from google.auth import exceptions as auth
        from google.cloud.storage.exceptions import DataCorruption

        where = f"gs://{self.name}/{name}"
        try:
            yield
        except api.NotFound as error:
            if writing:  # an object that is written need not be there: it is the bucket
                raise SettingsError(self._missing()) from error
            raise FileNotFoundError(f"{where}: no such object") from error
        except (api.ServerError, api.RetryError, DataCorruption) as error:
            raise TransientError(f"{where}: {error}") from error
        except (requests.RequestException, ConnectionError, TimeoutError) as error:
            raise TransientError(f"{where}: {type(error).__name__}") from error
        except auth.TransportError as error:
            raise TransientError(f"{where}: no credentials could be fetched: {error}") from error
        except (api.GoogleAPIError, auth.GoogleAuthError) as error:
            if getattr(error, "code", None) in _TRANSIENT_STATUSES:
                raise TransientError(f"{where}: {error}") from error
            raise PermanentError(f"{where}: {error}") from error
