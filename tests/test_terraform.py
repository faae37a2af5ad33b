"""The infrastructure's files, held to themselves, the template's parameters and the contract."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

from beam_pipeline import options

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "templates" / "terraform"
FILES = sorted(FOLDER.glob("*.tf"))
TEXT = {path.name: path.read_text() for path in FILES}
ALL = "\n".join(TEXT.values())
CODE = re.sub(r"#[^\n]*", "", ALL)
METADATA = json.loads((ROOT / "templates" / "metadata.json").read_text())
BUILT_IN = {"each", "var", "local", "path", "data", "count", "self", "terraform"}


def parsed(path: Path) -> dict[str, Any]:
    with path.open() as file:
        found: dict[str, Any] = hcl2.load(file)
    return found


def declared(kind: str) -> set[str]:
    return set(re.findall(rf'^{kind} "(\w+)"', CODE, re.MULTILINE))


def resources() -> set[str]:
    return {f"{kind}.{name}" for kind, name in re.findall(r'^resource "(\w+)" "(\w+)"', CODE, re.M)}


@pytest.mark.parametrize("path", [*FILES, *sorted(FOLDER.glob("environments/*.tfvars"))], ids=str)
def test_it_can_be_read(path: Path) -> None:
    assert parsed(path)


def test_every_variable_is_declared_and_used() -> None:
    used = set(re.findall(r"\bvar\.(\w+)", CODE))
    assert used == declared("variable")
    for block in re.findall(r'^variable "\w+" \{.*?^\}', CODE, re.M | re.S):
        assert "description" in block
        assert "type " in block


def test_every_local_is_declared_and_used() -> None:
    used = set(re.findall(r"\blocal\.(\w+)", CODE))
    blocks = re.findall(r"^locals \{\n(.*?)^\}", CODE, re.M | re.S)
    names = {name for block in blocks for name in re.findall(r"^  (\w+) +=", block, re.M)}
    assert used == names


def test_every_resource_that_is_named_is_there() -> None:
    named = set(re.findall(r"\b(google_\w+|random_\w+)\.(\w+)", CODE))
    missing = {f"{kind}.{name}" for kind, name in named} - resources()
    assert missing == set()
    assert len(resources()) >= 30


def test_every_environment_gives_what_there_is() -> None:
    found = sorted(FOLDER.glob("environments/*.tfvars"))
    assert [path.stem for path in found] == ["dev", "prod", "staging"]
    known = {parameter["name"] for parameter in METADATA["parameters"]}
    for path in found:
        given = parsed(path)
        assert given.keys() <= declared("variable")
        assert path.stem in str(given["environment"])
        for name in given["parameters"]:
            assert name.strip('"') in known


def test_the_jobs_parameters_are_the_templates() -> None:
    body = TEXT["dataflow.tf"]
    block = re.search(r"parameters = merge\(\n    \{\n(.*?)\n    \}", body, re.S)
    assert block
    given = set(re.findall(r"^ +(\w+) +=", block[1], re.M))
    given |= set(re.findall(r"subscription = \{ (\w+) =", body))
    assert given <= {parameter["name"] for parameter in METADATA["parameters"]}
    required = {p["name"] for p in METADATA["parameters"] if not p["isOptional"]}
    assert required <= given


def test_topics_and_subscriptions_are_those_of_the_contract() -> None:
    for name in (
        options.REQUEST_TOPIC,
        options.MEDIA_TOPIC,
        options.NOTIFICATION_TOPIC,
        options.REQUEST_SUBSCRIPTION,
        options.MEDIA_SUBSCRIPTION,
    ):
        assert f'"{name}"' in TEXT["main.tf"]
    letters = options.dead_letter_topic("${var.environment}")
    assert f'"{letters}"' in TEXT["main.tf"]
    assert f'"{letters}-sub"' in TEXT["main.tf"]
    topics, subscriptions = _keys("topics"), _keys("subscriptions")
    assert topics == subscriptions, "what nobody subscribes to is lost"


def _keys(local: str) -> set[str]:
    block = re.search(rf"  {local} = \{{\n(.*?)\n  \}}", ALL, re.S)
    assert block
    return set(re.findall(r"^    (\w+) +=", block[1], re.M))


def test_no_account_has_more_than_it_needs() -> None:
    roles = set(re.findall(r'"(roles/[\w.]+)"', CODE))
    assert not {role for role in roles if re.search(r"owner|editor|admin|Admin", role)}
    project = re.findall(r'resource "google_project_iam_member" "(\w+)"', CODE)
    assert project == ["worker", "models"], "everything else is on a single resource"


def test_no_secret_is_written_down() -> None:
    assert not re.search(r'password\s*=\s*"', CODE)
    assert "result" in TEXT["database.tf"]


def test_the_monitoring_files_are_there() -> None:
    for path in re.findall(r'\$\{path\.module\}/([\w./]+?)(?:/\$|")', ALL):
        assert (FOLDER / path).exists(), path


@pytest.mark.parametrize("path", FILES, ids=str)
def test_it_is_formatted(path: Path) -> None:
    """Of what `terraform fmt` does: indents of two, no tabs, no space at ends, `=` aligned."""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines, start=1):
        assert line == line.rstrip(), (path.name, number)
        assert "\t" not in line
        assert (len(line) - len(line.lstrip())) % 2 == 0, (path.name, number)
    assert path.read_text().endswith("\n")
