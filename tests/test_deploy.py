"""Building the image, the rules of the variables, dry runs without a cloud, and the lock file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from beam_pipeline.deploy import dataflow, images
from beam_pipeline.deploy.__main__ import app
from beam_pipeline.deploy.launches import difference, label, next_id
from beam_pipeline.deploy.said import VARIABLES
from beam_pipeline.deploy.templates import steps_of_checkout
from tests.support.command_line import Ended

ROOT = Path(__file__).parent.parent
TARGETS = ("image", "template", "launch", "update", "rollback", "drain", "launches")
RECORDER = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["RECORD"], "a") as file:
    file.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
"""
"""Stands where docker would, to see how it is called. It answers nothing."""


def deploy(what: str, **variables: str) -> Ended:
    """Run what `make WHAT` runs, without make and without any Google service."""
    unsaid = dict.fromkeys([*VARIABLES, "PARAMETERS", "DRY_RUN", "YES", "GCP_PROJECT_ID"])
    nowhere = dict.fromkeys((dataflow.ENDPOINT, images.ENDPOINT), "http://localhost:1")
    storage = {"STORAGE_EMULATOR_HOST": "http://localhost:1"}
    env = {**unsaid, **nowhere, **storage, "COLUMNS": "80", "TAG": "t1", **variables}
    done = CliRunner().invoke(app, [what], env=env)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


IMAGE = "us-central1-docker.pkg.dev/school/vividly/vividly:t1"


def test_the_image_is_built_and_pushed(tmp_path: Path) -> None:
    program, record = tmp_path / "docker", tmp_path / "record"
    program.write_text(RECORDER)
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = deploy("image", PROJECT="school", PATH=path, RECORD=str(record))
    assert done.code == 0, done.err
    calls = [json.loads(line) for line in record.read_text().splitlines()]
    assert calls == [
        ["docker", "build", "--platform=linux/amd64", "--tag", IMAGE, "."],
        ["docker", "push", IMAGE],
    ]
    printed = [line for line in done.out.splitlines() if line.startswith("+ ")]
    assert printed == ["+ " + " ".join(call) for call in calls]


@pytest.mark.parametrize("what", ["image", "template", "launch", "update", "drain"])
def test_a_dry_run_needs_no_cloud(what: str) -> None:
    done = deploy(what, PROJECT="school", DRY_RUN="1")
    assert done.code == 0, done.err
    assert "t1" in done.out or what == "drain"
    if what in ("launch", "update", "drain"):
        assert "Not looked up: Dataflow: " in done.out


def test_a_dry_launch_has_one_parameter_a_line() -> None:
    given = "script_provider=gemini;speech_provider=google,hibari"
    out = deploy("launch", PROJECT="school", STAGES="media", DRY_RUN="1", PARAMETERS=given).out
    lines = [line.strip() for line in out.splitlines() if line.startswith("    ")]
    assert lines[:3] == ["environment=dev", "tag=t1", f"image={IMAGE}"]
    assert "max_workers=2" in lines
    assert "script_provider=gemini" in lines
    assert "speech_provider=google,hibari" in lines
    assert all(re.match(r"[a-z_]+=[^;]+$", line) for line in lines)


@pytest.mark.parametrize("what", ["launch", "update", "rollback", "drain", "launches"])
def test_without_a_cloud_the_error_says_so(what: str) -> None:
    done = deploy(what, PROJECT="school")
    assert done.code == 1
    assert "error: Dataflow: " in done.err


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "set PROJECT (or GCP_PROJECT_ID)"),
        ({"PROJECT": "school", "TAG": ""}, "TAG= is empty: give it a value, or leave it out"),
        ({"PROJECT": "school", "ENVIRONMENT": ""}, "ENVIRONMENT= is empty"),
        ({"PROJECT": "school", "LAUNCH": ""}, "LAUNCH= is empty"),
        ({"PROJECT": "school", "TAG": "a b"}, "TAG=a b is no image tag"),
        ({"PROJECT": "school", "ENVIRONMENT": "test"}, "choose dev, staging or prod"),
        ({"PROJECT": "school", "STAGES": "video"}, "choose text, media or all"),
        ({"PROJECT": "school", "MAX_WORKERS": "0"}, "MAX_WORKERS=0: give a whole number"),
        ({"PROJECT": "school", "PROFILER": "yes"}, "PROFILER=yes: set 1 or 0"),
        ({"PROJECT": "school", "LAUNCH": "t1"}, "LAUNCH=t1 is no launch"),
        ({"PROJECT": "school", "PARAMETERS": "gemini"}, "write 'name=value;name=value'"),
        ({"PROJECT": "school", "PARAMETERS": "environment=prod"}, "set ENVIRONMENT= instead"),
    ],
)
@pytest.mark.parametrize("what", ["launch", "update", "rollback"])
def test_what_is_missing_is_named(what: str, variables: dict[str, str], told: str) -> None:
    done = deploy(what, **variables)
    assert done.code == 2
    assert told in done.err


