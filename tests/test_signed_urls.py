"""Files of lessons in Cloud Storage, which the API and the pages hand out by signed URLs.

The real clients of Google's, as an account on Cloud Run, against loopback servers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from sqlalchemy import Engine, text

from beam_pipeline.api.backend import ApiSettings, Backend
from beam_pipeline.api.media import SIGNED_S
from beam_pipeline.console.rendering import HEADERS
from tests.support.api import CONTENT, OTHER, STUDENT, backend_on, is_problem, served
from tests.support.cloud_run import EMAIL, CloudRun, cloud_run
from tests.support.console import reading
from tests.support.gcs_server import storage_server
from tests.support.requests import claimed
from tests.test_storage import free_port
from vividly.execution.lesson_files import CONTENT_TYPES, delivered_name
from vividly.model.errors import SettingsError, TransientError
from vividly.platform.ledger import Ledger
from vividly.platform.storage import open_store
from vividly.platform.storage.signed_url import IamSigner, signed_url

TEXTS = ("captions", "chapters", "transcript")
SIGNED = ("video", "thumbnail")
KINDS = (*SIGNED, *TEXTS)


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with storage_server(free_port(), "lessons") as address:
        yield address


@pytest.fixture
def account(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudRun]:
    with cloud_run(monkeypatch) as account:
        # The client's variable for a server that wants credentials.
        monkeypatch.setenv("API_ENDPOINT_OVERRIDE", bucket)
        yield account


@pytest.fixture(params=["directory", "gs"])
def backend(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Backend:
    """A system whose lessons are in a directory, or in Cloud Storage."""
    made = backend_on(engine, tmp_path, "unused")
    if request.param == "directory":
        return made
    request.getfixturevalue("account")
    return replace(made, generated=open_store("gs://lessons"))


def finished(backend: Backend, *written: str) -> str:
    """The id of a lesson that names a file of each kind, and has those that are written."""
    ledger, store = Ledger(backend.engine, owner="test"), backend.generated
    ticket = claimed(ledger, student_id="s-1", requested_modalities=["video"])
    request_id = ticket.request.request_id
    for kind in written:
        store.write(delivered_name(request_id, kind), f"{kind} ñ".encode(), CONTENT_TYPES[kind])
    urls = {f"{kind}_url": store.uri(delivered_name(request_id, kind)) for kind in KINDS}
    ledger.finish(ticket, "completed", message="", details=urls)
    return request_id


@pytest.mark.parametrize("backend", ["gs"], indirect=True)
def test_the_api_redirects_to_a_url_that_the_account_signed(
    backend: Backend, account: CloudRun
) -> None:
    with served(backend) as api:
        media = f"{CONTENT}/requests/{finished(backend, *KINDS)}/media"
        for kind in SIGNED:
            answer = api.get(f"{media}/{kind}", follow_redirects=False)
            assert answer.status_code == 307, answer.text
            told = account.verify(url := answer.headers["Location"])
            assert told["X-Goog-Credential"].startswith(f"{EMAIL}/")
            assert int(told["X-Goog-Expires"]) >= SIGNED_S
            file = httpx.get(url)
            assert file.text == f"{kind} ñ"
            assert file.headers["Content-Type"].startswith(CONTENT_TYPES[kind])
        assert account.signed == len(SIGNED)
        again = [api.get(f"{media}/{kind}", follow_redirects=False) for kind in SIGNED * 3]
        assert all(one.status_code == 307 for one in again)
        assert account.signed == len(SIGNED), "a URL is kept for a while"
        assert again[-1].headers["Location"] == url
        assert is_problem(api.get(f"{media}/video", by=OTHER), 404)


def test_a_download_is_saved_under_the_title_of_its_lesson(
    backend: Backend, ledger: Ledger, request: pytest.FixtureRequest
) -> None:
    request_id = finished(backend, *KINDS)
    with backend.engine.begin() as connection:
        connection.execute(text("UPDATE content_requests SET script_text = '# ¿Qué es 1/2?'"))
    with reading(backend, STUDENT) as reader:
        for kind in ("video", "transcript"):
            path = f"/lessons/{request_id}/media/{kind}"
            shown, saved = (reader.get(path + more) for more in ("", "?download=true"))
            if saved.status_code == 307:
                shown, saved = (httpx.get(one.headers["Location"]) for one in (shown, saved))
            assert "Content-Disposition" not in shown.headers
            name = saved.headers["Content-Disposition"].removeprefix(
                "attachment; filename*=UTF-8''"
            )
            assert unquote(name) == f"¿Qué es 1-2?.{'mp4' if kind == 'video' else 'md'}"


@pytest.mark.parametrize("backend", ["gs"], indirect=True)
def test_the_player_loads_its_files_as_browsers_allow(backend: Backend, account: CloudRun) -> None:
    origin = {"Origin": "https://school.example"}
    chosen = replace(backend, settings=ApiSettings(cors_origins=(origin["Origin"],)))
    with reading(backend, STUDENT) as reader, served(chosen) as api:
        request_id = finished(backend, *KINDS)
        media = f"/lessons/{request_id}/media"
        for kind in TEXTS:
            # Tracks of another origin would need CORS, which no redirect of another origin's has.
            own = reader.get(f"{media}/{kind}")
            assert (own.status_code, own.text) == (200, f"{kind} ñ")
            assert own.headers["Content-Type"] == f"{CONTENT_TYPES[kind]}; charset=utf-8"
            path = f"{CONTENT}/requests/{request_id}/media/{kind}"
            elsewhere = api.get(path, headers=origin, follow_redirects=False)
            assert (elsewhere.status_code, elsewhere.text) == (200, f"{kind} ñ")
            assert elsewhere.headers["Access-Control-Allow-Origin"] == origin["Origin"]
        assert account.signed == 0
        for kind in SIGNED:
            sent = reader.get(f"{media}/{kind}")
            assert sent.status_code == 307 and account.verify(sent.headers["Location"])
    rules = dict(rule.split(" ", 1) for rule in HEADERS["Content-Security-Policy"].split("; "))
    for rule in ("media-src", "img-src"):
        assert rules[rule] == "'self' https://storage.googleapis.com"


def test_a_file_that_is_gone_is_not_found(backend: Backend) -> None:
    with served(backend) as api, reading(backend, STUDENT) as reader:
        gone, there = finished(backend), finished(backend, *KINDS)
        for kind in KINDS:
            said = api.get(f"{CONTENT}/requests/{gone}/media/{kind}", follow_redirects=False)
            assert is_problem(said, 404), kind
            assert reader.get(f"/lessons/{gone}/media/{kind}").status_code == 404, kind
            seen = reader.get(f"/lessons/{there}/media/{kind}")
            assert seen.status_code in (200, 307), "the neighbour is there"


@pytest.mark.parametrize(("status", "error"), [(403, SettingsError), (503, TransientError)])
def test_an_account_that_cannot_sign_is_told_why(
    account: CloudRun, status: int, error: type[Exception]
) -> None:
    store = open_store("gs://lessons")
    store.write("videos/a.mp4", b"a", "video/mp4")
    store.check(writing=False, signing=True)
    account.status = status
    with pytest.raises(error, match="signBlob"):
        store.check(writing=False, signing=True)
    with pytest.raises(error) as caught:
        store.place("videos/a.mp4", seconds=60)
    if status == 403:
        assert f"{EMAIL} may not sign URLs: grant it roles/iam.service" in str(caught.value)
    account.status = 200
    assert account.verify(str(store.place("videos/a.mp4", seconds=60)))


def test_an_account_with_a_key_signs_by_itself(account: CloudRun) -> None:
    from google.cloud.storage import Client
    from google.oauth2.service_account import Credentials

    pem = account.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    given = {"client_email": EMAIL, "token_uri": "https://oauth2.example", "private_key": pem}
    client = Client("school", Credentials.from_service_account_info(given))
    url = signed_url(client.bucket("lessons").blob("videos/a.mp4"), 900)
    assert account.verify(url)["X-Goog-Expires"] == "900"
    assert account.signed == 0


def test_a_person_cannot_sign() -> None:
    from google.oauth2.credentials import Credentials

    with pytest.raises(SettingsError, match="cannot sign URLs; use a service account"):
        IamSigner(Credentials(token="t"))
