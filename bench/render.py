"""Measures the rendering of a three-minute lesson: ours, with MoviePy, and the encoder's limit.

    python bench/render.py                 # three rounds, interleaved; about 15 minutes
    python bench/render.py --rounds 5 --pairs --long --quality
    python bench/render.py --quick         # a short lesson, once: to check that it works

Every method runs in a fresh process, one after the other, round after round, so that other load
on the machine affects all of them. The clock starts when everything is imported and
loaded; for `cold`, when the process starts; `warm` has rendered another lesson before. `moving` is
the same words with three diagrams that move, rendered like `warm`; `still` is that lesson with
`motion=False`. Results marked (x) are extrapolated from a part. Memory is the resident set summed
over the processes, sampled 20 times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from vividly.lesson.scripting.shipped import shipped_script
from vividly.lesson.speech import make_synthesizer
from vividly.lesson.speech.narrate import narrate, wav_bytes
from vividly.library.corpus import all_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.lesson import (
    Line,
    Narration,
    Scene,
    Script,
    SpokenLine,
    Word,
    from_json,
    to_json,
)
from vividly.model.settings import Settings

TOPIC = "newtons-second-law"
SECONDS = 180.0
AIMS = "aims: warm 6 s, cold 8 s, 10 CPU s, 1.5 x the limit, 512 MiB, VMAF 97, 15 MB"
MOVING = ("wave", "circuit", "reaction")
"""The diagrams of the lesson with motion."""
STRETCHED = ("moviepy", "naive")
"""Methods that render only a part."""


def write_lesson(folder: Path, *, quick: bool) -> Narration:
    """A lesson of about twelve scenes and 180 seconds, spoken by the offline voice."""
    script = shipped_script(TOPIC, grade_level=10, interest="soccer")
    topic = all_topics()[TOPIC]
    passages = {p.key.rsplit("/", 1)[-1]: p for p in topic_passages(topic)}
    scenes = [script.scenes[0]]
    for section in topic.sections:
        sentences = [s for s in passages[section.id].sentences if s.from_grade == 1]
        lines = tuple(Line(s.say, s.show, (), s.part) for s in sentences)
        kind = section.visual.kind if section.visual else "explanation"
        scenes.append(Scene(kind, section.heading, lines, visual=section.visual))
    wrong = topic.misconception
    told = (wrong.belief, *wrong.correction)
    scenes.append(
        Scene("misconception", "A common mix-up", tuple(Line(s.say, s.show) for s in told))
    )
    scenes += [s for s in script.scenes if s.kind in ("worked_example", "takeaways", "check")]
    scenes += [s for s in script.scenes if s.kind in ("answer", "sources")]
    chosen = scenes[:3] if quick else scenes
    script = replace(script, scenes=tuple(chosen))
    voice = make_synthesizer(Settings("", "", ""), "en-US")
    voiced = narrate(script, voice)
    while not quick and voiced.duration > SECONDS:
        longest = max(
            (s for s in script.scenes if s.explains and len(s.lines) > 1),
            key=lambda scene: sum(len(line.say) for line in scene.lines),
        )
        shorter = replace(longest, lines=longest.lines[:-1])
        script = replace(
            script, scenes=tuple(shorter if s is longest else s for s in script.scenes)
        )
        voiced = narrate(script, voice)
    samples = voiced.samples
    if not quick:
        missing = round(SECONDS * voiced.sample_rate) - len(samples)
        samples = np.concatenate([samples, np.zeros(missing, np.int16)])
    narration = Narration(
        "narration.wav",
        voiced.sample_rate,
        len(samples) / voiced.sample_rate,
        voiced.scene_starts,
        voiced.lines,
        voice.identity,
    )
    _write(folder, script, narration, samples)
    return narration


def write_moving_lesson(folder: Path, into: Path) -> None:
    """The same words with diagrams that move in three of the scenes."""
    script = from_json(Script, (folder / "script.json").read_bytes())
    narration = from_json(Narration, (folder / "narration.json").read_bytes())
    into.mkdir(parents=True, exist_ok=True)
    (into / "narration.wav").write_bytes((folder / "narration.wav").read_bytes())
    scenes = list(script.scenes)
    long = sorted(
        (at for at, scene in enumerate(scenes) if scene.explains),
        key=lambda at: -sum(len(line.say) for line in scenes[at].lines),
    )
    for at, kind in zip(long, MOVING, strict=False):
        visual = import_module(f"vividly.model.visuals.{kind}").EXAMPLE
        lines = scenes[at].lines
        parts = [1 + n * visual.part_count // len(lines) for n in range(len(lines) - 1)]
        told = (
            replace(line, part=part)
            for line, part in zip(lines, [*parts, visual.part_count], strict=True)
        )
        scenes[at] = replace(scenes[at], kind=kind, visual=visual, lines=tuple(told))
    (into / "script.json").write_bytes(to_json(replace(script, scenes=tuple(scenes))))
    (into / "narration.json").write_bytes(to_json(narration))


def stretch_lesson(folder: Path, into: Path, factor: float) -> None:
    """The same lesson with every time multiplied: as many pictures over a longer time."""
    script = from_json(Script, (folder / "script.json").read_bytes())
    narration = from_json(Narration, (folder / "narration.json").read_bytes())

    def times(value: float) -> float:
        return value * factor

    lines = tuple(
        SpokenLine(
            line.scene,
            line.line,
            times(line.start),
            times(line.end),
            tuple(Word(w.text, times(w.start), times(w.end)) for w in line.words),
        )
        for line in narration.lines
    )
    rate = narration.sample_rate
    samples = np.zeros(round(narration.duration * factor * rate), np.int16)
    longer = replace(
        narration,
        duration=len(samples) / rate,
        scene_starts=tuple(map(times, narration.scene_starts)),
        lines=lines,
    )
    _write(into, script, longer, samples)


def _write(folder: Path, script: Script, narration: Narration, samples: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "script.json").write_bytes(to_json(script))
    (folder / "narration.json").write_bytes(to_json(narration))
    (folder / "narration.wav").write_bytes(wav_bytes(samples, narration.sample_rate))


class Runner:
    """Runs a method in a process and samples its memory."""

    def __init__(self, way: str, folder: Path) -> None:
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "render_ways.py"), way, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            raise SystemExit(f"{way} did not start")
        self._peak = 0.0
        self._watch = threading.Thread(target=self._sample, daemon=True)
        self._watch.start()

    def go(self) -> None:
        """Start the clock."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def result(self) -> dict[str, Any]:
        """Measurements; `mib` is the peak of the summed resident sets."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        ended = time.monotonic()
        self._process.wait()
        self._watch.join()
        if not line:
            raise SystemExit("a way ended without a result")
        return {**json.loads(line), "mib": self._peak, "cold": ended - self.started}

    def _sample(self) -> None:
        while self._process.poll() is None:
            self._peak = max(self._peak, _resident_mib(self._process.pid))
            time.sleep(0.05)


def _resident_mib(root: int) -> float:
    total, pids = 0, [root]
    while pids:
        pid = pids.pop()
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            for task in Path(f"/proc/{pid}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):
            continue
        total += next(
            (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0
        )
    return total / 1024


def run(way: str, folder: Path) -> dict[str, Any]:
    """Run one method once, alone."""
    runner = Runner(way, folder)
    runner.go()
    return runner.result()


def quality(video: Path, reference: Path) -> str:
    """SSIM and VMAF of three frames a second against a lossless render."""
    import imageio_ffmpeg

    graph = "[0]fps=3[a];[1]fps=3[b];[a][b]libvmaf=feature=name=float_ssim:n_threads=2"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "vmaf.json"
        done = subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(video), "-i",
             str(reference), "-lavfi", f"{graph}:log_fmt=json:log_path={log}", "-f", "null", "-"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            return f"not measured: {done.stderr.strip().splitlines()[-1]}"
        pooled = json.loads(log.read_text())["pooled_metrics"]
    return f"VMAF {pooled['vmaf']['mean']:.1f}, SSIM {pooled['float_ssim']['mean']:.4f}"


def table(runs: dict[str, list[dict[str, Any]]], duration: float) -> str:
    """The rounds as a table in Markdown."""
    base_wall = statistics.median(r["wall"] for r in runs["limit"])
    base_cpu = statistics.median(r["cpu"] for r in runs["limit"])
    rows = ["| way | wall s | x real time | CPU s | wall / limit | CPU / limit | MiB | MB |",
            "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for way, found in runs.items():
        scale = duration / found[0]["seconds"] if way in STRETCHED else 1.0
        walls = [r["wall"] * scale for r in found]
        cpu = statistics.median(r["cpu"] for r in found) * scale
        wall = statistics.median(walls)
        name = f"{way} (x)" if way in STRETCHED else way
        rows.append(
            f"| {name} | {wall:.1f} [{min(walls):.1f}-{max(walls):.1f}] | {duration / wall:.1f} | "
            f"{cpu:.1f} | {wall / base_wall:.2f} | {cpu / base_cpu:.2f} | "
            f"{max(r['mib'] for r in found):.0f} | {found[0]['bytes'] * scale / 1e6:.1f} |"
        )
    rows.append("")
    if cold := [r["cold"] for r in runs.get("ours", ())]:
        spread = f"[{min(cold):.1f}-{max(cold):.1f}]"
        rows.append(
            f"ours from the start of its process, cold: {statistics.median(cold):.1f} s {spread}"
        )
    rows.append(AIMS)
    return "\n".join(rows)


def pairs(folder: Path) -> str:
    """Time of two lessons at once, relative to one."""
    one = run("ours", folder)["wall"]
    other = folder.parent / "twin"
    other.mkdir(exist_ok=True)
    for name in ("script.json", "narration.json", "narration.wav"):
        (other / name).write_bytes((folder / name).read_bytes())
    both = [Runner("ours", folder), Runner("ours", other)]
    started = time.monotonic()
    for runner in both:
        runner.go()
    for runner in both:
        runner.result()
    wall = time.monotonic() - started
    return f"two lessons at once: {wall:.1f} s, {wall / one:.2f} x one ({one:.1f} s)"


def long_lesson(folder: Path, minutes: float, duration: float) -> str:
    """CPU time of the pictures of a longer lesson with as many states."""
    longer = folder.parent / "long"
    stretch_lesson(folder, longer, minutes * 60 / duration)
    short, long = (
        statistics.median(run("pictures", each)["cpu"] for _ in range(3))
        for each in (folder, longer)
    )
    return (
        f"pictures of {minutes:.0f} minutes with as many states: {long:.1f} CPU s, "
        f"{long / short:.2f} x those of {duration / 60:.0f} minutes ({short:.1f})"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a short lesson, once")
    parser.add_argument("--pairs", action="store_true", help="two lessons at once, too")
    parser.add_argument("--long", type=float, default=0, metavar="MINUTES", help="a long one, too")
    parser.add_argument("--quality", action="store_true", help="SSIM and VMAF, too")
    parser.add_argument("--ways", default="limit,warm,ours,still,moving,moviepy,naive")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-render-") as name:
        folder = Path(name) / "lesson"
        narration = write_lesson(folder, quick=chosen.quick)
        write_lesson(folder.parent / "other", quick=True)
        write_moving_lesson(folder, folder.parent / "moving")
        ways = chosen.ways.split(",")
        runs: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
        for _ in range(1 if chosen.quick else chosen.rounds):
            for way in ways:
                runs[way].append(run(way, folder))
        script_scenes = len(narration.scene_starts)
        print(f"{narration.duration:.1f} s of video, {script_scenes} scenes, 1920 x 1080, 30 fps\n")
        print(table(runs, narration.duration))
        if chosen.quality:
            lossless = Path(run("lossless", folder)["path"])
            print("ours against lossless:", quality(Path(runs["ours"][0]["path"]), lossless))
        if chosen.pairs:
            print(pairs(folder))
        if chosen.long:
            print(long_lesson(folder, chosen.long, narration.duration))


if __name__ == "__main__":
    main()
