"""Messages in a file, one JSON object a line: what takes the place of a topic.

A line is appended whole and for good, or not at all, also by several processes at once. A message
is taken out by blanking its line, so that nothing else moves while others append.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vividly.model.errors import SettingsError


@dataclass(frozen=True)
class Kept:
    """A message of a file.

    Attributes:
        at: the position of its line in the file.
        line: the line, without its end.
    """

    data: bytes
    attributes: Mapping[str, str]
    at: int
    line: bytes


def append(path: Path, data: bytes, attributes: Mapping[str, str]) -> None:
    """Add a message, and the folder and the file where they are missing.

    Raises:
        SettingsError: the file cannot be written to.
    """
    record = {"data": base64.b64encode(data).decode("ascii"), "attributes": dict(attributes)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{path.parent} cannot be made: {error.strerror}") from error
    append_line(path, json.dumps(record).encode())


def append_line(path: Path, line: bytes) -> None:
    """Add a line of any kind; the line before it is ended if it was not.

    Raises:
        SettingsError: the file cannot be written to.
    """
    try:
        with path.open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(-1, os.SEEK_END)
            whole = (b"\n" if size and file.read(1) != b"\n" else b"") + line + b"\n"
            try:
                if file.write(whole) != len(whole):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)
                raise
    except OSError as error:
        raise SettingsError(f"{path} cannot be written to: {error.strerror}") from error


def read(path: Path) -> list[Kept]:
    """The messages of a file in the order of its lines; none where there is no file yet.

    Raises:
        SettingsError: it is something else.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    found, at = [], 0
    # What comes after the last end of a line is being written.
    for number, line in enumerate(lines[:-1], start=1):
        if line and not line.startswith(b" "):
            try:
                record = json.loads(line)
                data = base64.b64decode(record["data"])
                found.append(Kept(data, record["attributes"], at, line))
            except (ValueError, KeyError, TypeError) as error:
                raise SettingsError(f"{path}, line {number} is no message") from error
        at += len(line) + 1
    return found


def take_out(path: Path, message: Kept) -> None:
    """Blank a message's line. A line that begins with a blank is none, so half of it is enough.

    Raises:
        SettingsError: it is not there any more, or the file cannot be written to.
    """
    try:
        with path.open("r+b", buffering=0) as file:
            if os.pread(file.fileno(), len(message.line), message.at) != message.line:
                raise SettingsError(f"{path} has changed meanwhile: look again")
            os.pwrite(file.fileno(), b" " * len(message.line), message.at)
            os.fsync(file.fileno())
    except OSError as error:
        raise SettingsError(f"{path} cannot be written to: {error.strerror}") from error
