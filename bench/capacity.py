"""Measures the time of each stage, and computes workers and cost per day from it.

    python bench/capacity.py                # 12 lessons; about three minutes
    python bench/capacity.py --lessons 3
    python bench/capacity.py --kokoro-seconds 0     # without the table for Kokoro

Every lesson has a different topic, grade and interest, and is made by the stages of the jobs,
one after the other, on a database of its own. CPU seconds include child processes; the
database's are listed separately. Then other students ask for the same lessons, which measures
requests whose lesson already exists.

No model is called: its time is `--model-seconds`, and its tokens are those of the cost limit's
estimate. For a voice in the cloud the characters are counted. Kokoro is dear, so it speaks a few
seconds only; the last table is the same lessons with its cost in place of the other voice's.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import psutil

from beam_pipeline.local.postgres import EmbeddedPostgres
from vividly.execution.claiming import claim
from vividly.execution.outcomes import finish
from vividly.execution.services import Services
from vividly.execution.shared_lesson import complete, join, take
from vividly.execution.stages import SPEAK, STAGES
from vividly.execution.stages.execute import execute
from vividly.execution.stages.text import script_calls
from vividly.library.corpus import all_topics
from vividly.library.retrieval.corpus_loader import load_corpus
from vividly.model.lesson import Narration, Retrieved, Script, from_json
from vividly.model.request import Message, parse_request
from vividly.model.settings import Settings
from vividly.model.ticket import Outcome, Ticket
from vividly.platform.cost import Usage, load_prices
from vividly.platform.ledger import migrate
from vividly.platform.ledger.engine import POOL_SIZE

TEXT = ("claim", "understand", "find_lesson", "retrieve", "write_script", "join")
MEDIA = ("take", "speak", "render", "deliver", "finish")
INTERESTS = ("basketball", "music", "cooking", "space", "gaming")
REQUESTS = (1_000, 100_000, 10_000_000)
SHARED = (0.0, 0.8)
DAY_S = 86_400
PEAK = 10
"""Ratio of the busiest minute to the day's mean: students ask in class and after school."""
CPUS = 2
"""Of a worker."""
USED = 0.7
"""Share of its CPUs that a worker uses at the peak."""
T = TypeVar("T")


@dataclass
class Spent:
    """Seconds of a step, one entry for each request."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)


class Stopwatch:
    """Times calls by name."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = defaultdict(Spent)

    def run(self, name: str, call: Callable[[], T]) -> T:
        """What the call returns."""
        cpu, database = _cpu()
        began = time.perf_counter()
        result = call()
        spent = self.spent[name]
        spent.wall.append(time.perf_counter() - began)
        after, database_after = _cpu()
        spent.cpu.append(after - cpu)
        spent.database.append(database_after - database)
        return result

    def cpu(self, *names: str) -> float:
        """Mean CPU seconds of a request in these steps; none in a step that never ran."""
        return sum(statistics.mean(self.spent[name].cpu or [0.0]) for name in names)

    def wall(self, *names: str) -> float:
        """Mean seconds of a request in these steps."""
        return sum(statistics.mean(self.spent[name].wall) for name in names)


def _cpu() -> tuple[float, float]:
    """CPU seconds so far: ours with all that we started, and the database's."""
    me = psutil.Process()
    ours, database = sum(me.cpu_times()[:4]), 0.0
    for child in me.children(recursive=True):
        try:
            times = sum(child.cpu_times()[:4])
            if child.name() == "postgres":
                database += times
            else:
                ours += times
        except psutil.NoSuchProcess:
            continue
    return ours, database


def asked(number: int, student: str) -> Ticket:
    """A request for the lesson of that number."""
    topics = list(all_topics().values())
    topic = topics[number * 7 % len(topics)]
    grade = 6 + number % 7
    fields = {
        "request_id": str(uuid.uuid4()),
        "student_id": student,
        "student_query": f"Explain {topic.title}",
        "grade_level": grade,
        "interest": INTERESTS[number % len(INTERESTS)],
        "requested_modalities": ["text", "audio", "video"],
    }
    message = Message(json.dumps(fields).encode(), {})
    return Ticket(message, parse_request(message.data), attempt=0, deadline=0.0)


def make(ticket: Ticket, services: Services, watch: Stopwatch) -> Ticket | None:
    """Run a request to its end, as the job does; None if it gets no lesson."""
    claimed = watch.run("claim", lambda: claim(ticket, services))
    assert isinstance(claimed, Ticket)
    current = claimed
    for name, stage in STAGES.items():
        if name == SPEAK.name:
            work = _join(current, services, watch)
            if work.lesson == "":
                return work
            current = work
        after = watch.run(name, lambda s=stage, t=current: execute(s, t, services))  # type: ignore[misc]
        if not isinstance(after, Ticket):
            return None
        current = after
    assert watch.run("finish", lambda: complete(current, services)), "it had ended before"
    services.lesson_heartbeat.stop_renewing(current)
    return current


def _join(ticket: Ticket, services: Services, watch: Stopwatch) -> Ticket:
    """The ticket of the work on the request's lesson; its own, ended, if the lesson is made."""
    joined = watch.run("join", lambda: join(ticket, services))
    if joined.served is not None:
        done = Outcome(joined.served, "completed", details=json.dumps(dict(joined.urls)))
        assert watch.run("finish", lambda: finish(done, services)), "it had ended before"
        return joined.served
    assert joined.token is not None, "nobody else asks for lessons"
    token = joined.token
    taken = watch.run("take", lambda: take(token, services))
    assert taken is not None, "nobody else takes lessons"
    return taken