def test_what_is_not_said_is_not_handed_on(tmp_path: Path) -> None:
    """make by itself would export an empty TAG if none is given."""
    (tmp_path / "python").write_text('#!/bin/sh\necho "$@: ${TAG-unsaid} ${PARAMETERS-unsaid}"\n')
    (tmp_path / "python").chmod(0o755)
    make = ["make", "--no-print-directory", "--old-file=setup", f"BIN={tmp_path}"]
    clean = {k: v for k, v in os.environ.items() if k not in ("TAG", "PARAMETERS", "MAKEFLAGS")}
    for target in TARGETS:
        for said, told in (
            ([], "unsaid unsaid"),
            (["TAG=", "PARAMETERS=a=b;c=d,e"], " a=b;c=d,e"),
        ):
            done = subprocess.run(
                [*make, target, *said],
                cwd=ROOT,
                env=clean,
                capture_output=True,
                text=True,
                check=True,
            )
            assert done.stdout == f"-m beam_pipeline.deploy {target}: {told}\n"


def test_the_makefile_has_them_all() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for what in TARGETS:
        assert f"\n{what}: setup ## " in makefile
    assert {command.name or command.callback.__name__ for command in app.registered_commands} == {
        *TARGETS
    }


def test_the_steps_are_those_that_dataflow_is_sent() -> None:
    for stages, steps in steps_of_checkout().items():
        golden = ROOT / "tests" / "data" / f"dataflow-{stages}.json"
        assert steps == sorted(json.loads(golden.read_text()))


def test_labels_are_what_dataflow_takes() -> None:
    assert label("v1.4-RC_2") == "v1-4-rc_2"
    assert label("x" * 70) == "x" * 63


def test_the_difference_is_one_thing_a_line() -> None:
    lines = difference({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "4", "d": "5"})
    assert lines == [
        (" ", "a", "1"),
        ("-", "b", "2"),
        ("+", "b", "4"),
        ("-", "c", "3"),
        ("+", "d", "5"),
    ]


def test_a_launch_comes_after_all_others_whatever_the_clocks_say() -> None:
    now = datetime(2026, 11, 27, 10, 15, 0, tzinfo=UTC)
    assert next_id(now, []) == "20261127-101500"
    assert next_id(now, ["20261127-101459"]) == "20261127-101500"
    assert next_id(now, ["20261127-101500", "20261127-105959"]) == "20261127-110000"


# -- what the image installs ------------------------------------------------------------------


def pins(path: str) -> dict[str, str]:
    found = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", (ROOT / path).read_text(), re.M
    )
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def test_the_lock_is_of_the_versions_that_are_tested() -> None:
    locked, tested = pins("requirements.lock"), pins("constraints.txt")
    assert {name: version for name, version in locked.items() if tested.get(name) != version} == {}
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", one)[0]).lower() for one in declared}
    assert names <= locked.keys()


def test_every_package_of_the_lock_has_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text()
    packages = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert len(packages) > 100
    for package in packages:
        if "==" in package:
            assert "--hash=sha256:" in package, package.splitlines()[0]
    assert "://" not in text, "no place is named that it came from"


def test_the_image_installs_by_the_lock_and_nothing_else() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes --requirement requirements.lock" in dockerfile
    assert "pip install --no-cache-dir --no-index" in dockerfile
    assert "pip check" in dockerfile


def test_what_the_image_copies_reaches_its_build() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    sources = {source.split("/")[0] for line in copied for source in line.split()}
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    assert sources == let_through
    assert all((ROOT / source).exists() for source in sources)
