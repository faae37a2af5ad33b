"""A deployment by `make` itself: launch, update, rollback, with the launcher's real program.

Dataflow's service is on loopback. It starts the template's program as the launcher would; that
program builds the graph, stages it in the bucket and submits the job to the same service.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from beam_pipeline.deploy.dataflow import ENDPOINT
from beam_pipeline.deploy.said import VARIABLES
from tests.support.deployment import BUCKET, IMAGE, Deployment, project

ROOT = Path(__file__).resolve().parent.parent
TRANSCRIPT = os.environ.get("DEPLOY_TRANSCRIPT", "")
"""A file to write down what an operator sees."""


class Operator:
    """Whoever types `make`, at a terminal of 80 columns."""

    def __init__(self, school: Deployment) -> None:
        self.school = school
        said = (*VARIABLES, "PARAMETERS", "DRY_RUN", "YES", "MAKEFLAGS")
        clean = {k: v for k, v in os.environ.items() if k not in said}
        self.env = clean | school.variables | {"COLUMNS": "80", "PYTHONPATH": str(ROOT)}

    def types(self, *words: str, answer: str = "") -> tuple[int, str]:
        """Run `make WORDS`. Returns its exit code and its output."""
        python = f"BIN={Path(sys.executable).parent}"
        make = ["make", "--no-print-directory", "--old-file=setup", python]
        ours, theirs = pty.openpty()
        os.write(ours, answer.encode())
        done = subprocess.run(
            [*make, *words],
            cwd=ROOT,
            env=self.env,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
        )
        os.close(ours)
        os.close(theirs)
        if TRANSCRIPT:
            said = done.stdout.replace("[y/N]: ", f"[y/N]: {answer}")
            typed = " ".join(f"'{word}'" if ";" in word else word for word in words)
            with open(TRANSCRIPT, "a") as file:
                file.write(f"$ make {typed}\n{said}\n")
        return done.returncode, done.stdout


@pytest.fixture
def school() -> Iterator[Deployment]:
    with project() as made:
        made.release("v1.3")
        made.images.push("v1.4")

        def launcher(arguments: list[str]) -> str:
            done = subprocess.run(
                [
                    sys.executable,
                    str(ROOT / "beam_pipeline" / "main.py"),
                    *arguments,
                    f"--dataflow_endpoint={made.variables[ENDPOINT]}",
                    "--no_auth",
                ],
                cwd="/",
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(ROOT),
                    "STORAGE_EMULATOR_HOST": made.variables["STORAGE_EMULATOR_HOST"],
                },
                capture_output=True,
                text=True,
            )
            return done.stderr.strip().splitlines()[-1] if done.returncode else ""

        made.dataflow.launcher = launcher
        yield made


@pytest.mark.slow
def test_deploy_update_and_roll_back(school: Deployment) -> None:
    operator = Operator(school)
    given = "PARAMETERS=script_provider=gemini;vertex_project=school-project"
    launch = ("launch", "PROJECT=school", "STAGES=text", "TAG=v1.3", "ENVIRONMENT=staging", given)
    code, out = operator.types(*launch)
    assert code == 0, out
    first = school.dataflow.running("vividly-text")
    options = first["environment"]["sdkPipelineOptions"]["options"]
    assert (options["environment"], options["script_provider"]) == ("staging", "gemini")
    assert options["sdk_container_image"] == f"{IMAGE}@{school.images.tags['v1.3']}"
    assert first["labels"]["tag"] == "v1-3"
    assert options["pipelineUrl"].startswith(f"gs://{BUCKET}/staging/vividly-text")

    # A former bug: an empty tag launched a dev job without parameters.
    code, out = operator.types("update", "PROJECT=school", "TAG=")
    assert code == 2 and "TAG= is empty" in out

    # The launcher refuses, and the running job continues.
    code, out = operator.types("update", "PROJECT=school", "PARAMETERS=stage_deadlines=nap=3")
    assert code == 2, out
    assert "stage_deadlines" in out[out.index("failed") :], "its own complaint is shown"
    assert f"{first['id']}, which ran before, is running" in " ".join(out.split())
    assert school.dataflow.running("vividly-text")["id"] == first["id"]

    code, out = operator.types("template", "PROJECT=school", "TAG=v1.4")
    assert code == 0, out
    assert f"image={IMAGE}@{school.images.tags['v1.4']}" in out
    changed = ("update", "PROJECT=school", "TAG=v1.4", "PARAMETERS=script_provider=")
    code, out = operator.types(*changed, "DRY_RUN=1")
    assert code == 0, out
    assert "    environment=staging\n  - tag=v1.3\n  + tag=v1.4\n" in out
    assert school.dataflow.running("vividly-text")["id"] == first["id"]

    code, out = operator.types(*changed)
    assert code == 0, out
    second = school.dataflow.running("vividly-text")
    assert second["replaceJobId"] == first["id"]
    assert school.dataflow.jobs[first["id"]]["currentState"] == "JOB_STATE_UPDATED"
    options = second["environment"]["sdkPipelineOptions"]["options"]
    assert (options["environment"], options["script_provider"]) == ("staging", "offline")

    code, out = operator.types("rollback", "PROJECT=school", answer="y\n")
    assert code == 0, out
    assert re.search(r"\+ script_provider=gemini\n.*Roll back\? \[y/N\]", out, re.S)
    third = school.dataflow.running("vividly-text")
    assert third["replaceJobId"] == second["id"]
    was = first["environment"]["sdkPipelineOptions"]["options"]
    now = third["environment"]["sdkPipelineOptions"]["options"]
    apart = {name for name in was | now if was.get(name) != now.get(name)}
    of_the_launch = {"labels", "update", "pipelineUrl", "staging_location", "temp_location"}
    # Beam hashes the pickled steps, and lists its plugins in random order.
    assert apart <= of_the_launch | {"pipelineProtoHash", "beam_plugins"}

    code, out = operator.types("rollback", "PROJECT=school", answer="n\n")
    assert code == 2 and "nothing to go back to" in out
    code, out = operator.types("launches", "PROJECT=school")
    assert code == 0, out
    assert re.search(r"\* \S+  staging  v1.3  rollback to \S+  \S+  running", out)
