"""What building, launching, updating and draining run, word for word."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
METADATA = json.loads((ROOT / "templates" / "metadata.json").read_text())
RECORDER = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["RECORD"], "a") as file:
    file.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
if "list" in sys.argv:
    print("2026-11-27_job-1")
"""
"""Stands where gcloud and docker would, to see how they are called. It answers nothing."""


def deploy(
    what: str, tmp_path: Path, **variables: str
) -> tuple[subprocess.CompletedProcess[str], list[list[str]]]:
    programs, record = tmp_path / "bin", tmp_path / "record"
    programs.mkdir(exist_ok=True)
    for name in ("gcloud", "docker"):
        (programs / name).write_text(RECORDER)
        (programs / name).chmod(0o755)
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "RECORD": str(record), "TAG": "t1"}
    done = subprocess.run(
        [ROOT / "scripts" / "deploy.sh", what],
        env=environment | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    lines = record.read_text().splitlines() if record.exists() else []
    return done, [json.loads(line) for line in lines]


IMAGE = "us-central1-docker.pkg.dev/school/vividly/vividly:t1"


def test_the_image_is_built_and_pushed(tmp_path: Path) -> None:
    done, calls = deploy("image", tmp_path, PROJECT="school")
    assert done.returncode == 0, done.stderr
    assert calls == [
        ["docker", "build", "--platform=linux/amd64", "--tag", IMAGE, "."],
        ["docker", "push", IMAGE],
    ]
    printed = [line for line in done.stdout.splitlines() if line.startswith("+ ")]
    assert printed == ["+ " + " ".join(call) for call in calls]


def test_the_template_is_of_that_image(tmp_path: Path) -> None:
    _, (call,) = deploy("template", tmp_path, PROJECT="school")
    assert call[:4] == ["gcloud", "dataflow", "flex-template", "build"]
    assert f"--image={IMAGE}" in call
    assert "--metadata-file=templates/metadata.json" in call


@pytest.mark.parametrize("what", ["launch", "update"])
def test_both_jobs_get_parameters_that_the_template_knows(tmp_path: Path, what: str) -> None:
    known = {parameter["name"] for parameter in METADATA["parameters"]} | {"sdk_container_image"}
    _, calls = deploy(
        what,
        tmp_path,
        PROJECT="school",
        PARAMETERS="script_provider=gemini;speech_provider=google,flite",
    )
    assert [call[4] for call in calls] == ["vividly-text", "vividly-media"]
    for call in calls:
        assert ("--update" in call) == (what == "update")
        (given,) = (word for word in call if word.startswith("--parameters="))
        pairs = dict(
            pair.split("=", 1) for pair in given.removeprefix("--parameters=^;^").split(";")
        )
        assert pairs.keys() <= known
        assert pairs["script_provider"] == "gemini"
        assert pairs["speech_provider"] == "google,flite"
        assert pairs["database_url"].startswith("projects/school/secrets/"), "never the URL itself"
        assert pairs["sdk_container_image"] == IMAGE
        assert "--disable-public-ips" in call
        # One process for each worker: connections are counted so, here and in Terraform.
        assert "--additional-experiments=no_use_multiple_sdk_containers" in call
        assert "--max-workers=2" in call
        assert any(word.startswith("--service-account-email=vividly-") for word in call)


def test_a_drain_finds_the_job(tmp_path: Path) -> None:
    _, calls = deploy("drain", tmp_path, PROJECT="school", STAGES="all")
    assert "--filter=name=vividly-all" in calls[0]
    assert calls[1][:5] == ["gcloud", "dataflow", "jobs", "drain", "2026-11-27_job-1"]


@pytest.mark.parametrize("what", ["image", "template", "launch", "update", "drain"])
def test_a_dry_run_only_prints(tmp_path: Path, what: str) -> None:
    done, calls = deploy(what, tmp_path, PROJECT="school", DRY_RUN="1")
    assert (done.returncode, calls) == (0, [])
    assert done.stdout.startswith("+ ")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "set PROJECT"),
        ({"PROJECT": "school", "ENVIRONMENT": "test"}, "choose dev, staging or prod"),
        ({"PROJECT": "school", "STAGES": "video"}, "choose text, media or all"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, variables: dict[str, str], told: str) -> None:
    done, calls = deploy("launch", tmp_path, **variables)
    assert (done.returncode, calls) == (2, [])
    assert told in done.stderr


def test_the_makefile_has_them_all() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for what in ("image", "template", "launch", "update", "drain"):
        assert f"\n{what}: ## " in makefile


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