def bills(ticket: Ticket, services: Services, settings: Settings) -> tuple[float, float, float]:
    """US dollars of the script's model and of a Google voice, and seconds of the lesson."""
    prices = load_prices(None)
    read = services.temp.read

    def result(stage: str, kind: type[T]) -> T:
        return from_json(kind, read(ticket.results[stage]))

    script = prices.cost(script_calls(result("retrieve", Retrieved), settings, 1))
    said = sum(len(line.say) for _, _, line in result("write_script", Script).lines())
    voice = prices.cost([Usage("google-tts/neural2", "characters", said)])
    return script, voice, result("speak", Narration).duration


def print_stages(watch: Stopwatch, again: Stopwatch) -> None:
    """The table of stages."""
    print("| step | wall s | CPU s | database CPU s | found made: CPU s |\n|---|---|---|---|---|")
    for name in (*TEXT, *MEDIA):
        spent = watch.spent[name]
        print(
            f"| {name} | {statistics.mean(spent.wall):.2f} | {statistics.mean(spent.cpu):.2f} | "
            f"{statistics.mean(spent.database):.3f} | {again.cpu(name):.2f} |"
        )


def print_capacity(
    watch: Stopwatch, again: Stopwatch, cost: float, settings: Settings, model_s: float
) -> None:
    """The table of workers, connections and money."""
    worker_s = load_prices(None).price("worker", "seconds")
    print(
        "| requests a day | found made | at the peak | text workers | media workers | "
        "connections | USD a day: models and voices | workers' CPU |\n" + "|---" * 8 + "|"
    )
    for requests, shared in itertools.product(REQUESTS, SHARED):
        peak = requests / DAY_S * PEAK

        def mean(*names: str, shared: float = shared) -> float:
            return (1 - shared) * watch.cpu(*names) + shared * again.cpu(*names)

        busy = (1 - shared) * model_s + watch.wall(*TEXT)
        text = max(peak * busy / settings.stage_concurrency, peak * mean(*TEXT) / (CPUS * USED))
        media = peak * mean(*MEDIA) / (CPUS * USED)
        workers = max(1, math.ceil(text)), max(1, math.ceil(media))
        bought = requests * (1 - shared) * cost
        computed = requests * mean(*TEXT, *MEDIA) * worker_s
        print(
            f"| {requests:,} | {shared:.0%} | {peak:,.2f}/s | {workers[0]:,} | {workers[1]:,} | "
            f"{sum(workers) * POOL_SIZE:,} | {bought:,.0f} | {computed:,.1f} |"
        )


def kokoro_cpu(seconds: float) -> float:
    """CPU seconds that Kokoro takes for a second of sound, measured on so many seconds."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.speech", "--of", "kokoro/em_alex/es-MX",
         "--seconds", str(seconds)],
        cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    cpu: float = json.loads(done.stdout)["cpu"]
    return cpu


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lessons", type=int, default=12)
    parser.add_argument("--model-seconds", type=float, default=20.0)
    parser.add_argument("--speech-provider", default="hibari")
    parser.add_argument("--kokoro-seconds", type=float, default=15.0, help="of its sound")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vividly-capacity-") as home:
        folder = Path(home)
        folder.chmod(0o755)  # the server runs as another user where we are root
        server = EmbeddedPostgres(folder / "postgres")
        settings = Settings(server.start(), str(folder / "made"), str(folder / "temp"))
        settings = replace(settings, speech_provider=given.speech_provider)
        for bucket in ("made", "temp"):
            (folder / bucket).mkdir()
        services = Services(settings)
        try:
            measure(services, settings, given)
        finally:
            services.engine.dispose()
            server.stop()


def measure(services: Services, settings: Settings, given: argparse.Namespace) -> None:
    """Make the lessons, and print the measurements."""
    lessons, model_s = given.lessons, given.model_seconds
    migrate(services.engine)
    load_corpus(services.engine)
    services.index_library()
    make(
        asked(lessons, "student-0"), services, Stopwatch()
    )  # warm-up: load everything and make one lesson
    watch, again = Stopwatch(), Stopwatch()
    made = [make(asked(n, "student-1"), services, watch) for n in range(lessons)]
    done = [ticket for ticket in made if ticket]
    for number in range(lessons):
        make(asked(number, "student-2"), services, again)
    found = [bills(ticket, services, settings) for ticket in done]
    script, voice, seconds = (statistics.mean(column) for column in zip(*found, strict=True))
    print(f"{len(done)} lessons of {seconds:.0f} s; {psutil.cpu_count()} CPUs\n")
    print_stages(watch, again)
    print(f"\nA lesson: {script:.3f} USD of {settings.script_model}, {voice:.3f} of a voice\n")
    print_capacity(watch, again, script + voice, settings, model_s)
    if given.kokoro_seconds:
        dear = kokoro_cpu(given.kokoro_seconds)
        watch.spent["speak"].cpu = [dear * seconds]
        print(f"\nSpoken by Kokoro, at {dear:.2f} CPU seconds for a second of sound:\n")
        print_capacity(watch, again, script, settings, model_s)


if __name__ == "__main__":
    main()
