"""Makes the flex template of an image, and checks parameters against it before a launch.

It is the JSON that `gcloud dataflow flex-template build` would write (a `ContainerSpec`), with
the image named by its digest. A file beside it lists the graph's steps, so that an update which
Dataflow would refuse is found beforehand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from beam_pipeline.deploy.images import Images
from beam_pipeline.deploy.launches import JOBS, JSON, Launch, short
from vividly.model.errors import SettingsError
from vividly.platform.storage import open_store

METADATA = Path(__file__).parents[2] / "templates" / "metadata.json"
_STEPS = ".steps.json"


@dataclass(frozen=True)
class Template:
    """A template of one image.

    Attributes:
        tag: the image's tag.
        spec: the template as Dataflow reads it.
        steps: stages -> names of the graph's steps; empty if they are not known.
    """

    tag: str
    spec: Mapping[str, Any]
    steps: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def image(self) -> str:
        """The image of launcher and workers, by its digest."""
        return str(self.spec["image"])

    @property
    def known(self) -> dict[str, dict[str, Any]]:
        """Its parameters by name."""
        return {one["name"]: one for one in (self.spec.get("metadata") or {}).get("parameters", ())}

    def default(self, name: str) -> str:
        """The default of a parameter."""
        return str(self.known.get(name, {}).get("defaultValue", ""))

    def problems(self, parameters: Mapping[str, str]) -> Iterator[str]:
        """Parameters that Dataflow would refuse, and why. Refused values are not repeated."""
        known = self.known
        for name, value in parameters.items() if known else ():
            if name not in known:
                near = get_close_matches(name, known, 1)
                meant = f"do you mean {near[0]}? " if near else ""
                yield f"{name} is no parameter of this version: {meant}`{name}=` leaves it out"
                continue
            choices = [one["value"] for one in known[name].get("enumOptions", ())]
            if choices and value not in choices:
                yield f"{name}: choose {', '.join(choices)}"
            for pattern in known[name].get("regexes", ()):
                if not re.fullmatch(pattern, value):
                    yield f"{name}: the value is not of the form {pattern}"
        for name, one in known.items():
            if not one.get("isOptional") and name not in parameters:
                yield f"{name} is missing: PARAMETERS='{name}=...'"


def of_checkout(image: str = "", tag: str = "") -> Template:
    """A template of that image, with the parameters that this checkout describes."""
    return Template(
        tag,
        {
            "defaultEnvironment": {},
            "image": image,
            "metadata": json.loads(METADATA.read_text(encoding="utf-8")),
            "sdkInfo": {"language": "PYTHON"},
        },
    )


class Templates:
    """The templates in the deploy bucket."""

    def __init__(self, project: str, region: str, bucket: str) -> None:
        self._store = open_store(f"gs://{bucket}")
        self._images = Images(project, region)
        self._bucket = bucket

    def build(self, tag: str, steps: Mapping[str, list[str]]) -> Template:
        """Write the template of a tag's image.

        Raises:
            SettingsError: there is no such image.
        """
        if (image := self._images.pinned(tag)) is None:
            raise SettingsError(
                f"there is no image {self._images.tagged(tag)}: push it with `make image`"
            )
        made = of_checkout(image, tag)
        beside = {"image": image, "steps": steps}
        self._store.write(_steps(tag), json.dumps(beside, indent=1).encode(), JSON)
        self._store.write(_name(tag), json.dumps(made.spec, indent=1).encode(), JSON)
        return made

    def of_tag(self, tag: str) -> Template:
        """The template of a tag, with its image by digest.

        Raises:
            SettingsError: template or image do not exist, or do not belong together.
        """
        spec = self._read(_name(tag))
        if spec is None:
            tags = self._tags()
            others = f"; there are: {', '.join(tags[:20])}" if tags else ""
            raise SettingsError(
                f"TAG={tag} is unknown: there is no gs://{self._bucket}/{_name(tag)}{others}"
                f"\nMake it: make image template TAG={tag} PROJECT=..."
            )
        if (image := self._images.pinned(tag)) is None:
            raise SettingsError(
                f"TAG={tag} has a template, but there is no image {self._images.tagged(tag)}: "
                "push it with `make image`, then `make template`"
            )
        if "@" in spec["image"] and spec["image"] != image:
            raise SettingsError(
                f"TAG={tag} was moved: its template is of {short(spec['image'])}, and the tag "
                f"names {short(image)} now: run `make template` again"
            )
        return self._with_steps(tag, spec | {"image": image})

    def of_image(self, image: str) -> Template | None:
        """The template of an image, which is named by its digest; or None."""
        for tag in self._tags() if "@" in image and self._images.exists(image) else ():
            spec = self._read(_name(tag))
            if spec and spec["image"] == image:
                return self._with_steps(tag, spec)
        return None

    def of_launch(self, launch: Launch) -> Template:
        """The template of a launch.

        Raises:
            SettingsError: it or its image no longer exists.
        """
        spec = self._read(launch.template.removeprefix(f"gs://{self._bucket}/"))
        gone = launch.template if spec is None else launch.image
        if spec is None or not self._images.exists(launch.image):
            raise SettingsError(
                f"{launch.job}: launch {launch.id} cannot be repeated: {gone} is gone; "
                f"build {launch.tag or 'its version'} anew, and name it by TAG="
            )
        return Template(launch.tag, spec, {launch.stages: launch.steps} if launch.steps else {})

    def keep(self, template: Template, name: str) -> str:
        """Write a launch's own template. Returns its address."""
        self._store.write(name, json.dumps(template.spec, indent=1).encode(), JSON)
        return f"gs://{self._bucket}/{name}"

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            found = json.loads(self._store.read(name))
        except FileNotFoundError:
            return None
        except ValueError:
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("image"), str):
            raise SettingsError(f"gs://{self._bucket}/{name} is no template: run `make template`")
        return found

    def _with_steps(self, tag: str, spec: Mapping[str, Any]) -> Template:
        beside = self._read(_steps(tag)) or {}
        return Template(tag, spec, beside["steps"] if beside.get("image") == spec["image"] else {})

    def _tags(self) -> list[str]:
        begin, end = _name("\n").split("\n")
        names = [name for name in self._store.sizes(begin) if name.endswith(end)]
        return sorted(n[len(begin) : -len(end)] for n in names if not n.endswith(_STEPS))


def steps_of_checkout() -> dict[str, list[str]]:
    """Stages -> names of the steps of this checkout's graph, as sent to Dataflow."""
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from beam_pipeline.graph import build
    from beam_pipeline.options import REQUEST_SUBSCRIPTION, read_options

    found = {}
    for stages in JOBS:
        options = PipelineOptions(
            [
                "--streaming",
                "--runner=BundleBasedDirectRunner",
                "--project=vividly-project",
                f"--stages={stages}",
                "--environment=dev",
                f"--input_subscription={REQUEST_SUBSCRIPTION}",
                "--database_url=postgresql://host/name",
                "--generated_content_bucket=gs://generated",
                "--temp_files_bucket=gs://temporary",
            ]
        )
        pipeline = beam.Pipeline(options=options)
        build(pipeline, *read_options(options), job=JOBS[stages], rebalance=True)
        transforms = pipeline.to_runner_api().components.transforms.values()
        found[stages] = sorted(one.unique_name for one in transforms if one.unique_name)
    return found


def _name(tag: str) -> str:
    return f"templates/vividly-{tag}.json"


def _steps(tag: str) -> str:
    return f"templates/vividly-{tag}{_STEPS}"
