"""Captions and chapters as WebVTT, and the transcript."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vividly.model.lesson import Narration, Script, Word
from vividly.text.locales import locale_for
from vividly.text.sentences import ends_phrase

ROWS = 2
COLUMNS = 42
LONGEST_S = 7.0
SHORTEST_S = 1.0
_HOLD_S = 0.6


@dataclass(frozen=True)
class Cue:
    """Words that are shown together, in one or two rows. Times are in seconds."""

    start: float
    end: float
    rows: tuple[str, ...]


def captions_vtt(script: Script, narration: Narration) -> str:
    """The spoken words as WebVTT captions."""
    header = f"WEBVTT\nKind: captions\nLanguage: {script.language}\n"
    cues = caption_cues(narration)
    return "\n".join([header, *(_cue(n, cue) for n, cue in enumerate(cues, 1))])


def chapters_vtt(script: Script, narration: Narration) -> str:
    """The scenes as WebVTT chapters."""
    cues = chapter_cues(script, narration)
    return "\n".join(["WEBVTT\n", *(_cue(n, cue) for n, cue in enumerate(cues, 1))])


def chapter_cues(script: Script, narration: Narration) -> tuple[Cue, ...]:
    """One cue per scene that lasts longer than 0 s, with its heading."""
    ends = [*narration.scene_starts[1:], narration.duration]
    return tuple(
        Cue(start, end, (" ".join(scene.heading.split()) or script.title,))
        for scene, start, end in zip(script.scenes, narration.scene_starts, ends, strict=True)
        if end - start >= 0.001
    )


def transcript_markdown(script: Script, narration: Narration) -> str:
    """The spoken text by scene, with the start time of each scene, and the sources."""
    parts = [f"# {script.title}"]
    for scene, start in zip(script.scenes, narration.scene_starts, strict=True):
        if scene.lines:
            minutes, seconds = divmod(int(start), 60)
            parts.append(f"## {scene.heading} ({minutes}:{seconds:02})")
            parts.append(" ".join(line.say for line in scene.lines))
    if script.sources:
        parts.append(f"## {locale_for(script.language).lesson.headings.sources}")
        parts.append("\n".join(source.entry for source in script.sources))
    return "\n\n".join(parts) + "\n"


def caption_cues(narration: Narration) -> tuple[Cue, ...]:
    """Cues of at most two rows of 42 characters and 7 s, without overlaps.

    Words are never broken: a word longer than a row makes a longer row.
    """
    groups = [group for line in narration.lines for group in _groups(line.words)]
    cues: list[Cue] = []
    for at, group in enumerate(groups):
        limit = groups[at + 1][0].start if at + 1 < len(groups) else narration.duration
        start = group[0].start
        end = max(group[-1].end + _HOLD_S, start + SHORTEST_S)
        end = min(end, limit, narration.duration, start + LONGEST_S)
        if end > start:
            cues.append(Cue(start, end, _rows([word.text for word in group])))
    return tuple(cues)


def _groups(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Group the words of a line into cues, cut at the end of a phrase if possible."""
    rest = list(words)
    while rest:
        fits = 1
        while fits < len(rest) and _fits(rest[: fits + 1]):
            fits += 1
        if fits < len(rest):
            fits = _best_cut(rest, fits)
        yield rest[:fits]
        rest = rest[fits:]


def _fits(words: Sequence[Word]) -> bool:
    short = words[-1].end - words[0].start + 0.2 <= LONGEST_S
    return short and len(_greedy([word.text for word in words])) <= ROWS


def _best_cut(words: Sequence[Word], most: int) -> int:
    """How many words to keep: up to a phrase end, else `most`, or half if few would remain."""
    for cut in range(most, max(1, most // 2) - 1, -1):
        if ends_phrase(words[cut - 1].text):
            return cut
    rest = len(words) - most
    return max(1, (len(words) + 1) // 2) if rest < most // 2 else most


def _greedy(texts: Sequence[str]) -> list[str]:
    rows: list[str] = []
    for text in texts:
        if rows and len(rows[-1]) + 1 + len(text) <= COLUMNS:
            rows[-1] += f" {text}"
        else:
            rows.append(text)
    return rows


def _rows(texts: Sequence[str]) -> tuple[str, ...]:
    """One row, or two of nearly equal length, preferably broken after a phrase."""
    whole = " ".join(texts)
    if len(whole) <= COLUMNS or len(texts) < 2:
        return (whole,)

    def cost(cut: int) -> float:
        upper, lower = " ".join(texts[:cut]), " ".join(texts[cut:])
        over = max(0, max(len(upper), len(lower)) - COLUMNS)
        phrase = ends_phrase(texts[cut - 1])
        return abs(len(upper) - len(lower)) + 100 * over - (10 if phrase else 0)

    best = min(range(1, len(texts)), key=cost)
    return " ".join(texts[:best]), " ".join(texts[best:])


def _cue(number: int, cue: Cue) -> str:
    rows = "\n".join(_escaped(row) for row in cue.rows)
    return f"{number}\n{_time(cue.start)} --> {_time(cue.end)}\n{rows}\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(seconds: float) -> str:
    milliseconds = max(0, int(seconds * 1000 + 1e-6))
    whole, milliseconds = divmod(milliseconds, 1000)
    minutes, second = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{second:02}.{milliseconds:03}"
