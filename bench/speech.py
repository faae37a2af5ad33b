"""Measures what the offline voices cost: CPU seconds for a second of sound, load time, memory.

    python -m bench.speech                  # about six minutes; most of it is Kokoro
    python -m bench.speech --seconds 5      # less sound of each voice

Every voice runs in a process of its own. It speaks lines of the lessons one after the other, which
gives its CPU seconds, and then again as a lesson is spoken, on as many cores as it asks for.
Memory is the largest resident set of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time

from bench.report import AIMS, aim, say, table

VOICES = (
    ("hibari", "heart", "en-US"),
    ("espeak", "", "en-US"),
    ("espeak", "", "es-MX"),
    ("kokoro", "am_michael", "en-US"),
    ("kokoro", "em_alex", "es-MX"),
)
LESSON_S = 170.0
COLUMNS = (
    "voice", "language", "load, CPU s", "CPU s for a second of sound", "at once",
    "wall s for 170 s of sound", "MiB", "words a minute",
)  # fmt: skip


def measure(provider: str, voice: str, language: str, seconds: float) -> dict[str, float]:
    """Measure one voice in this process."""
    from vividly.lesson.speech import make_synthesizer
    from vividly.lesson.speech.narrate import narrate
    from vividly.library.corpus import load_topics
    from vividly.model.lesson import Line, Scene, Script
    from vividly.model.settings import Settings

    topics = load_topics(language)
    lines = [
        sentence.say
        for topic in sorted(topics)[::7]
        for section in topics[topic].sections
        for sentence in section.sentences
    ]
    settings = Settings("", "", "", speech_provider=provider, speech_voice=voice)
    began = _cpu()
    synthesizer = make_synthesizer(settings, language)
    synthesizer.synthesize(lines[0])
    loaded, began = _cpu() - began, _cpu()
    spoken, words, at = 0.0, 0, 0
    while spoken < seconds:
        at += 1
        spoken += synthesizer.synthesize(lines[at % len(lines)]).duration
        words += len(lines[at % len(lines)].split())
    cpu, wall = (_cpu() - began) / spoken, time.monotonic()
    said = tuple(Line(lines[n % len(lines)]) for n in range(1, at + 1))
    scene = Scene("explanation", "", said)
    narrate(Script("", "", "", 8, language, "", (scene,), (), ""), synthesizer)
    wall = (time.monotonic() - wall) / spoken
    peak = sum(resource.getrusage(who).ru_maxrss for who in _WHO) / 1024
    return {
        "load": loaded, "cpu": cpu, "at_once": synthesizer.at_once, "wall": wall * LESSON_S,
        "mib": peak, "pace": words / (spoken + 0.45 * at) * 60,
    }  # fmt: skip


_WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in _WHO]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Measure all voices and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="of sound of each voice")
    parser.add_argument("--of", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.of:
        provider, voice, language = given.of.split("/")
        print(json.dumps(measure(provider, voice, language, given.seconds)))
        return
    rows, slowest = [], 0.0
    for provider, voice, language in VOICES:
        say(f"{provider} {language}")
        of = f"{provider}/{voice}/{language}"
        done = subprocess.run(
            [sys.executable, "-m", "bench.speech", "--of", of, "--seconds", str(given.seconds)],
            stdout=subprocess.PIPE,
            check=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        one = json.loads(done.stdout)
        slowest = max(slowest, one["wall"])
        rows.append(
            (f"{provider} {voice}".strip(), language, one["load"], one["cpu"], one["at_once"],
             one["wall"], round(one["mib"]), round(one["pace"]))
        )  # fmt: skip
    print("Load time is with the first line. The last two columns are of a lesson's lines.\n")
    print(table(COLUMNS, rows))
    print()
    print(table(AIMS, [aim(f"a lesson of {LESSON_S:g} s by the slowest voice, s", slowest,
                           at_most=_limit())]))  # fmt: skip


def _limit() -> float:
    """The time limit of the stage that speaks, in seconds."""
    from vividly.model.settings import Settings

    return Settings("", "", "", speech_provider="kokoro").stage_seconds("speak")


if __name__ == "__main__":
    main()
