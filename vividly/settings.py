"""How lessons are made: the settings that every stage shares.

The job's own options (topics, runner) are in `beam_pipeline.options`; each
field here is an option of the same name there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

SECRET_NAME = re.compile(r"projects/[^/\s]+/secrets/[^/\s]+(/versions/[^/\s]+)?")
ENVIRONMENTS = ("dev", "staging", "prod")
UNDERSTANDING_PROVIDERS = ("offline",)
RETRIEVAL_PROVIDERS = ("postgres",)
SCRIPT_PROVIDERS = ("offline",)
SPEECH_PROVIDERS = ("flite", "espeak")
VIDEO_ENCODERS = ("pyav", "moviepy")


@dataclass(frozen=True)
class Settings:
    """All that a stage needs to know. Times are in seconds.

    Attributes:
        database_url: `postgresql://...`, or the resource name of a secret that holds it.
        generated_content_bucket: where finished lessons go; `gs://name` or a directory.
        temp_files_bucket: where stages keep their results.
        oer_content_bucket: where educational source material lies.
        environment: `dev`, `staging` or `prod`.
        request_budget: how long a request may take in all.
        lease_margin: how much longer than a stage's deadline its claim is held.
    """

    database_url: str
    generated_content_bucket: str
    temp_files_bucket: str
    oer_content_bucket: str = ""
    environment: str = "dev"
    understanding_provider: str = "offline"
    retrieval_provider: str = "postgres"
    script_provider: str = "offline"
    speech_provider: str = "flite"
    speech_voice: str = ""
    video_encoder: str = "pyav"
    request_budget: float = 600.0
    lease_margin: float = 30.0
    max_attempts: int = 5
    stage_concurrency: int = 8
    render_concurrency: int = 1

    def problems(self) -> Iterator[str]:
        """What is missing or malformed, each with the setting's name and the fix."""
        if not self.database_url:
            yield (
                "--database_url (or DATABASE_URL) is not set: give "
                "postgresql://USER:PASSWORD@HOST/DATABASE or a Secret Manager resource name "
                "projects/PROJECT/secrets/NAME/versions/latest"
            )
        elif not SECRET_NAME.fullmatch(self.database_url):
            yield from self._database_url_problems()
        for name, variable in (
            ("generated_content_bucket", "GCS_GENERATED_CONTENT_BUCKET"),
            ("temp_files_bucket", "GCS_TEMP_FILES_BUCKET"),
        ):
            if not getattr(self, name):
                yield f"--{name} (or {variable}) is not set: give gs://NAME or a directory"
        for name, known in (
            ("environment", ENVIRONMENTS),
            ("understanding_provider", UNDERSTANDING_PROVIDERS),
            ("retrieval_provider", RETRIEVAL_PROVIDERS),
            ("script_provider", SCRIPT_PROVIDERS),
            ("speech_provider", SPEECH_PROVIDERS),
            ("video_encoder", VIDEO_ENCODERS),
        ):
            value = getattr(self, name)
            if value not in known:
                yield f"--{name}={value!r}: choose one of {', '.join(known)}"
        for name in ("request_budget", "max_attempts", "stage_concurrency", "render_concurrency"):
            if getattr(self, name) <= 0:
                yield f"--{name}={getattr(self, name)}: must be above 0"

    def _database_url_problems(self) -> Iterator[str]:
        """The URL's own faults. It is never shown: it may hold a password."""
        try:
            parts = urlsplit(self.database_url)
            usable = bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
            parts = urlsplit("")
        if parts.scheme not in ("postgresql", "postgres", "postgresql+pg8000") or not usable:
            yield (
                "--database_url (or DATABASE_URL) is malformed: want "
                "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
            )
        elif not parts.path.strip("/"):
            yield "--database_url (or DATABASE_URL) names no database: end it with /DATABASE"
