"""Writes scripts with Gemini, and checks them with rules and with a second look.

The model writes one draft. The findings of the review (`gemini_review`) go back to it once for
repair; `gemini_pruned` removes remaining faults. In the result, the cited passages support
every statement and visual, as far as the rules and the judge can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vividly.lesson import grounding, safety
from vividly.lesson.grounding.finding import Finding
from vividly.lesson.grounding.judge import Judge, SecondLook
from vividly.lesson.grounding.text import language_of
from vividly.lesson.prompts import Prompt, load_prompt
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.gemini_answer import WrittenScript, scenes_of, written
from vividly.lesson.scripting.gemini_kinds import kinds_guide
from vividly.lesson.scripting.gemini_prompt import Task
from vividly.lesson.scripting.gemini_prompt import identity as prompt_identity
from vividly.lesson.scripting.gemini_pruned import pruned
from vividly.lesson.scripting.gemini_review import LONGEST_S, Review, review
from vividly.lesson.scripting.gemini_thread import thread_faults
from vividly.lesson.scripting.revise import cited_sources, fit_level
from vividly.lesson.scripting.sentences import Wording
from vividly.lesson.scripting.visuals import LONGEST_SHOW, drawable
from vividly.model.errors import NoLesson, PermanentError, UnusableAnswer
from vividly.model.gemini_models import manner
from vividly.model.lesson import Scene, Script
from vividly.platform.google.gemini import Model
from vividly.text.interests import EVERYDAY
from vividly.text.locales import primary_subtag

MOST_TOKENS = 8_192
"""Token limit of a script as JSON, which takes about 3,000; thinking is extra."""


class GeminiScriptWriter:
    """Writes scripts with a Gemini model. Thread-safe.

    Args:
        reading_level_tolerance: accepted deviation from the requested grade, in school grades.
    """

    def __init__(self, model: Model, *, reading_level_tolerance: float) -> None:
        self._model = model
        self._tolerance = reading_level_tolerance
        self._judge = Judge(model)
        self._write, self._repair = load_prompt("write_script"), load_prompt("repair_script")
        self.identity = "/".join(
            (
                "gemini",
                model.name,
                manner(model.temperature, model.thinking),
                self._write.identity,
                self._repair.identity,
                self._judge.identity,
                prompt_identity(),
                grounding.identity(),
                f"safety-{safety.identity()}",
                f"level-{reading_level_tolerance:g}",
            )
        )

    def write(self, brief: Brief) -> Script:
        """See `ScriptWriter.write`.

        Raises:
            NoLesson: the passages support too little of the script, or are in another language,
                so that the script cannot be checked.
            PermanentError: there are no passages.
            UnusableAnswer: the format of the draft is invalid, or the script is too long.
            ContentBlocked, TransientError: from the model's service.
        """
        task = Task.of(brief)
        _refuse_what_cannot_be_checked(task)
        draft = self._script(task, self._ask(self._write, task.values_to_write()))
        look = SecondLook(self._judge, task.passages, task.interest)
        found = self._review(task, draft, look.findings(draft))
        notes: list[str] = []
        if not found.clean:
            draft, found = self._mended(task, draft, found, look, notes)
        if look.asked:
            notes.append(f"judged: {look.asked} statements, {look.refused} refused")

        def again(script: Script) -> Review:
            return self._review(task, script, look.findings(script, ask=False))

        if not found.sound:
            notes.append(f"taken out: {found.counts()}")
            draft = drawable(pruned(draft, again, found))
            found = again(draft)
        if not found.in_level:
            draft, found = self._fitted(task, draft, found)
        if found.seconds > LONGEST_S:
            raise UnusableAnswer(
                f"{self._model.name} wrote a script of {found.seconds:.0f} seconds"
            )
        if not found.in_level:
            notes.append(f"reading level {found.grade:.1f} for grade {brief.grade_level}")
        return replace(
            draft,
            title=draft.scenes[0].heading,
            bridge=_woven_in(draft, task),
            sources=cited_sources(draft.scenes, task.passages),
            reading_level=found.grade,
            notes=(*notes, *draft.notes),
        )

    def _mended(
        self, task: Task, draft: Script, found: Review, look: SecondLook, notes: list[str]
    ) -> tuple[Script, Review]:
        """Ask for one repair; return the better of the draft and the repaired script."""
        notes.append("repaired: " + "; ".join(_asked(found)))
        values = {
            **task.values(),
            "script": written(draft.scenes, task.ids),
            "findings": found.listed(),
        }
        try:
            mended = self._script(task, self._ask(self._repair, values))
        except UnusableAnswer:
            notes.append("the repaired script was off its form")
            return draft, found
        after = self._review(task, mended, look.findings(mended))
        if found.sound and found.in_time and not (after.sound and after.in_time):
            return draft, found  # only the reading level was off, and the repair is worse
        if found.said_soundly and found.in_time and not (after.said_soundly and after.in_time):
            return draft, found  # only visuals were wrong, and the draft can do without them
        only_level = found.sound and found.in_time and not found.thread
        if only_level and after.off_level > found.off_level:
            return draft, found
        return mended, after

    def _fitted(self, task: Task, draft: Script, found: Review) -> tuple[Script, Review]:
        """Split or join sentences if that brings the draft nearer to its grade."""
        fitted = fit_level(
            draft.scenes,
            task.grade_level,
            self._tolerance,
            language=task.language,
            taught=task.terms,
            wording=Wording.of(passage.text for passage in task.passages),
        )
        revised = replace(draft, scenes=fitted.scenes)
        # The statements were judged before they were split or joined: only the rules look again.
        refuted = grounding.check(revised, task.passages, bridge_interest=task.interest)
        after = self._review(
            task, revised, tuple(one for one in refuted if one.kind != grounding.DOUBT)
        )
        nearer = after.off_level < found.off_level
        return (revised, after) if nearer and after.sound and after.in_time else (draft, found)

    def _ask(self, prompt: Prompt, values: Mapping[str, object]) -> WrittenScript:
        # The guide is long and always the same: before all that changes, it is billed as cached.
        system = f"{prompt.system}\n\nWhat a scene can draw, and when:\n\n{kinds_guide()}"
        asked = prompt.render(**values)
        return self._model.ask(system, asked, WrittenScript, max_output_tokens=MOST_TOKENS)

    def _script(self, task: Task, answer: WrittenScript) -> Script:
        """Convert the model's answer to a script, with the visuals that can be drawn."""
        understanding = task.understanding
        scenes = scenes_of(
            answer,
            task.keys,
            grade=task.grade_level,
            language=task.language,
            model=self._model.name,
        )
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

    def _review(self, task: Task, script: Script, findings: tuple[Finding, ...]) -> Review:
        return review(
            script,
            findings,
            thread=thread_faults(script, task.passages, task.asked),
            terms=task.terms,
            tolerance=self._tolerance,
        )


def _titled(scenes: tuple[Scene, ...], title: str) -> tuple[Scene, ...]:
    """Give the first scene the topic's title if its own is too long for a title."""
    if len(scenes[0].heading) <= LONGEST_SHOW:
        return scenes
    return (replace(scenes[0], heading=title), *scenes[1:])


def _asked(found: Review) -> list[str]:
    """Summarize for operators what the repair had to fix."""
    asked = [] if found.sound else [found.counts()]
    if found.thread:
        asked.append("the thread")
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
    """Return the interest if the script mentions it or cites its bridge, else `everyday`."""
    if task.bridge == EVERYDAY or not task.interest:
        return EVERYDAY
    told = any(
        any(key.endswith(f"/bridge/{task.bridge}") for key in line.passages)
        or grounding.speaks_of(line.say, task.interest, task.language)
        for _, _, line in script.lines()
    )
    return task.bridge if told else EVERYDAY
