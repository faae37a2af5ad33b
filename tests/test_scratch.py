"""Temporary files of killed processes are removed by the next process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vividly.platform.scratch import scratch_folder
from vividly.platform.storage import WRITING, DirectoryStore

HOLDS_A_FOLDER = """
import sys, time
from vividly.platform.scratch import scratch_folder
with scratch_folder("render") as folder:
    (folder / "picture").write_bytes(b"x" * 1000)
    print(folder, flush=True)
    time.sleep(60)
"""
HALF_WRITTEN = """
import sys, time
from pathlib import Path
from vividly.platform.storage import DirectoryStore
with DirectoryStore(Path(sys.argv[1]))._writing(Path(sys.argv[1]) / "videos" / "a.mp4") as file:
    file.write_bytes(b"half")
    print(file, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def started(code: str, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_the_folder_of_a_process_that_was_killed_is_removed(place: Path) -> None:
    killed, left = started(HOLDS_A_FOLDER)
    alive, kept = started(HOLDS_A_FOLDER)
    killed.kill()
    killed.wait()
    assert left.is_dir(), "nobody could remove it"
    with scratch_folder("render") as own:
        assert sorted(place.iterdir()) == sorted([kept, own])
    assert list(place.iterdir()) == [kept]
    alive.kill()
    alive.wait()


def test_what_was_half_written_is_swept(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "bucket")
    store.write("videos/whole.mp4", b"whole", "video/mp4")
    killed, left = started(HALF_WRITTEN, str(store.root))
    assert left.parent.name == WRITING
    assert store.sweep() == 0, "its writer is alive"
    killed.kill()
    killed.wait()
    assert store.sweep() == 1
    assert [path.name for path in store.root.rglob("*") if path.is_file()] == ["whole.mp4"]
