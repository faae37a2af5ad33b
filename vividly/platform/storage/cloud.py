"""A bucket of Cloud Storage. Its client is loaded when the first one is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from cachetools import TTLCache, cached

from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.platform.breaker import breaker_of
from vividly.platform.scratch import scratch_folder
from vividly.platform.storage.attempt_fence import (
    copy_blob,
    delete_blob,
    replace_blob,
    write_blob,
)
from vividly.platform.storage.protocol import ObjectStore, checked
from vividly.platform.taxonomy import RetryClass, classify

if TYPE_CHECKING:
    from google.cloud.storage import Bucket

TIMEOUT_S = 60.0
RETRY_S = 8.0
"""Seconds for which the Cloud Storage client itself retries: its default of 120 s is longer
than the time limit of most stages, which retry themselves."""
KEPT_S = 600
"""Seconds for which a signed URL is kept and given again: to sign one takes two calls."""
KEPT_URLS = 10_000
READS = ("storage.objects.get", "storage.objects.list")
WRITES = ("storage.objects.create", "storage.objects.delete")


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
        self._signed = cached(TTLCache(KEPT_URLS, KEPT_S), lock=Lock())(self._sign)

    def uri(self, name: str) -> str:
        return f"gs://{self.name}/{checked(name)}"

    def place(self, name: str, *, seconds: int, disposition: str = "") -> Path | str:
        url: str = self._signed(name, seconds + KEPT_S, disposition)
        return url

    def _sign(self, name: str, seconds: int, disposition: str) -> str:
        from vividly.platform.storage.signed_url import signed_url

        with self._errors(name):
            blob = self._bucket.blob(checked(name))
            if not blob.exists(**self._limits):
                raise FileNotFoundError(f"gs://{self.name}/{name}: no such object")
            return signed_url(blob, seconds, disposition)

    def exists(self, name: str) -> bool:
        with self._errors(name):
            return bool(self._bucket.blob(checked(name)).exists(**self._limits))

    def sizes(self, prefix: str = "") -> dict[str, int]:
        with self._errors(prefix):
            found = self._bucket.client.list_blobs(self.name, prefix=prefix, **self._limits)
            return {blob.name: int(blob.size or 0) for blob in found if blob.name[-1:] != "/"}

    def read(self, name: str) -> bytes:
        with self._errors(name):
            data: bytes = self._bucket.blob(checked(name)).download_as_bytes(**self._limits)
            return data

    def write(
        self, name: str, data: bytes, content_type: str, *, attempt: int | None = None
    ) -> None:
        with self._errors(name, writing=True):
            blob = self._bucket.blob(checked(name))
            if attempt is not None:
                write_blob(blob, data, content_type, attempt, **self._limits)
                return
            blob.upload_from_string(
                data, content_type=content_type, checksum="crc32c", **self._limits
            )

    def create(self, name: str, data: bytes, content_type: str) -> bool:
        from google.api_core.exceptions import PreconditionFailed

        with self._errors(name, writing=True):
            try:
                self._bucket.blob(checked(name)).upload_from_string(
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
            blob = self._bucket.blob(checked(name))
            if attempt is not None:
                replace_blob(blob, path, content_type, attempt, **self._limits)
                return
            blob.upload_from_filename(
                str(path), content_type=content_type, checksum="crc32c", **self._limits
            )

    def copy(
        self, source: ObjectStore, name: str, to: str, content_type: str, *, attempt: int
    ) -> None:
        if not isinstance(source, GcsStore):
            with scratch_folder("copy") as folder:
                source.download(name, folder / "file")
                self.upload(to, folder / "file", content_type, attempt=attempt)
            return
        with self._errors(name):
            of, blob = source._bucket.blob(checked(name)), self._bucket.blob(checked(to))
            copy_blob(blob, of, content_type, attempt, **self._limits)

    def delete(self, name: str, *, attempt: int | None = None) -> None:
        from google.api_core.exceptions import NotFound

        with self._errors(name, writing=True):
            blob = self._bucket.blob(checked(name))
            if attempt is not None:
                delete_blob(blob, attempt, **self._limits)
                return
            with suppress(NotFound):
                blob.delete(**self._limits)

    def download(self, name: str, path: Path) -> None:
        with self._errors(name):
            self._bucket.blob(checked(name)).download_to_filename(str(path), **self._limits)

    def sweep(self) -> int:
        return 0  # an interrupted upload creates no object, and the service drops it

    def check(self, *, create: bool = False, writing: bool = True, signing: bool = False) -> None:
        from google.api_core.exceptions import NotFound

        needed = [*READS, *(WRITES if writing else ())]
        with self._errors(""):
            # Testing permissions needs none; reading the bucket's metadata would need one that
            # the job does not have.
            try:
                granted = self._bucket.test_iam_permissions(needed, **self._limits)
            except NotFound:
                if not create:
                    raise SettingsError(self._missing()) from None
                self._bucket.create(**self._limits)
                granted = self._bucket.test_iam_permissions(needed, **self._limits)
        if missing := sorted(set(needed) - set(granted)):
            role = "roles/storage.objectUser" if writing else "roles/storage.objectViewer"
            raise SettingsError(
                f"gs://{self.name}: the service account lacks {', '.join(missing)}: "
                f"grant it {role} on the bucket"
            )
        if signing:
            from vividly.platform.storage.signed_url import check_signing

            with self._errors(""):
                check_signing(self._bucket.client)

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
            if classify(error) is RetryClass.TRANSIENT:
                raise TransientError(f"{where}: {error}") from error
            raise PermanentError(f"{where}: {error}") from error
