"""Scripts written by Gemini, and checked by what is no model.

A draft is asked for once. What the checks find in it (`gemini_review`) is sent back once, to be
mended; what is at fault even then is taken out (`gemini_pruned`). A script that leaves this
module states nothing, and draws nothing, that the checker does not find in the passages it cites.
"""

from __future__ import annotations

from dataclasses import replace

from vividly.lesson import grounding, safety
from vividly.lesson.grounding.text import language_of
from vividly.lesson.prompts import load_prompt
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.gemini_answer import WrittenScript, scenes_of, written
from vividly.lesson.scripting.gemini_prompt import Task
from vividly.lesson.scripting.gemini_pruned import pruned
from vividly.lesson.scripting.gemini_review import LONGEST_S, Review, review
from vividly.lesson.scripting.revise import cited_sources, fit_level
from vividly.lesson.scripting.sentences import Wording
from vividly.lesson.scripting.visuals import drawable
from vividly.model.errors import NoLesson, PermanentError, UnusableAnswer
from vividly.model.gemini_models import manner
from vividly.model.lesson import Scene, Script
from vividly.platform.google.gemini import Gemini
from vividly.text.interests import EVERYDAY
from vividly.text.locales import primary_subtag

MOST_TOKENS = 8_192
"""Of a script as JSON, which has about 3,000; thinking comes on top."""


class GeminiScriptWriter:
    """Writes scripts by a Gemini model. Safe to use from many threads.

    Args:
        timeout: seconds that one call may take.
        reading_level_tolerance: school grades by which a script may be off.
    """

    def __init__(
        self,
        gemini: Gemini,
        *,
        model: str,
        temperature: float,
        thinking: str,
        timeout: float,
        reading_level_tolerance: float,
    ) -> None:
        self._gemini = gemini
        self._model = model
        self._temperature = temperature
        self._thinking = thinking
        self._timeout = timeout
        self._tolerance = reading_level_tolerance
        self._write, self._repair = load_prompt("write_script"), load_prompt("repair_script")
        self.identity = "/".join(
            (
                "gemini",
                model,
                manner(temperature, thinking),
                self._write.identity,
                self._repair.identity,
                grounding.identity(),
                f"safety-{safety.identity()}",
                f"level-{reading_level_tolerance:g}",
            )
        )

    def write(self, brief: Brief) -> Script:
        """See `ScriptWriter.write`.

        Raises:
            NoLesson: too little of the script rests on the passages; or they are in another
                language, so that nothing in them could be held against it.
            PermanentError: there are no passages.
            UnusableAnswer: the draft is off its form.
            ContentBlocked, TransientError: as the model's service says.
        """
        task = Task.of(brief)
        _refuse_what_cannot_be_checked(task)
        draft = self._script(
            task, self._ask(self._write.system, self._write.render(**task.values()))
        )
        found = self._review(task, draft)
        notes: list[str] = []
        if not found.clean:
            draft, found = self._mended(task, draft, found, notes)
        if not found.sound:
            notes.append(f"taken out: {found.counts()}")
            draft = drawable(pruned(draft, lambda script: self._review(task, script), found))
            found = self._review(task, draft)
        if not found.in_level:
            draft, found = self._fitted(task, draft, found)
        if found.seconds > LONGEST_S:
            raise UnusableAnswer(f"{self._model} wrote a script of {found.seconds:.0f} seconds")
        if not found.in_level:
            notes.append(f"reading level {found.grade:.1f} for grade {brief.grade_level}")
        return replace(
            draft,
            bridge=_woven_in(draft, task),
            sources=cited_sources(draft.scenes, task.passages),
            reading_level=found.grade,
            notes=(*notes, *draft.notes),
        )

    def _mended(
        self, task: Task, draft: Script, found: Review, notes: list[str]
    ) -> tuple[Script, Review]:
        """The draft after one repair, or as it was if that is the better one."""
        notes.append("repaired: " + "; ".join(_asked(found)))
        prompt = self._repair.render(
            **task.values(),
            script=written(draft.scenes, task.ids),
            findings=found.listed(),
        )
        try:
            mended = self._script(task, self._ask(self._repair.system, prompt))
        except UnusableAnswer:
            notes.append("the repaired script was off its form")
            return draft, found
        after = self._review(task, mended)
        if found.sound and found.in_time and not (after.sound and after.in_time):
            return draft, found  # it was only too hard or too easy, and is worse now
        if found.said_soundly and found.in_time and not (after.said_soundly and after.in_time):
            return draft, found  # it only drew something wrong, and can do without
        if found.sound and found.in_time and after.off_level > found.off_level:
            return draft, found
        return mended, after

    def _fitted(self, task: Task, draft: Script, found: Review) -> tuple[Script, Review]:
        """The draft with sentences split or joined, if that brings it nearer to its grade."""
        fitted = fit_level(
            draft.scenes,
            task.grade_level,
            self._tolerance,
            language=task.language,
            taught=task.terms,
            wording=Wording.of(passage.text for passage in task.passages),
        )
        revised = replace(draft, scenes=fitted.scenes)
        after = self._review(task, revised)
        nearer = after.off_level < found.off_level
        return (revised, after) if nearer and after.sound and after.in_time else (draft, found)

    def _ask(self, system: str, prompt: str) -> WrittenScript:
        generated = self._gemini.generate(
            model=self._model,
            system=system,
            prompt=prompt,
            schema=WrittenScript,
            temperature=self._temperature,
            max_output_tokens=MOST_TOKENS,
            timeout=self._timeout,
            thinking=self._thinking,
        )
        return generated.value

    def _script(self, task: Task, answer: WrittenScript) -> Script:
        """The script that the model wrote, with those of its visuals that can be drawn."""
        understanding = task.understanding
        scenes = scenes_of(answer, task.keys, language=task.language, model=self._model)
        script = Script(
            title=understanding.title,
            topic_id=understanding.topic_id,
            subject=understanding.subject,
            grade_level=task.grade_level,
            language=task.language,
            bridge=EVERYDAY,
            scenes=_titled(scenes, understanding.title),
            sources=(),
            writer=self.identity,
        )
        return drawable(script)

    def _review(self, task: Task, script: Script) -> Review:
        return review(
            script,
            task.passages,
            interest=task.interest,
            terms=task.terms,
            tolerance=self._tolerance,
        )


