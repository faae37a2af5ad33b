"""Whether a script keeps its thread: it answers first, and asks what it has taught."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from vividly.model.lesson import Passage, Script


def thread_faults(
    script: Script, passages: Sequence[Passage], answering: Collection[str]
) -> tuple[str, ...]:
    """Say where a script loses its thread, for the model to mend; nothing of it is untrue.

    Args:
        passages: all passages that the writer got.
        answering: keys of the passages that answer the question; empty if none is known to.
    """
    return tuple(_faults(script, passages, answering))


def _faults(
    script: Script, passages: Sequence[Passage], answering: Collection[str]
) -> Iterator[str]:
    first = next((at for at, scene in enumerate(script.scenes) if scene.explains), 0)
    told = {key for scene in script.scenes[: first + 1] for key in scene.cited}
    if answering and told.isdisjoint(answering):
        yield (
            f"Scene {first + 1} is to answer the student's question, and rests on none of the "
            "sources that answer it"
        )
    check = next((at for at, scene in enumerate(script.scenes) if scene.kind == "check"), 0)
    taught = {key for scene in script.scenes[:check] for key in scene.cited}
    asked = {key for scene in script.scenes[check:] for key in scene.cited}
    # The author's own check question tells nothing that a scene could teach.
    new = {p.key for p in passages if p.key in asked - taught and p.kind != "check"}
    if check and new:
        yield (
            f"Scene {check + 1} asks what no scene before it teaches: ask about what they say, "
            "from their sources"
        )
