"""A bucket that is a local directory: atomic, durable writes, and locks for fences."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vividly.model.errors import SettingsError, TransientError
from vividly.model.explain import is_full, why
from vividly.platform.scratch import held, scratch_folder, sweep
from vividly.platform.storage.attempt_fence import directory_fence, lift_fence
from vividly.platform.storage.protocol import NAME, ObjectStore, checked

WRITING = ".writing"
"""The folder of a bucket in which objects are written before they are renamed. What killed
processes leave is all there: a sweep does not walk through the bucket."""


class DirectoryStore:
    """A bucket that is a local directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, name: str) -> Path:
        return self.root / checked(name)

    def uri(self, name: str) -> str:
        return self._path(name).as_uri()

    def place(self, name: str, *, seconds: int, disposition: str = "") -> Path | str:
        with self._reading(name) as path:
            return path

    def exists(self, name: str) -> bool:
        return self._path(name).is_file()

    def sizes(self, prefix: str = "") -> dict[str, int]:
        found: dict[str, int] = {}
        try:
            for folder, _, names in os.walk(self.root / prefix.rpartition("/")[0]):
                for path in (Path(folder) / name for name in names):
                    name = path.relative_to(self.root).as_posix()
                    if NAME.fullmatch(name) and name.startswith(prefix) and path.is_file():
                        found[name] = path.stat().st_size
        except OSError as error:
            raise TransientError(f"cannot list {self.root}: {why(error)}") from error
        return found

    def read(self, name: str) -> bytes:
        with self._reading(name) as path:
            return path.read_bytes()

    def write(
        self, name: str, data: bytes, content_type: str, *, attempt: int | None = None
    ) -> None:
        with self._fence(name, attempt), self._replacing(self._path(name)) as temporary:
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

    def copy(
        self, source: ObjectStore, name: str, to: str, content_type: str, *, attempt: int
    ) -> None:
        if not isinstance(source, DirectoryStore):
            with scratch_folder("copy") as folder:
                source.download(name, folder / "file")
                self.upload(to, folder / "file", content_type, attempt=attempt)
            return
        # A missing source is a missing file, and no failed write.
        with (
            source._reading(name) as found,
            self._fence(to, attempt),
            self._replacing(self._path(to)) as temporary,
        ):
            temporary.unlink()
            try:
                os.link(found, temporary)
            except OSError:  # another disk, or one without links
                shutil.copyfile(found, temporary)

    def delete(self, name: str, *, attempt: int | None = None) -> None:
        with self._fence(name, attempt):
            self._path(name).unlink(missing_ok=True)
            if attempt is None:
                lift_fence(self.root, name)

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
            raise self._unwritten(path, error) from error

    def download(self, name: str, path: Path) -> None:
        with self._reading(name, to=path) as found:
            shutil.copyfile(found, path)

    def sweep(self) -> int:
        return sweep(self.root / WRITING, "*")

    def check(self, *, create: bool = False, writing: bool = True, signing: bool = False) -> None:
        if create:
            with suppress(OSError):  # what stands in the way is named below
                self.root.mkdir(parents=True, exist_ok=True)
        if not self.root.is_dir():
            raise SettingsError(f"the directory {self.root} does not exist; create it")
        if not os.access(self.root, os.R_OK | os.X_OK):
            raise SettingsError(f"the directory {self.root} cannot be read")
        if writing and not os.access(self.root, os.W_OK):
            raise SettingsError(f"the directory {self.root} cannot be written to")

    @contextmanager
    def _reading(self, name: str, to: Path | None = None) -> Iterator[Path]:
        """The object's file, with OS errors in our terms: a folder is not an object."""
        path = self._path(name)
        try:
            if not path.is_file():
                raise FileNotFoundError(f"{path}: no such object")
            yield path
        except FileNotFoundError:
            raise
        except OSError as error:
            doing = f"copy {path} to {to}" if to else f"read {path}"
            raise TransientError(f"cannot {doing}: {why(error)}") from error

    def _unwritten(self, path: Path, error: OSError) -> TransientError:
        # On a full disk the file does not matter, and each try has a different one.
        full = f"the disk of {self.root} is full; free some space"
        return TransientError(full if is_full(error) else f"cannot write {path}: {why(error)}")

    @contextmanager
    def _replacing(self, path: Path) -> Iterator[Path]:
        """A temporary file that replaces `path` if the block raises nothing."""
        with self._writing(path) as temporary:
            yield temporary
            _make_durable(temporary)
            temporary.replace(path)

    @contextmanager
    def _writing(self, path: Path) -> Iterator[Path]:
        """A temporary file on the disk of `path`, deleted afterwards unless it was moved."""
        temporary: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            folder = self.root / WRITING
            folder.mkdir(exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder)
            os.close(handle)
            temporary = Path(name)
            with held(temporary):
                yield temporary
        except OSError as error:
            raise self._unwritten(path, error) from error
        finally:
            if temporary:
                temporary.unlink(missing_ok=True)


def _make_durable(written: Path) -> None:
    written.chmod(0o644)
    with written.open("rb") as file:
        os.fsync(file.fileno())
