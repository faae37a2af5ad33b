"""Signed URLs of Cloud Storage (V4): everybody who has one can read the object for a while.

A service account without a key, as on Cloud Run, signs by the IAM API, for which it needs
roles/iam.serviceAccountTokenCreator on itself.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING

from google.auth.credentials import Credentials, Signing
from google.auth.transport.requests import AuthorizedSession, Request

from vividly.model.errors import SettingsError

if TYPE_CHECKING:
    from google.cloud.storage import Blob, Client

IAM_ENDPOINT = "https://iamcredentials.googleapis.com"
SIGN_S = 5.0
"""Seconds that the IAM API may take to sign."""


class IamSigner(Signing):  # type: ignore[misc]
    """Signs in the name of a service account by the IAM API.

    Args:
        credentials: of that service account.

    Raises:
        SettingsError: they are of no service account, such as those of a person.
    """

    def __init__(self, credentials: Credentials) -> None:
        if not hasattr(credentials, "service_account_email"):
            raise SettingsError(
                f"{type(credentials).__name__} cannot sign URLs; use a service account, or "
                "`gcloud auth application-default login --impersonate-service-account=...`"
            )
        if not credentials.valid:  # its address is not known before
            credentials.refresh(Request())
        self._session = AuthorizedSession(credentials)
        self._email = str(credentials.service_account_email)

    @property
    def signer_email(self) -> str:
        """The address of the service account."""
        return self._email

    @property
    def signer(self) -> IamSigner:
        """What signs: this."""
        return self

    def sign_bytes(self, message: bytes) -> bytes:
        """The signature of a message.

        Raises:
            SettingsError: the service account may not sign.
            google.api_core.exceptions.GoogleAPICallError: the IAM API refuses otherwise.
            requests.RequestException: it does not answer.
        """
        from google.api_core.exceptions import Forbidden, from_http_response

        answer = self._session.post(
            f"{IAM_ENDPOINT}/v1/projects/-/serviceAccounts/{self._email}:signBlob",
            json={"payload": base64.b64encode(message).decode()},
            timeout=SIGN_S,
        )
        if answer.status_code == 200:
            return base64.b64decode(answer.json()["signedBlob"])
        error = from_http_response(answer)
        if isinstance(error, Forbidden):
            raise SettingsError(
                f"{self._email} may not sign URLs: grant it roles/iam.serviceAccountTokenCreator "
                f"on itself, and enable iamcredentials.googleapis.com ({error.message})"
            ) from error
        raise error


def signed_url(blob: Blob, seconds: int, disposition: str = "") -> str:
    """A URL by which everybody who has it can read the object for so many seconds.

    Args:
        disposition: value of `Content-Disposition` of the answer; "" for none.
    """
    url = blob.generate_signed_url(
        version="v4",
        expiration=timedelta(seconds=seconds),
        method="GET",
        response_disposition=disposition or None,
        credentials=_signing(blob.client),
    )
    return str(url)


def check_signing(client: Client) -> None:
    """Sign something, to see that it can be done.

    Raises:
        SettingsError: the credentials cannot sign.
    """
    _signing(client).sign_bytes(b"vividly")


def _signing(client: Client) -> Signing:
    credentials = client._credentials
    return credentials if isinstance(credentials, Signing) else IamSigner(credentials)