def _titled(scenes: tuple[Scene, ...], title: str) -> tuple[Scene, ...]:
    """The first scene is headed by the lesson's own title, whatever the model calls it."""
    return (replace(scenes[0], heading=title), *scenes[1:])


def _asked(found: Review) -> list[str]:
    """What a repair was asked for, for operators."""
    asked = [] if found.sound else [found.counts()]
    if not found.in_time:
        asked.append(f"{found.seconds:.0f} seconds")
    if not found.in_level:
        asked.append(f"reading level {found.grade:.1f}")
    return asked


def _refuse_what_cannot_be_checked(task: Task) -> None:
    if not task.passages:
        raise PermanentError(
            f"there are no passages on {task.understanding.topic_id!r} to write a script from; "
            "load the corpus with `vividly verify --create`, or ingest a book"
        )
    wanted = primary_subtag(task.language)
    found = language_of(" ".join(passage.text for passage in task.passages[:12]))
    if wanted != found:
        raise NoLesson(
            f"the passages on {task.understanding.topic_id!r} are in {found!r} and the lesson is "
            f"to be in {wanted!r}: its facts could not be checked; ingest sources in {wanted!r}"
        )


def _woven_in(script: Script, task: Task) -> str:
    """The interest that the script really speaks of, by its own words; else `everyday`."""
    if task.bridge == EVERYDAY or not task.interest:
        return EVERYDAY
    told = any(
        any(key.endswith(f"/bridge/{task.bridge}") for key in line.passages)
        or grounding.speaks_of(line.say, task.interest, task.language)
        for _, _, line in script.lines()
    )
    return task.bridge if told else EVERYDAY
