"""The infrastructure's files, held to the template's parameters, the contract and the roles.

That they are Terraform, formatted and valid, says Terraform: tests/test_terraform_plan.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import hcl2
import pytest
import typer

from beam_pipeline import options
from beam_pipeline.api import health
from beam_pipeline.cli.app import app

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "templates" / "terraform"
FILES = sorted(FOLDER.glob("*.tf"))
TEXT = {path.name: path.read_text() for path in FILES}
ALL = "\n".join(TEXT.values())
CODE = re.sub(r"#[^\n]*", "", ALL)
METADATA = json.loads((ROOT / "templates" / "metadata.json").read_text())


def parsed(path: Path) -> dict[str, Any]:
    with path.open() as file:
        found: dict[str, Any] = hcl2.load(file)
    return found


def declared(kind: str) -> set[str]:
    return set(re.findall(rf'^{kind} "(\w+)"', CODE, re.MULTILINE))


def test_every_variable_is_declared_and_used() -> None:
    used = set(re.findall(r"\bvar\.(\w+)", CODE))
    assert used == declared("variable")
    for block in re.findall(r'^variable "\w+" \{.*?^\}', CODE, re.M | re.S):
        assert "description" in block
        assert "type " in block


def test_every_local_is_declared_and_used() -> None:
    used = set(re.findall(r"\blocal\.(\w+)", CODE))
    names = {
        name
        for path in FILES
        for block in parsed(path).get("locals", [])
        for name in block
        if not name.startswith("__")
    }
    assert used == names


def test_every_environment_gives_what_there_is() -> None:
    found = sorted(FOLDER.glob("environments/*.tfvars"))
    assert [path.stem for path in found] == ["dev", "prod", "staging"]
    known = {parameter["name"]: parameter for parameter in METADATA["parameters"]}
    for path in found:
        given = parsed(path)
        assert given.keys() <= declared("variable")
        assert path.stem in str(given["environment"])
        for name, value in given["parameters"].items():
            parameter = known[name.strip('"')]
            text = value.strip('"')
            if parameter.get("paramType") == "ENUM":
                assert text in [option["value"] for option in parameter["enumOptions"]], name
            for pattern in parameter.get("regexes", []):
                assert re.fullmatch(pattern, text), (name, text)


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
    assert project == ["worker", "database", "models", "launcher"], "all else is on one resource"


def test_the_roles_are_those_that_are_written_down() -> None:
    told = (ROOT / "docs" / "security.md").read_text()
    roles = set(re.findall(r'"roles/([\w.]+)"', CODE))
    written = set(re.findall(r"`([a-z]+\.[a-zA-Z]+)`", told.split("## Where secrets are")[0]))
    assert roles <= written
    unused = {"monitoring.viewer"}  # of people, which are not created here
    assert written - roles <= unused


def test_what_is_scheduled_is_a_command() -> None:
    commands = {c.name or c.callback.__name__ for c in app.registered_commands if c.callback}
    scheduled = re.findall(r'args += \["(\w+)"', TEXT["scheduler.tf"])
    assert scheduled == ["requeue", "canary"]
    assert commands >= set(scheduled)
    named = _keys("system") | set(re.findall(r"merge\(local.system, \{ (\w+) =", ALL))
    assert named == set(options.VARIABLES.values()) & named, "variables that the commands read"
    assert len(named) == 5


def test_the_api_gets_settings_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    block = re.search(r'command = \["vividly"\]\n +args    = (\[.+\])', TEXT["api.tf"])
    assert block
    command, *given = json.loads(block[1])
    api = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    variables = {option.envvar: option.name for option in api.params}
    assert _keys("api_settings") <= variables.keys()
    # Origins are joined by spaces; Cloud Run names the port.
    for name, value in {"API_CORS_ORIGINS": "https://a https://b", "PORT": "8080"}.items():
        monkeypatch.setenv(name, value)
    read = api.make_context(command, given).params
    assert (read["host"], read["port"]) == ("0.0.0.0", 8080)
    assert read["cors_origin"] == ["https://a", "https://b"]


def test_the_probes_ask_paths_that_there_are() -> None:
    paths = {route.path for route in health.router.routes}  # type: ignore[attr-defined]
    assert set(re.findall(r'path = "(.+)"', TEXT["api.tf"])) == paths


def test_no_secret_is_written_down() -> None:
    assert not re.search(r"\bpassword\b", CODE)


def test_the_monitoring_files_are_there() -> None:
    for path in re.findall(r'\$\{path\.module\}/([\w./]+?)(?:/\$|")', ALL):
        assert (FOLDER / path).exists(), path
