"""`vividly preview`: pictures of scenes, from a script or a finished lesson."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from beam_pipeline.cli.app import app
from tests.support.lessons import short_script
from vividly.model.lesson import to_json

RUN = CliRunner()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.json"
    path.write_bytes(to_json(short_script()))
    return path


def test_one_picture_of_each_scene(script: Path, tmp_path: Path) -> None:
    result = RUN.invoke(app, ["preview", str(script), "--out", str(tmp_path / "seen")])
    assert result.exit_code == 0, result.output
    pictures = sorted((tmp_path / "seen").iterdir())
    assert [path.name.split("-", 1)[0] for path in pictures] == [f"{n:02}" for n in range(1, 9)]
    assert {Image.open(path).size for path in pictures} == {(1920, 1080)}


def test_each_step_of_one_scene_upright(script: Path, tmp_path: Path) -> None:
    wanted = ["--scene", "2", "--steps", "--aspect", "9:16", "--out", str(tmp_path / "seen")]
    result = RUN.invoke(app, ["preview", str(script), *wanted])
    assert result.exit_code == 0, result.output
    pictures = sorted((tmp_path / "seen").iterdir())
    assert len(pictures) > 2
    assert {Image.open(path).size for path in pictures} == {(1080, 1920)}
    assert len({path.read_bytes() for path in pictures}) == len(pictures)


def test_several_lessons_get_a_folder_each(script: Path, tmp_path: Path) -> None:
    other = tmp_path / "0123.lesson.json"
    other.write_bytes(script.read_bytes())
    out = ("--scene", "1", "--out", str(tmp_path / "seen"))
    result = RUN.invoke(app, ["preview", str(script), str(other), *out])
    assert result.exit_code == 0, result.output
    pictures = (tmp_path / "seen").rglob("*.png")
    assert sorted(str(p.relative_to(tmp_path / "seen")) for p in pictures) == [
        "0123/01-title.png",
        "script/01-title.png",
    ]
    again = tmp_path / "again" / "script.json"
    again.parent.mkdir()
    again.write_bytes(script.read_bytes())
    assert RUN.invoke(app, ["preview", str(script), str(again), *out]).exit_code == 2


def test_a_finished_lesson_carries_its_script(tmp_path: Path) -> None:
    script = short_script()
    path = tmp_path / "lesson.json"
    lesson = {"@type": "LearningResource", "vividly:script": json.loads(to_json(script))}
    path.write_text(json.dumps(lesson), "utf-8")
    result = RUN.invoke(app, ["preview", str(path), "--scene", "1", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "01-title.png").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        ("no JSON", "neither a lesson.json nor a script"),
        ('{"@type": "LearningResource"}', "neither a lesson.json nor a script"),
        ('{"title": 3}', "neither a lesson.json nor a script"),
    ],
)
def test_what_is_no_lesson_is_refused_by_name(
    content: str | None, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "lesson.json"
    if content is not None:
        path.write_text(content, "utf-8")
    result = RUN.invoke(app, ["preview", str(path), "--out", str(tmp_path / "seen")])
    assert result.exit_code == 2
    assert told in result.output and "Traceback" not in result.output


def test_one_visual_is_drawn_from_json_or_refused_with_the_reason(tmp_path: Path) -> None:
    file, seen = tmp_path / "visual.json", tmp_path / "seen"
    file.write_text('{"kind": "triangle", "level": 4, "upright": 3, "names": ["a", "b", "c"]}')
    result = RUN.invoke(app, ["preview", "--visual", str(file), "--out", str(seen)])
    assert result.exit_code == 0, result.output
    assert [path.name for path in seen.glob("*.png")] == ["01-triangle.png"]
    file.write_text('{"kind": "triangle", "level": 40, "upright": 3, "names": ["a", "b", "c"]}')
    refused = RUN.invoke(app, ["preview", "--visual", str(file), "--out", str(seen)])
    assert refused.exit_code != 0 and "too short beside" in " ".join(refused.output.split())
    assert RUN.invoke(app, ["preview"]).exit_code == 2
