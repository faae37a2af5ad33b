"""Buckets: a directory, and Cloud Storage through its real client on loopback."""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support import gcs_server
from tests.support.gcs_server import storage_server
from vividly.model.errors import PermanentError, SettingsError, Superseded, TransientError
from vividly.platform.storage import DirectoryStore, GcsStore, ObjectStore, open_store
from vividly.platform.storage import cloud as storage


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    port = free_port()
    with storage_server(port, "lessons") as address:
        yield address


@pytest.fixture
def gcs(emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator)


@pytest.fixture(params=["directory", "gs"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "gs":
        request.getfixturevalue("gcs")
        return open_store("gs://lessons")
    return open_store(str(tmp_path / "lessons"))


# -- both kinds -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 3_000_000, 9_000_000])
def test_what_is_written_is_read(store: ObjectStore, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    name = f"videos/{size}.mp4"
    assert not store.exists(name)
    store.write(name, data, "video/mp4")
    assert store.exists(name)
    assert store.read(name) == data


def test_what_is_uploaded_is_downloaded(store: ObjectStore, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"moov" * 1000)
    store.upload("videos/a.mp4", source, "video/mp4")
    store.download("videos/a.mp4", target)
    assert target.read_bytes() == source.read_bytes()


def test_a_second_write_replaces_the_first(store: ObjectStore) -> None:
    store.write("speak/a.json", b"a longer first text", "application/json")
    store.write("speak/a.json", b"second", "application/json")
    assert store.read("speak/a.json") == b"second"


def test_what_is_created_stays_as_it_is(store: ObjectStore) -> None:
    name = "speak/created.json"
    assert store.create(name, b"first", "application/json")
    assert not store.create(name, b"second", "application/json")
    assert store.read(name) == b"first"
    store.delete(name)


def test_of_many_who_create_one_does(store: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda n: store.create("race.json", bytes([n]), "application/json"), range(8))
        )
    assert made.count(True) == 1
    assert store.read("race.json") == bytes([made.index(True)])
    store.delete("race.json")


def test_a_later_attempt_replaces_an_earlier_one_and_never_the_other_way_round(
    store: ObjectStore, tmp_path: Path
) -> None:
    name, path = "videos/fenced.mp4", tmp_path / "file"

    def upload(attempt: int) -> None:
        path.write_bytes(f"attempt {attempt}".encode())
        store.upload(name, path, "video/mp4", attempt=attempt)

    for attempt in (1, 1, 3):
        upload(attempt)
    with pytest.raises(Superseded, match=r"attempt 3's; attempt 2 came too late"):
        upload(2)
    with pytest.raises(Superseded):
        store.delete(name, attempt=2)
    assert store.read(name) == b"attempt 3"
    store.delete(name, attempt=3)
    assert not store.exists(name)
    store.delete(name, attempt=3)


def test_of_many_attempts_that_race_the_last_one_stays(store: ObjectStore, tmp_path: Path) -> None:
    name = "videos/raced.mp4"

    def upload(attempt: int) -> bool:
        path = tmp_path / f"file-{attempt}"
        path.write_bytes(f"attempt {attempt}".encode())
        try:
            store.upload(name, path, "video/mp4", attempt=attempt)
        except Superseded:
            return False
        return True

    attempts = [3, 1, 4, 2, 6, 5]
    with ThreadPoolExecutor(6) as pool:
        done = dict(zip(attempts, pool.map(upload, attempts), strict=True))
    assert done[6]
    assert store.read(name) == b"attempt 6"
    store.delete(name)


def test_a_copy_is_fenced_as_a_write_is(store: ObjectStore) -> None:
    store.write("made.mp4", b"first", "video/mp4")
    store.copy(store, "made.mp4", "videos/copied.mp4", "video/mp4", attempt=2)
    store.write("made.mp4", b"second", "video/mp4")
    assert store.read("videos/copied.mp4") == b"first", "a link is to the bytes, not to the name"
    with pytest.raises(Superseded):
        store.copy(store, "made.mp4", "videos/copied.mp4", "video/mp4", attempt=1)
    assert store.read("videos/copied.mp4") == b"first"
    store.copy(store, "made.mp4", "videos/copied.mp4", "video/mp4", attempt=3)
    assert store.read("videos/copied.mp4") == b"second"
    with pytest.raises(Superseded):
        store.write("videos/copied.mp4", b"late", "video/mp4", attempt=2)
    store.write("videos/copied.mp4", b"third", "video/mp4", attempt=3)
    assert store.read("videos/copied.mp4") == b"third"
    assert store.read("made.mp4") == b"second", "a write does not go through a link"
    with pytest.raises(FileNotFoundError):
        store.copy(store, "nothing.mp4", "videos/copied.mp4", "video/mp4", attempt=3)
    assert store.read("videos/copied.mp4") == b"third"
    store.delete("videos/copied.mp4")
    store.delete("made.mp4")


def test_of_many_attempts_that_copy_at_once_the_last_one_stays(store: ObjectStore) -> None:
    attempts = [3, 1, 4, 2]
    for attempt in attempts:
        store.write(f"made-{attempt}.mp4", bytes([attempt]), "video/mp4")

    def copy(attempt: int) -> bool:
        try:
            store.copy(store, f"made-{attempt}.mp4", "raced.mp4", "video/mp4", attempt=attempt)
        except Superseded:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = dict(zip(attempts, pool.map(copy, attempts), strict=True))
    assert done[4]
    assert store.read("raced.mp4") == bytes([4])
    store.delete("raced.mp4")


def test_a_copy_between_directories_is_a_link(tmp_path: Path) -> None:
    made, generated = (DirectoryStore(tmp_path / name) for name in ("made", "generated"))
    for one in ("made", "generated"):
        (tmp_path / one).mkdir()
    made.write("a.mp4", b"bytes", "video/mp4")
    generated.copy(made, "a.mp4", "videos/b.mp4", "video/mp4", attempt=1)
    of, to = tmp_path / "made" / "a.mp4", tmp_path / "generated" / "videos" / "b.mp4"
    assert of.stat().st_ino == to.stat().st_ino


def test_what_is_not_there_can_be_deleted(store: ObjectStore) -> None:
    store.delete("videos/nothing.mp4")
    store.delete("videos/nothing.mp4", attempt=1)


def test_a_missing_object_is_a_missing_file(store: ObjectStore, tmp_path: Path) -> None:
    store.write("folder/there.json", b"{}", "application/json")
    for name in ("missing.json", "folder", "folder/there.json/below"):
        assert not store.exists(name)
        with pytest.raises(FileNotFoundError, match=name):
            store.read(name)
        with pytest.raises(FileNotFoundError, match=name):
            store.download(name, tmp_path / "target")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../secret",
        "a/../../secret",
        "a/..",
        ".",
        ".hidden",
        "a//b",
        "a/",
        "a\0b",
        "a\nb",
        "a b",
        "a\\b",
        "é.json",
        "a" * 513,
    ],
    ids=repr,
)
def test_a_name_that_is_no_plain_path_is_refused(
    store: ObjectStore, tmp_path: Path, name: str
) -> None:
    calls = (
        lambda: store.uri(name),
        lambda: store.exists(name),
        lambda: store.read(name),
        lambda: store.write(name, b"evil", "text/plain"),
        lambda: store.upload(name, Path(__file__), "text/plain"),
        lambda: store.download(name, tmp_path / "target"),
    )
    for call in calls:
        with pytest.raises(PermanentError, match="not an object name"):
            call()
    assert not any(tmp_path.rglob("*"))


