"""Client of Artifact Registry: the image of a tag, and whether an image still exists."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

import google.auth
from google.api_core.exceptions import from_http_response
from google.auth.transport.requests import AuthorizedSession

from vividly.platform.google.errors import google_errors
from vividly.platform.google.vertex import credentials

ENDPOINT = "CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY"
"""gcloud's own variable for another address of the service."""
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TIMEOUT_S = 60.0
_FIXES = {
    401: "run `gcloud auth application-default login`",
    403: "enable the Artifact Registry API, and grant yourself roles/artifactregistry.reader",
    404: "is there a repository `vividly` in this project and region?",
}


class Images:
    """The images of one project and region."""

    def __init__(self, project: str, region: str) -> None:
        self.path = f"{region}-docker.pkg.dev/{project}/vividly/vividly"
        self._package = (
            f"projects/{project}/locations/{region}/repositories/vividly/packages/vividly"
        )
        self._endpoint = os.environ.get(ENDPOINT, "").rstrip("/")

    def tagged(self, tag: str) -> str:
        """The name under which the image is pushed."""
        return f"{self.path}:{tag}"

    def pinned(self, tag: str) -> str | None:
        """The current image of a tag, by digest; None if there is no such tag."""
        found = self._get(f"tags/{tag}")
        return f"{self.path}@{found['version'].rpartition('/')[2]}" if found else None

    def exists(self, image: str) -> bool:
        """Whether an image of this repository, named by its digest, exists."""
        return self._get(f"versions/{image.rpartition('@')[2]}") is not None

    @cached_property
    def _session(self) -> AuthorizedSession:
        given = credentials(self._endpoint, ENDPOINT)
        return AuthorizedSession(given or google.auth.default(scopes=[SCOPE])[0])

    def _get(self, what: str) -> dict[str, Any] | None:
        base = self._endpoint or "https://artifactregistry.googleapis.com"
        with google_errors("Artifact Registry", fixes=_FIXES):
            response = self._session.get(f"{base}/v1/{self._package}/{what}", timeout=TIMEOUT_S)
            if response.status_code == 404:
                return None
            if not response.ok:
                raise from_http_response(response)
            body: dict[str, Any] = response.json()
            return body
