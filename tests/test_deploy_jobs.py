"""Launch, update, rollback and drain, against Dataflow, Cloud Storage and the registry on loopback.

The clients are the real ones. Dataflow's side runs no launcher here (a job runs from the second
look on); `test_deploy_end_to_end.py` runs the real one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from beam_pipeline.deploy.said import PROFILER
from beam_pipeline.deploy.templates import steps_of_checkout
from tests.support.dataflow_server import Refused
from tests.support.deployment import BUCKET, IMAGE, Deployment, project

GEMINI = "script_provider=gemini;vertex_project=school-project;speech_provider=google,hibari"


@pytest.fixture(scope="module")
def servers() -> Iterator[Deployment]:
    with project() as made:
        yield made


@pytest.fixture
def school(servers: Deployment) -> Deployment:
    servers.clear()
    servers.release("t1")
    servers.release("t2")
    return servers


PROD = {"TAG": "t1", "ENVIRONMENT": "prod", "MAX_WORKERS": "7", "PARAMETERS": GEMINI}


@pytest.fixture
def both(school: Deployment) -> Deployment:
    """The project with t1 in production, as text and media."""
    school.good("launch", **PROD)
    return school


@pytest.fixture
def prod(school: Deployment) -> Deployment:
    """The project with t1 in production, text alone."""
    school.good("launch", STAGES="text", **PROD)
    return school


def sent(school: Deployment, job: str = "vividly-text") -> dict[str, Any]:
    """The last request to launch a job, without the values that identify the launch."""
    found = [one for one in school.dataflow.launched if one["jobName"] == job][-1]
    environment = dict(found["environment"])
    labels = dict(environment.pop("additionalUserLabels"))
    labels.pop("launch")
    return {
        "labels": labels,
        "environment": environment,
        "parameters": found["parameters"],
        "update": bool(found.get("update")),
    }


# -- launch -----------------------------------------------------------------------------------


def test_a_launch_is_what_was_said(both: Deployment) -> None:
    image = f"{IMAGE}@{both.images.tags['t1']}"
    for job, source in (("text", "input_subscription"), ("media", "media_subscription")):
        request = sent(both, f"vividly-{job}")
        assert not request["update"]
        parameters = request["parameters"]
        assert parameters["environment"] == "prod"
        assert parameters["stages"] == job
        assert parameters["sdk_container_image"] == image
        assert parameters["script_provider"] == "gemini"
        assert parameters["speech_provider"] == "google,hibari"
        assert parameters["database_url"].startswith("projects/school/secrets/")
        assert source in parameters
        environment = request["environment"]
        assert environment["maxWorkers"] == 7
        assert environment["ipConfiguration"] in (2, "WORKER_IP_PRIVATE")
        # One process per worker: connections are counted this way, here and in Terraform.
        assert environment["additionalExperiments"] == ["no_use_multiple_sdk_containers"]
        account = f"vividly-{job}@school.iam.gserviceaccount.com"
        assert environment["serviceAccountEmail"] == account


def test_the_job_says_what_it_is(prod: Deployment) -> None:
    labels = prod.dataflow.running("vividly-text")["labels"]
    record = prod.newest()
    assert labels == {
        "service": "vividly",
        "environment": "prod",
        "stages": "text",
        "tag": "t1",
        "digest": prod.images.tags["t1"].replace(":", "-")[:63],
        "launch": record.id,
    }
    for value in labels.values():
        assert re.fullmatch(r"[a-z0-9_-]{1,63}", value)


def test_a_launch_is_recorded(both: Deployment) -> None:
    record = both.newest()
    running = both.dataflow.running("vividly-text")
    assert record.job_id == running["id"]
    assert (record.job, record.stages, record.action) == ("vividly-text", "text", "launch")
    assert (record.project, record.region, record.environment) == ("school", "us-central1", "prod")
    assert (record.tag, record.image) == ("t1", f"{IMAGE}@{both.images.tags['t1']}")
    assert record.parameters["script_provider"] == "gemini"
    assert record.runtime["max_workers"] == 7
    assert record.steps is not None
    assert "Claim/ClaimRequest" in record.steps
    assert record.by
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record.at)
    assert (record.before, record.restores) == ("", "")
    assert both.newest("vividly-media").id == record.id, "launched together"


def test_the_job_is_launched_from_a_template_that_nobody_writes_again(prod: Deployment) -> None:
    at = prod.dataflow.launched[0]["containerSpecGcsPath"]
    assert at == prod.newest().template
    spec = json.loads(prod.bucket.read(at.removeprefix(f"gs://{BUCKET}/")))
    assert spec["image"] == f"{IMAGE}@{prod.images.tags['t1']}"
    prod.release("t1", content="something else")
    assert json.loads(prod.bucket.read(at.removeprefix(f"gs://{BUCKET}/"))) == spec


def test_a_job_that_runs_is_not_launched_again(prod: Deployment) -> None:
    told = prod.bad("launch", TAG="t2", ENVIRONMENT="prod")
    assert "vividly-text already exists (running" in told
    assert "make update PROJECT=school" in told


def test_an_environment_is_not_changed_by_saying_nothing(prod: Deployment) -> None:
    prod.end()
    told = prod.bad("launch", TAG="t1", STAGES="text")
    assert "vividly-text was last launched in prod" in told
    assert "set ENVIRONMENT" in told


@pytest.mark.parametrize("what", ["launch", "update"])
def test_an_unknown_tag_is_an_error(school: Deployment, what: str) -> None:
    if what == "update":
        school.good("launch", TAG="t1")
    told = school.bad(what, TAG="t9")
    assert f"TAG=t9 is unknown: there is no gs://{BUCKET}/templates/vividly-t9.json" in told
    assert "there are: t1, t2" in told
    assert "make image template TAG=t9" in told


def test_a_template_without_its_image_is_an_error(school: Deployment) -> None:
    del school.images.tags["t1"]
    assert f"there is no image {IMAGE}:t1" in school.bad("launch", TAG="t1")


def test_a_tag_that_was_moved_is_an_error(school: Deployment) -> None:
    school.images.push("t1", content="pushed again, and no template made")
    assert "TAG=t1 was moved" in school.bad("launch", TAG="t1")


def test_a_template_that_names_a_tag_is_pinned(school: Deployment) -> None:
    """As `gcloud dataflow flex-template build --image=...:t1` makes them."""
    name = "templates/vividly-t1.json"
    spec = json.loads(school.bucket.read(name)) | {"image": f"{IMAGE}:t1"}
    school.bucket.write(name, json.dumps(spec).encode(), "application/json")
    school.good("launch", TAG="t1")
    assert school.newest().image == f"{IMAGE}@{school.images.tags['t1']}"


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ("script_provder=gemini", "script_provder is no parameter of this version: do you mean"),
        ("script_provider=gpt", "script_provider: choose offline, gemini"),
        ("max_attempts=many", "max_attempts: the value is not of the form"),
        ("database_url=", "database_url is missing"),
    ],
)
def test_parameters_are_looked_at_before(school: Deployment, parameters: str, told: str) -> None:
    assert told in school.bad("launch", TAG="t1", PARAMETERS=parameters)


def test_a_database_url_is_not_repeated(school: Deployment) -> None:
    given = "database_url=postgresql://u:hunter2@host/db"
    done = school.make("launch", TAG="t1", PARAMETERS=given)
    assert done.code == 2
    assert "database_url: the value is not of the form" in done.err
    assert "hunter2" not in done.out + done.err


# -- update -----------------------------------------------------------------------------------


def test_an_update_changes_only_what_is_said(both: Deployment) -> None:
    before = {job: sent(both, job) for job in ("vividly-text", "vividly-media")}
    out = both.good("update", TAG="t2")
    assert "- tag=t1" in out and "+ tag=t2" in out
    for job, was in before.items():
        now = sent(both, job)
        assert now["update"]
        assert now["environment"] == was["environment"]
        image = f"{IMAGE}@{both.images.tags['t2']}"
        assert now["parameters"] == was["parameters"] | {"sdk_container_image": image}
        assert now["labels"]["environment"] == "prod"
        assert both.newest(job).before == both.records.ids(job)[1]


def test_an_update_shows_the_difference_one_parameter_a_line(prod: Deployment) -> None:
    said = {"MAX_WORKERS": "9", "PARAMETERS": "script_provider=;max_attempts=3"}
    out = prod.good("update", **said)
    changed = [line.strip() for line in out.splitlines() if line.startswith(("  - ", "  + "))]
    assert changed == [
        "- max_workers=7",
        "+ max_workers=9",
        "- max_attempts=5 (default)",
        "+ max_attempts=3",
        "- script_provider=gemini",
        "+ script_provider=offline (default)",
    ]
    assert "script_provider" not in sent(prod)["parameters"]
    assert sent(prod)["parameters"]["max_attempts"] == "3"
    assert prod.newest().image == f"{IMAGE}@{prod.images.tags['t1']}"


def test_an_update_keeps_the_image_though_its_tag_was_moved(prod: Deployment) -> None:
    image = prod.newest().image
    prod.release("t1", content="something else")
    prod.good("update", MAX_WORKERS="3")
    assert prod.newest().image == image


def test_the_profiler_is_switched_on_and_off(prod: Deployment) -> None:
    one_process = "no_use_multiple_sdk_containers"
    assert PROFILER not in sent(prod)["environment"]["additionalExperiments"]
    prod.good("update", PROFILER="1")
    assert {one_process, PROFILER} <= set(sent(prod)["environment"]["additionalExperiments"])
    prod.good("update", MAX_WORKERS="3")
    assert PROFILER in sent(prod)["environment"]["additionalExperiments"], "it stays as it is"
    prod.good("update", PROFILER="0")
    left = sent(prod)["environment"]["additionalExperiments"]
    assert one_process in left
    assert PROFILER not in left


def test_an_update_of_nothing_is_an_error(prod: Deployment) -> None:
    assert "there is nothing to update" in prod.bad("update")


def test_what_runs_so_already_stays(both: Deployment) -> None:
    out = both.good("update", TAG="t1")
    assert out.count("is up to date") == 2
    assert len(both.dataflow.launched) == 2


@pytest.mark.parametrize("what", ["update", "rollback", "drain"])
def test_another_environment_is_refused(prod: Deployment, what: str) -> None:
    prod.good("update", TAG="t2")
    more = {"TAG": "t1"} if what == "update" else {"YES": "1"}
    told = prod.bad(what, ENVIRONMENT="dev", **more)
    assert "vividly-text runs in prod, but ENVIRONMENT=dev was given" in told
    assert prod.dataflow.requested == []


def test_where_no_job_runs_the_error_says_what_to_do(both: Deployment) -> None:
    was = sent(both)
    both.end("vividly-text")
    both.end("vividly-media")
    told = both.bad("update", TAG="t2")
    assert "no job vividly-* runs in school, us-central1" in told
    found = re.search(r"make launch PROJECT=school STAGES=text LAUNCH=(\S+)", told)
    assert found
    both.good("launch", STAGES="text", LAUNCH=found[1])
    assert sent(both) == was, "nothing had to be said again"


def test_a_job_that_is_just_starting_is_not_updated(prod: Deployment) -> None:
    prod.dataflow.running("vividly-text")["currentState"] = "JOB_STATE_PENDING"
    assert "vividly-text is being changed just now" in prod.bad("update", TAG="t2")


# -- without a record -------------------------------------------------------------------------


def forget(school: Deployment) -> None:
    for name in school.bucket.sizes("launches/"):
        school.bucket.delete(name)


def test_where_the_record_is_lost_the_job_itself_says_what_it_is(prod: Deployment) -> None:
    before = sent(prod)
    forget(prod)
    prod.dataflow.running("vividly-text")["labels"].pop("tag")
    out = prod.good("update", TAG="t2")
    assert "this launch has no record" in out
    assert "- tag=t1" in out, "by its image"
    now = sent(prod)
    image = f"{IMAGE}@{prod.images.tags['t2']}"
    assert now["parameters"] == before["parameters"] | {"sdk_container_image": image}
    assert now["environment"] == before["environment"]


def test_what_was_not_on_record_can_be_gone_back_to(prod: Deployment) -> None:
    before = sent(prod)
    forget(prod)
    prod.good("update", TAG="t2", MAX_WORKERS="1")
    prod.good("rollback", YES="1")
    now = sent(prod)
    assert now == before | {"update": True}


def test_a_job_of_another_hand_keeps_what_it_has(prod: Deployment) -> None:
    """One that has no labels of ours, and whose image is named by a tag; and by Terraform."""
    before = sent(prod)
    forget(prod)
    running = prod.dataflow.running("vividly-text")
    running["labels"] = {"team": "science", "goog-terraform-provisioned": "true"}
    options = running["environment"]["sdkPipelineOptions"]["options"]
    options["sdk_container_image"] = f"{IMAGE}:t1"
    options["machine_type"] = "n2-standard-4"
    out = prod.good("update", MAX_WORKERS="3")
    assert "Terraform launched this job" in out
    now = sent(prod)
    assert now["parameters"] == before["parameters"], "pinned, and else as it was"
    assert now["environment"] == before["environment"] | {
        "machineType": "n2-standard-4",
        "maxWorkers": 3,
    }
    assert now["labels"] == before["labels"] | {"team": "science"}


def test_without_record_and_description_the_error_says_what_to_do(prod: Deployment) -> None:
    forget(prod)
    running = prod.dataflow.running("vividly-text")
    running["labels"], running["environment"] = {}, {}
    told = prod.bad("update", TAG="t2")
    assert "drain it, and launch it" in told
    assert "has no record, and its description lacks the parameters" in told
    prod.good("drain")


def test_without_a_record_the_image_is_not_guessed(prod: Deployment) -> None:
    forget(prod)
    prod.release("t1", content="something else")
    told = prod.bad("update", MAX_WORKERS="3")
    assert "the running image has no template" in told and "give a version, TAG=" in told
    assert "A rollback will not find the running launch" in prod.good("update", TAG="t2")
    assert "there is no record of launch" in prod.bad("rollback", YES="1")


# -- rollback ---------------------------------------------------------------------------------


def test_a_rollback_goes_back_to_what_ran_before(both: Deployment) -> None:
    before = {job: sent(both, job) for job in ("vividly-text", "vividly-media")}
    first = both.newest().id
    both.good("update", TAG="t2", MAX_WORKERS="9", PARAMETERS="script_provider=")
    second = both.newest().id
    out = both.good("rollback", YES="1")
    for job, was in before.items():
        assert sent(both, job) == was | {"update": True}
    shown = out[: out.index("under way")]
    assert f"back to  {first}: t1, prod, launch by" in shown
    for line in ("- tag=t2", "+ tag=t1", "- max_workers=9", "+ script_provider=gemini"):
        assert shown.count(line) == 2
    record = both.newest()
    assert (record.action, record.restores, record.before) == ("rollback", first, second)


def test_a_second_rollback_goes_further_back(prod: Deployment) -> None:
    prod.good("update", TAG="t2")
    prod.release("t3")
    prod.good("update", TAG="t3")
    ids = prod.records.ids("vividly-text")
    assert f"back to  {ids[1]}: t2, prod, update by" in prod.good("rollback", YES="1")
    out = prod.good("rollback", YES="1")
    assert f"t2, prod, rollback to {ids[1]} by" in out
    assert f"back to  {ids[2]}: t1, prod, launch by" in out
    assert prod.newest().tag == "t1"
    assert "nothing to go back to" in prod.bad("rollback", YES="1")
    # And forward again, by its id.
    prod.good("rollback", YES="1", LAUNCH=ids[0])
    assert prod.newest().tag == "t3"


def test_a_rollback_undoes_what_was_launched_last(both: Deployment) -> None:
    both.good("update", TAG="t2")
    both.good("update", STAGES="text", MAX_WORKERS="1")
    out = both.good("rollback", YES="1")
    assert "vividly-media" not in out
    assert both.newest().runtime["max_workers"] == 7
    assert both.newest().tag == "t2"


def test_a_tag_that_was_moved_changes_no_rollback(prod: Deployment) -> None:
    image = prod.newest().image
    prod.good("update", TAG="t2")
    prod.release("t1", content="something else")
    prod.good("rollback", YES="1")
    assert sent(prod)["parameters"]["sdk_container_image"] == image
    at = prod.newest().template.removeprefix(f"gs://{BUCKET}/")
    assert json.loads(prod.bucket.read(at))["image"] == image


def test_an_image_that_is_gone_is_named(prod: Deployment) -> None:
    digest = prod.images.tags["t1"]
    prod.good("update", TAG="t2")
    prod.images.digests.remove(digest)
    told = prod.bad("rollback", YES="1")
    assert f"cannot be repeated: {IMAGE}@{digest} is gone" in told


def test_a_rollback_to_another_environment_is_refused(prod: Deployment) -> None:
    first = prod.newest()
    prod.good("update", TAG="t2")
    prod.records.replace(first.changed(environment="staging"))
    told = prod.bad("rollback", YES="1")
    assert f"launch {first.id} was in staging" in told


def test_a_rollback_asks(prod: Deployment) -> None:
    prod.good("update", TAG="t2")
    done = prod.make("rollback")
    assert done.code == 2
    assert "- tag=t2" in done.out, "the difference is shown first"
    assert "set YES=1" in done.err
    assert prod.newest().tag == "t2"


def test_a_rollback_takes_nothing_else(prod: Deployment) -> None:
    assert "repeats a launch unchanged: leave out TAG" in prod.bad("rollback", TAG="t1", YES="1")


def test_a_record_that_is_lost_is_named(prod: Deployment) -> None:
    prod.good("update", TAG="t2")
    forget(prod)
    told = prod.bad("rollback", YES="1")
    assert "there is no record of launch" in told
    assert "make launches" in told


# -- what Dataflow refuses --------------------------------------------------------------------


def test_an_update_that_fails_is_told_and_forgotten(prod: Deployment) -> None:
    running = prod.dataflow.running("vividly-text")["id"]
    prod.dataflow.refuses = "The new job is missing steps Claim."
    done = prod.make("update", TAG="t2")
    assert done.code == 1
    assert "failed" in done.err and "The new job is missing steps Claim." in done.err
    assert f"{running}, which ran before, is running" in " ".join(done.err.split())
    assert prod.newest().outcome == "refused"
    assert "refused" in prod.good("launches")
    prod.good("update", MAX_WORKERS="3")
    assert (prod.newest().tag, prod.newest().before) == ("t1", prod.records.ids("vividly-text")[2])


def test_a_launch_that_is_not_taken_leaves_nothing(school: Deployment) -> None:
    def gone(_: str) -> bytes:
        raise FileNotFoundError

    school.dataflow.template = gone
    told = school.bad("launch", TAG="t1", STAGES="text")
    assert "Dataflow: 400" in told and "Unable to open template file" in told
    assert not school.bucket.sizes("launches/")


def test_a_launch_that_may_have_been_taken_stays_on_record(school: Deployment) -> None:
    def away(_: str) -> bytes:
        raise Refused(503, "try again later")

    school.dataflow.template = away
    told = school.bad("launch", TAG="t1", STAGES="text")
    assert "It may have been launched nevertheless" in told
    assert school.newest().tag == "t1"


def test_steps_that_would_be_missing_are_named_before(prod: Deployment) -> None:
    steps = steps_of_checkout()["text"]
    prod.release("t3", text=[step.replace("Claim", "Take") for step in steps])
    told = prod.bad("update", TAG="t3")
    assert "Dataflow would refuse this update: t3 lacks steps of the running job (t1)" in told
    assert "- Claim" in told and "+ Take" in told
    assert "make drain PROJECT=school STAGES=text" in told
    found = re.search(r"make launch PROJECT=school STAGES=text LAUNCH=(\S+) TAG=t3", told)
    assert found
    prod.good("drain")
    assert "vividly-text already exists (draining" in prod.bad("launch", LAUNCH=found[1])
    prod.end()
    was = sent(prod)
    prod.good("launch", LAUNCH=found[1], TAG="t3")
    now = sent(prod)
    assert now["environment"] == was["environment"]
    assert now["parameters"]["script_provider"] == "gemini"
    # And back: the steps differ again.
    told = prod.bad("rollback", YES="1")
    assert "Dataflow would refuse this rollback: t1 lacks steps" in told
    found = re.search(r"make rollback PROJECT=school STAGES=text LAUNCH=(\S+)", told)
    assert found
    prod.good("drain")
    prod.end()
    out = prod.good("rollback", LAUNCH=found[1], YES="1")
    assert "as a new job, since none runs" in out
    assert sent(prod) == was


def test_after_a_launch_that_failed_a_rollback_goes_to_what_ran(prod: Deployment) -> None:
    prod.end()
    prod.dataflow.refuses = "no such subscription"
    done = prod.make("launch", TAG="t2", ENVIRONMENT="prod", STAGES="text")
    assert done.code == 1
    assert "no such subscription" in done.err
    assert prod.newest().outcome == "failed"
    prod.good("rollback", YES="1")
    assert prod.newest().tag == "t1"
    assert prod.dataflow.running("vividly-text")["labels"]["tag"] == "t1"


# -- dry runs and lists -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "said"),
    [("update", {"TAG": "t2"}), ("rollback", {}), ("drain", {}), ("launch", {"TAG": "t1"})],
)
def test_a_dry_run_changes_nothing(prod: Deployment, what: str, said: dict[str, str]) -> None:
    if what == "rollback":
        prod.good("update", TAG="t2")
    if what == "launch":
        prod.end()
        said = said | {"ENVIRONMENT": "prod", "STAGES": "text"}
    objects, jobs = prod.bucket.sizes(), json.dumps(prod.dataflow.jobs)
    before = len(prod.dataflow.launched)
    out = prod.good(what, DRY_RUN="1", **said)
    assert "Nothing was changed" in out
    assert len(prod.dataflow.launched) == before
    assert (prod.bucket.sizes(), json.dumps(prod.dataflow.jobs)) == (objects, jobs)
    if what != "drain":
        lines = out.splitlines()
        assert "    environment=prod" in lines, "what stays is listed too"
        assert max(map(len, lines)) <= 88


def test_launches_are_listed(both: Deployment) -> None:
    both.good("update", TAG="t2", STAGES="text")
    out = both.good("launches")
    text = out[out.index("vividly-text") : out.index("vividly-media")].splitlines()
    assert re.match(r"\* \d{8}-\d{6}  prod  t2  update  \S+  running", text[1])
    assert re.match(r"  \d{8}-\d{6}  prod  t1  launch  \S+$", text[2])


def test_a_drain_ends_the_running_jobs(both: Deployment) -> None:
    out = both.good("drain")
    assert out.count("(prod, t1)") == 2
    assert both.dataflow.requested == ["JOB_STATE_DRAINING"] * 2
    assert "is draining" in both.bad("drain")
