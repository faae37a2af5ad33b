"""A model for `GoogleServer` that writes lesson scripts from the sources in the request.

    model = ScriptModel(draft=[wrong_number])
    server.generates(asks_for("scenes"), model)

It repeats the sources, in the order of a lesson. `draft` has the faults of the first draft,
`repaired` those of the repair.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.support.google_server import Call, Json
from tests.support.google_vertex import prompt_of

_SOURCE = re.compile(r"^\[(P\d+)\] (\w+): (.*)$")
_SENTENCE = re.compile(r"^- (.*?)(?:  \(on screen: (.*)\))?$")
_TITLE = re.compile(r'lesson (?:on )?"(.*?)" \(')
_WORDS = re.compile(r"between (\d+) and (\d+) words")

Script = list[Json]
Fault = Callable[[Script], None]
"""A function that changes the scenes of the model's answer."""


@dataclass
class Source:
    """A numbered source of the prompt."""

    name: str
    kind: str
    heading: str
    sentences: list[tuple[str, str | None]] = field(default_factory=list)

    def lines(self, *, first: int = 0, last: int | None = None) -> list[Json]:
        """Its sentences as lines of a script."""
        return [
            {"say": say, "show": show, "passages": [self.name]}
            for say, show in self.sentences[first:last]
        ]


@dataclass
class ScriptModel:
    """The handler. `drafts` and `repairs` count its calls."""

    draft: Sequence[Fault] = ()
    repaired: Sequence[Fault] = ()
    drafts: int = 0
    repairs: int = 0
    findings: list[str] = field(default_factory=list)

    def __call__(self, call: Call) -> Json:
        prompt = prompt_of(call)
        mending = "\nWhat is wrong with it" in prompt
        scenes = compose(prompt)
        if mending:
            self.repairs += 1
            self.findings = re.findall(r"^- (Scene .*|The whole .*)$", prompt, re.MULTILINE)
        else:
            self.drafts += 1
        for fault in self.repaired if mending else self.draft:
            fault(scenes)
        return {"scenes": scenes}


def sources_of(prompt: str) -> list[Source]:
    """The numbered sources of a prompt."""
    found: list[Source] = []
    for line in prompt.split("\nThe sources:", 1)[1].split("\nThe script:", 1)[0].splitlines():
        if head := _SOURCE.match(line):
            found.append(Source(*head.groups()))
        elif found and (sentence := _SENTENCE.match(line)):
            found[-1].sentences.append((sentence[1], sentence[2]))
    return found


def compose(prompt: str) -> Script:
    """A lesson from the sources of a prompt, as long as the prompt asks for."""
    sources = sources_of(prompt)

    def of(kind: str) -> list[Source]:
        return [source for source in sources if source.kind == kind]

    bridge, summary = of("bridge"), of("summary")
    opening = [line for s in bridge[:1] for line in s.lines(last=2)]
    opening += [line | {"show": None} for s in summary[:1] for line in s.lines()]
    check = of("check")[0]
    takeaways = [line for s in of("takeaways")[:1] for line in s.lines()]
    fixed = [
        _scene("worked_example", "Worked example", of("worked_example")[0].lines()),
        _scene("takeaways", "Takeaways", [_plain("Keep these three points."), *takeaways]),
        _scene("check", "Your turn", [_plain("Now it is your turn."), *check.lines(last=1)]),
        _scene("answer", "Answer", check.lines(first=1)),
    ]
    if wrong := of("misconception"):
        mix_up = [_plain("Watch out for one common trap."), *wrong[0].lines()]
        fixed.insert(1, _scene("misconception", "A common mix-up", mix_up))
    title = _TITLE.findall(prompt)[0]
    _fewest, most = map(int, _WORDS.findall(prompt)[-1])
    explained: Script = []
    for section in of("section"):
        trial = [*explained, _scene("explanation", section.heading, section.lines())]
        enough = len(explained) >= 3
        if enough and _words([*trial, *fixed]) + _count(opening) > most:
            continue
        if len(trial) <= 5:
            explained = trial
    return [_scene("title", f"{title}: how and why", opening), *explained, *fixed]


def _scene(kind: str, heading: str, lines: list[Json]) -> Json:
    return {"kind": kind, "heading": heading, "lines": lines}


def _plain(say: str) -> Json:
    return {"say": say, "show": None, "passages": []}


def _count(lines: Iterable[Json]) -> int:
    return sum(len(line["say"].split()) for line in lines)


def _words(scenes: Script) -> int:
    return sum(_count(scene["lines"]) for scene in scenes)


# -- what a model does wrong ------------------------------------------------------------------


def explained(scenes: Script, at: int = 0) -> list[Json]:
    """The lines of an explanation."""
    return [scene for scene in scenes if scene["kind"] == "explanation"][at]["lines"]  # type: ignore[no-any-return]