@pytest.mark.parametrize(
    "address",
    ["", "gs://", "gs://Lessons", "gs://lessons/videos", "gs://a", "s3://lessons", "file:///tmp"],
)
def test_an_address_that_is_no_bucket_is_named(address: str) -> None:
    with pytest.raises(SettingsError, match="is not a bucket"):
        open_store(address)


# -- a directory ------------------------------------------------------------------------------


def test_a_directorys_objects_are_files_that_others_may_read(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.write("videos/a.mp4", b"moov", "video/mp4")
    assert store.uri("videos/a.mp4") == (tmp_path / "videos/a.mp4").as_uri()
    assert (tmp_path / "videos/a.mp4").stat().st_mode & 0o777 == 0o644


def test_readers_see_whole_objects_while_many_write(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    versions = [bytes([65 + number]) * 200_000 for number in range(16)]
    store.write("a.bin", versions[0], "application/octet-stream")

    def write(data: bytes) -> bool:
        for _ in range(10):
            store.write("a.bin", data, "application/octet-stream")
        return True

    def read(_: int) -> bool:
        return all(store.read("a.bin") in versions for _ in range(40))

    with ThreadPoolExecutor(32) as pool:
        written = [pool.submit(write, data) for data in versions]
        seen = [pool.submit(read, number) for number in range(16)]
        assert all(done.result() for done in (*written, *seen))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.bin"]


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file may grow beyond `limit` bytes: the system refuses the write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_the_disk_refuses_is_transient_and_leaves_the_old_object(
    tmp_path: Path,
) -> None:
    store = DirectoryStore(tmp_path / "bucket")
    store.write("a.json", b"old", "application/json")
    large = tmp_path / "large"
    large.write_bytes(b"x" * 300_000)
    with full_disk(100_000):
        with pytest.raises(TransientError, match=r"cannot write .*a.json"):
            store.write("a.json", b"x" * 300_000, "application/json")
        with pytest.raises(TransientError, match=r"cannot write .*a.json"):
            store.upload("a.json", large, "application/json")
    assert store.read("a.json") == b"old"
    assert [path.name for path in store.root.rglob("*") if path.is_file()] == ["a.json"]


def test_a_file_in_the_place_of_a_folder_is_an_error_of_ours(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.write("speak", b"in the way", "text/plain")
    with pytest.raises(TransientError, match=r"cannot write"):
        store.write("speak/a.json", b"{}", "application/json")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux's /proc")
def test_a_read_that_the_disk_refuses_is_transient() -> None:
    store = DirectoryStore(Path("/proc/self"))
    with pytest.raises(TransientError, match=r"cannot read .*/mem"):
        store.read("mem")  # address 0 is not mapped: an I/O error from the system


def test_a_directory_is_checked_and_made_on_demand(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "a" / "b"))
    with pytest.raises(SettingsError, match="does not exist; create it"):
        store.check()
    store.check(create=True)
    store.check()
    (tmp_path / "file").touch()
    for create in (False, True):
        with pytest.raises(SettingsError, match="does not exist"):
            open_store(str(tmp_path / "file" / "below")).check(create=create)


# -- Cloud Storage ----------------------------------------------------------------------------


@pytest.mark.usefixtures("gcs")
class TestBucket:
    def test_its_uri(self) -> None:
        assert open_store("gs://lessons/").uri("videos/a.mp4") == "gs://lessons/videos/a.mp4"

    def test_the_content_type_is_kept(self) -> None:
        from google.cloud.storage import Client

        open_store("gs://lessons").write("captions/a.vtt", b"WEBVTT", "text/vtt")
        blob = Client().bucket("lessons").get_blob("captions/a.vtt")
        assert blob.content_type == "text/vtt"

    def test_a_missing_bucket_is_named_with_the_fix(self, tmp_path: Path) -> None:
        missing = open_store("gs://nowhere")
        (tmp_path / "source").touch()
        calls: tuple[Callable[[], None], ...] = (
            missing.check,
            lambda: missing.write("a.json", b"{}", "application/json"),
            lambda: missing.upload("a.json", tmp_path / "source", "application/json"),
        )
        for call in calls:
            with pytest.raises(SettingsError, match="gs://nowhere does not exist; create it"):
                call()

    def test_a_missing_permission_is_named_with_the_fix(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            gcs_server, "denied", {"storage.objects.create", "storage.objects.delete"}
        )
        store = open_store("gs://lessons")
        store.check(writing=False)
        with pytest.raises(
            SettingsError,
            match=r"gs://lessons: .* lacks storage.objects.create, storage.objects.delete: "
            r"grant it roles/storage.objectUser",
        ):
            store.check()
        monkeypatch.setattr(gcs_server, "denied", {"storage.objects.get"})
        with pytest.raises(SettingsError, match=r"objects.get: grant it .*objectViewer"):
            store.check(writing=False)

    def test_it_is_made_on_demand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "vividly-test")
        store = open_store("gs://made-on-demand")
        store.check(create=True)
        store.check()
        store.write("a.json", b"{}", "application/json")


@contextmanager
def answering(status: int) -> Iterator[tuple[str, list[str]]]:
    """A server with the same answer to every request: its URL, and the requests."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(self.path)
            body = b'{"error": {"message": "not now"}}'
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


CALLS = {
    "exists": lambda store, path: store.exists("a.json"),
    "read": lambda store, path: store.read("a.json"),
    "write": lambda store, path: store.write("a.json", b"{}", "application/json"),
    "upload": lambda store, path: store.upload("a.json", path, "application/json"),
    "download": lambda store, path: store.download("a.json", path.with_suffix(".copy")),
    "check": lambda store, path: store.check(),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (408, TransientError),
        (429, TransientError),
        (500, TransientError),
        (503, TransientError),
        (401, PermanentError),
        (403, PermanentError),
    ],
)
def test_the_status_of_an_answer_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str, status: int, error: type[Exception]
) -> None:
    monkeypatch.setattr(storage, "RETRY_S", 0.05)
    source = tmp_path / "source"
    source.write_bytes(b"{}")
    with answering(status) as (url, asked):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        with pytest.raises(error, match="gs://lessons"):
            CALLS[call](GcsStore("lessons"), source)
    assert asked
    if error is PermanentError:  # no retry; the client also asks for the bucket's location
        assert len([path for path in asked if "/o" in path]) <= 1


@pytest.mark.parametrize("call", CALLS)
def test_a_refused_connection_is_transient_and_not_tried_for_minutes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str
) -> None:
    assert storage.RETRY_S <= 10
    monkeypatch.setattr(storage, "RETRY_S", 0.05)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{free_port()}")
    source = tmp_path / "source"
    source.write_bytes(b"{}")
    with pytest.raises(TransientError, match="gs://lessons"):
        CALLS[call](GcsStore("lessons"), source)


def test_missing_credentials_are_an_error_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(SettingsError, match="no Google Cloud credentials"):
        open_store("gs://lessons")
