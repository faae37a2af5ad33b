"""Messages in a file, one JSON object per line, instead of a topic.

Appending a line is atomic and durable, even with several processes. A message is removed by
blanking its line, so that no other line moves while others append.
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
        line: the line, without its line ending.
    """

    data: bytes
    attributes: Mapping[str, str]
    at: int
    line: bytes


def append(path: Path, *messages: tuple[bytes, Mapping[str, str]]) -> None:
    """Append messages (data, attributes), all or none of them.

    Creates the folder and the file if they are missing.

    Raises:
        SettingsError: the file cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{path.parent} cannot be made: {error.strerror}") from error
    append_line(path, b"\n".join(_line(data, attributes) for data, attributes in messages))


def _line(data: bytes, attributes: Mapping[str, str]) -> bytes:
    record = {"data": base64.b64encode(data).decode("ascii"), "attributes": dict(attributes)}
    return json.dumps(record).encode()


def append_line(path: Path, line: bytes) -> None:
    """Append any line. Ends the line before it first, if that is incomplete.

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
    """The messages of a file, in the order of its lines; none if the file does not exist.

    Raises:
        SettingsError: the file cannot be read or is not a file of messages.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    found, at = [], 0
    # Text after the last line ending is still being written.
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
    """Remove a message by blanking its line.

    A line that begins with a blank is no message, so a partial write is enough.

    Raises:
        SettingsError: the message is no longer there, or the file cannot be written to.
    """
    try:
        with path.open("r+b", buffering=0) as file:
            if os.pread(file.fileno(), len(message.line), message.at) != message.line:
                raise SettingsError(f"{path} has changed meanwhile: look again")
            os.pwrite(file.fileno(), b" " * len(message.line), message.at)
            os.fsync(file.fileno())
    except OSError as error:
        raise SettingsError(f"{path} cannot be written to: {error.strerror}") from error