def insert(say: str, *, show: str | None = None, cite: bool = True, at: int = 0) -> Fault:
    """Insert a line into an explanation, with the citations of the line before it."""

    def fault(scenes: Script) -> None:
        lines = explained(scenes, at)
        lines.insert(1, {"say": say, "show": show, "passages": lines[0]["passages"] * cite})

    return fault


def draws(kind: str, data: Json | None, *, at: int = 0, parts: Sequence[int] = ()) -> Fault:
    """An explanation gets this visual, or its kind without data.

    Args:
        at: index among the explanations.
        parts: parts of the visual that its lines name, from the first line on.
    """

    def fault(scenes: Script) -> None:
        scene = scenes[1 + at]
        scene["kind"] = kind
        if data is not None:
            scene["data"] = json.dumps(data)
        for line, part in zip(scene["lines"], parts, strict=False):
            line["part"] = part

    return fault


def wrong_number(scenes: Script) -> None:
    """The first number in the worked example, shown or spoken, is changed."""
    for scene in scenes:
        for line in scene["lines"] if scene["kind"] == "worked_example" else ():
            changed = re.sub(r"\d+", lambda found: str(int(found[0]) + 7), line["say"], count=1)
            if changed != line["say"]:
                line["say"] = changed
                return
    raise AssertionError("the worked example has no number to get wrong")


def missing_citation(scenes: Script) -> None:
    """A fact without its source."""
    explained(scenes)[0]["passages"] = []


def unknown_passage(scenes: Script) -> None:
    """A source that does not exist."""
    explained(scenes)[0]["passages"] = ["P99"]


def wrong_order(scenes: Script) -> None:
    """The answer before the question."""
    scenes[-1], scenes[-2] = scenes[-2], scenes[-1]


def too_long_line(scenes: Script) -> None:
    """A line too long for a slide and for a voice."""
    line = explained(scenes)[0]
    line["say"] = " ".join([line["say"]] * 6)


def unsayable(scenes: Script) -> None:
    """A sign that has no word."""
    line = explained(scenes)[0]
    line["say"] += " This is 1 ⊕ 1."


def markup(scenes: Script) -> None:
    """Markdown in the spoken text."""
    line = explained(scenes)[0]
    line["say"] = "**Note** " + line["say"]


def far_too_short(scenes: Script) -> None:
    """Much too short for a lesson."""
    for scene_at, scene in enumerate(scenes):
        scene["lines"] = scene["lines"][:2]
        for at, line in enumerate(scene["lines"]):
            line["say"] = f"It is so {_TIMES[scene_at]} and {_TIMES[at]}."


def empty_scene(scenes: Script) -> None:
    """A scene without lines."""
    scenes[2]["lines"] = []


def said_twice(scenes: Script) -> None:
    """The same line in two scenes."""
    explained(scenes, 1)[0]["say"] = explained(scenes, 0)[0]["say"]


def long_show(scenes: Script) -> None:
    """More text on screen than fits on a slide."""
    explained(scenes)[0]["show"] = "x" * 90


def too_hard(scenes: Script) -> None:
    """Every three lines of a part become one long sentence."""
    for scene in scenes:
        if scene["kind"] not in ("explanation", "misconception", "title"):
            continue
        lines, joined = scene["lines"], []
        while lines:
            some, lines = lines[:3], lines[3:]
            said = [some[0]["say"].rstrip("."), *(_lower(one["say"]) for one in some[1:])]
            cited = list(dict.fromkeys(i for one in some for i in one["passages"]))
            say = ", and ".join(part.rstrip(".") for part in said) + "."
            joined.append({"say": say[:319], "show": some[0]["show"], "passages": cited})
        if len(joined) > 1 or scene["kind"] != "misconception":
            scene["lines"] = joined


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def too_easy(scenes: Script) -> None:
    """Every comma ends a sentence if the rest can stand alone."""
    for scene in scenes:
        for line in scene["lines"]:
            line["say"] = re.sub(
                r", (?:and|but|so) (it|they|you|the|each|one|a) ",
                lambda found: f". {found[1].capitalize()} ",
                line["say"],
            )


def too_long(scenes: Script) -> None:
    """Two empty closing phrases in every scene, until the script exceeds three minutes."""
    for at, scene in enumerate(scenes):
        for number in (1, 2):
            if scene["kind"] in ("explanation", "worked_example"):
                when = " and then ".join((_TIMES[at], *_TIMES[at + number : at + number + 5]))
                scene["lines"].append(_plain(f"Let's take our time and look at this {when}."))


_TIMES = (
    *("slowly", "calmly", "quietly", "closely", "gently", "patiently"),
    *("carefully", "nicely", "kindly", "warmly", "gladly", "happily", "softly"),
)


def garbled(scenes: Script) -> None:
    """Every line of the explanations has numbers that are in no source."""
    for number, scene in enumerate(scenes):
        if scene["kind"] == "explanation":
            for at, line in enumerate(scene["lines"]):
                line["say"] = f"It is {_TIMES[number]} and {_TIMES[at]} 987654 units."
                line["show"] = "987654"
