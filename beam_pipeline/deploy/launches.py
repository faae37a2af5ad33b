"""Records of launches, the difference between two, and the order in which they ran.

A record is `launches/PROJECT/REGION/JOB/ID/launch.json` in the deploy bucket. `template.json`
beside it is the launch's own copy of its template, which never changes: rebuilding a template
or moving a tag does not affect earlier launches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from vividly.model.errors import SettingsError
from vividly.platform.storage import ObjectStore

JOBS = {stages: f"vividly-{stages}" for stages in ("text", "media", "all")}
"""Stages -> the job's name."""
JSON = "application/json"
_ID = "%Y%m%d-%H%M%S"


class Launch(BaseModel):
    """Everything that a job was launched with, and by whom.

    Attributes:
        id: time of the launch, `YYYYMMDD-HHMMSS` in UTC; the same for jobs launched together.
        action: `launch`, `update` or `rollback`.
        image: by its digest, `.../vividly@sha256:...`.
        template: `gs://` address of the template, which names that image.
        parameters: of the template, without `environment`, `stages` and the image.
        runtime: the other fields of Dataflow's `FlexTemplateRuntimeEnvironment`:
            `max_workers`, `network`, ...
        steps: the names of the graph's steps; None if they are not known.
        before: id of the launch that ran before this one, or empty.
        restores: id of the launch that a rollback repeats, or empty.
        outcome: `refused` for an update that failed, so that the old job keeps running;
            `failed` for a new job that never ran; otherwise empty.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = ""
    action: str = "launch"
    job: str
    job_id: str = ""
    stages: str
    project: str
    region: str
    environment: str
    tag: str = ""
    image: str = ""
    template: str = ""
    parameters: dict[str, str] = {}
    runtime: dict[str, Any] = {}
    labels: dict[str, str] = {}
    steps: list[str] | None = None
    by: str = ""
    at: str = ""
    before: str = ""
    restores: str = ""
    outcome: str = ""

    def changed(self, **fields: Any) -> Launch:
        """A copy with other values."""
        return self.model_copy(update=fields)

    def facts(self, defaults: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """Name -> value of everything that defines the job, in display order.

        Args:
            defaults: parameters to include if they are not set.
        """
        runtime = {
            name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in sorted(self.runtime.items())
        }
        unsaid = {name: f"{value} (default)".strip() for name, value in defaults.items()}
        return {
            "environment": self.environment,
            "tag": self.tag or "(unknown)",
            "image": short(self.image),
            **runtime,
            **dict(sorted((unsaid | self.parameters).items())),
        }

    def job_labels(self) -> dict[str, str]:
        """The labels of the job, which describe its launch."""
        kept = {k: v for k, v in self.labels.items() if not k.startswith("goog-")}
        return kept | {
            "service": "vividly",
            "environment": self.environment,
            "stages": self.stages,
            "tag": label(self.tag),
            "digest": label(self.image.partition("@")[2]),
            "launch": self.id,
        }


def label(text: str) -> str:
    """The text as the value of a label: at most 63 characters of a-z, 0-9, _ and -."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63]


def short(image: str) -> str:
    """An image for people: the first characters of its digest."""
    path, at, digest = image.partition("@")
    return f"{path.rpartition('/')[2]}@{digest[:19]}" if at else image


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(mark, name, value) for every line: " " unchanged, "-" old, "+" new."""
    lines = []
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) == new.get(name):
            lines.append((" ", name, new[name]))
            continue
        for mark, facts in (("-", old), ("+", new)):
            if name in facts:
                lines.append((mark, name, facts[name]))
    return lines


def id_at(moment: datetime) -> str:
    """The id of a launch at that time."""
    return f"{moment.astimezone(UTC):{_ID}}"


def next_id(moment: datetime, before: Iterable[str]) -> str:
    """The id of a launch at that time, but later than all the given ones if clocks differ."""
    last = max(before, default="")
    if last >= id_at(moment):
        moment = datetime.strptime(last, _ID).replace(tzinfo=UTC) + timedelta(seconds=1)
    return id_at(moment)


class Records:
    """The records of one project and region."""

    def __init__(self, store: ObjectStore, project: str, region: str) -> None:
        self._store = store
        self.folder = f"launches/{project.replace(':', '.')}/{region}"

    def ids(self, job: str) -> list[str]:
        """The ids of a job's launches, newest first."""
        prefix, suffix = f"{self.folder}/{job}/", "/launch.json"
        names = self._store.sizes(prefix)
        found = [n[len(prefix) : -len(suffix)] for n in names if n.endswith(suffix)]
        return sorted(found, reverse=True)

    def read(self, job: str, id: str) -> Launch:
        """The record of one launch.

        Raises:
            SettingsError: it does not exist, or cannot be read.
        """
        name = self._name(job, id, "launch")
        try:
            return Launch.model_validate_json(self._store.read(name))
        except FileNotFoundError:
            raise SettingsError(
                f"{job}: there is no record of launch {id} ({self._store.uri(name)}): "
                "`make launches` lists what there is; BUCKET= names another bucket"
            ) from None
        except ValidationError as error:
            raise SettingsError(f"{self._store.uri(name)} is no record of a launch") from error

    def newest(self, job: str, *, tried: bool = False) -> Launch | None:
        """The last launch that ran, or None.

        Args:
            tried: include new jobs that failed.
        """
        for id in self.ids(job):
            found = self.read(job, id)
            if not found.outcome or (tried and found.outcome == "failed"):
                return found
        return None

    def one_before(self, launch: Launch) -> Launch:
        """The launch that ran before a launch and differs from it.

        A rollback counts as the launch that it restored, so that the next one goes further back.

        Raises:
            SettingsError: there is none.
        """
        found = launch
        while True:
            while found.restores:
                found = self.read(found.job, found.restores)
            if not found.before:
                raise SettingsError(
                    f"{launch.job}: no launch before {found.id} is recorded: there is nothing to "
                    "go back to"
                )
            found = self.read(found.job, found.before)
            if found.facts() != launch.facts():
                return found

    def template(self, launch: Launch) -> str:
        """The name, in the bucket, of a launch's own template."""
        return self._name(launch.job, launch.id, "template")

    def create(self, launch: Launch) -> None:
        """Write the record of a launch before it is requested.

        Raises:
            SettingsError: there is a record with that id.
        """
        name = self._name(launch.job, launch.id, "launch")
        if not self._store.create(name, _json(launch), JSON):
            raise SettingsError(
                f"{launch.job}: somebody else launches at this moment ({self._store.uri(name)}): "
                "look with `make launches`"
            )

    def replace(self, launch: Launch) -> None:
        """Replace the record of a launch."""
        self._store.write(self._name(launch.job, launch.id, "launch"), _json(launch), JSON)

    def remove(self, launch: Launch) -> None:
        """Remove the record of a launch that did not happen."""
        for what in ("launch", "template"):
            self._store.delete(self._name(launch.job, launch.id, what))

    def _name(self, job: str, id: str, what: str) -> str:
        return f"{self.folder}/{job}/{id}/{what}.json"


def _json(launch: Launch) -> bytes:
    return (launch.model_dump_json(indent=1) + "\n").encode()
