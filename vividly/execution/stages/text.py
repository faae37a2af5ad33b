"""The stages that make the text: understand, find the lesson, retrieve, write the script."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vividly.execution.lesson_key import claims, identity_of, served_interest
from vividly.execution.stages.base import StageContext, StageSpec
from vividly.lesson import safety
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.answering import answering
from vividly.lesson.scripting.visuals import drawable
from vividly.lesson.speech.formulas import NAMED
from vividly.lesson.understanding import lessons_near, make_understander
from vividly.lesson.understanding.answers import no_voice, not_for_grade, too_little
from vividly.lesson.understanding.follow_up import completed, subjects
from vividly.lesson.understanding.several import parts_of, questions_on
from vividly.library.corpus import all_topics, load_topics
from vividly.model.errors import NoLesson
from vividly.model.formulas import formula_problem
from vividly.model.gemini_models import THOUGHT_TOKENS
from vividly.model.lesson import Answer, Retrieved, Script, Understanding, from_json, to_json
from vividly.model.settings import Settings
from vividly.model.wanted import Found, Wanted, grade_band
from vividly.platform.cost import Usage
from vividly.platform.ledger import queries
from vividly.text.interests import EVERYDAY, known_interests
from vividly.text.locales import DEFAULT
from vividly.text.signs import unnamed_signs

LOG = logging.getLogger(__name__)
PROMPT_TOKENS = 7_500
"""The writer's instructions with the kinds of visuals, in tokens."""
CHARACTERS_PER_TOKEN = 3.5
SCRIPT_TOKENS = 3_000
"""A script as JSON, in tokens; the model's thoughts are extra."""
SOME_QUESTION, SOME_GRADE = "Why do planets move around the Sun?", 9
"""What is asked and written before the first request, to load what that takes."""
CALLS = 4
"""Calls of the model for one script: it is repaired once at most, and judged before and after."""

# -- understand ------------------------------------------------------------------------------


def _understand_inputs(context: StageContext) -> Mapping[str, object]:
    request, judge = context.request, context.services.safety_judge
    return {
        "query": request.student_query,
        "subjects": _subjects(context),
        "grade": request.grade_level,
        "language": request.language,
        "provider": context.services.understander.identity,
        "retriever": context.services.retriever.identity,
        "safety": safety.query_identity(),
        "judge": judge.identity if judge else "",
        "corpus": context.services.library_digest(),
    }


def _understand(context: StageContext, prefix: str) -> Understanding | Answer:
    likeliest, *others = _subjects(context)
    found = _meant(likeliest, context)
    if others and isinstance(found, Answer) and found.category == "vague":
        other = _meant(others[0], context)
        found = other if isinstance(other, Understanding) else found
    if isinstance(found, Answer):
        context.metadata |= {"answer": found.status, "category": found.category}
    return found


def _meant(subject: str, context: StageContext) -> Understanding | Answer:
    """What is understood by the question if it is about a subject of `_subjects`."""
    request, understander = context.request, context.services.understander
    question = completed(request.student_query, subject)
    if unsafe := _unsafe(question, context):
        context.metadata["rule"] = unsafe.rule
        return safety.blocked_answer(unsafe.category, language=request.language)
    if request.wants_media and not context.services.speaks(request.language):
        return no_voice(request.language)
    # Set before the call: if it raises `ContentBlocked`, the provider is recorded too.
    context.metadata["provider"] = understander.identity
    found = _for_grade(_asked_first(question, context), context)
    if isinstance(found, Answer):
        return found
    answer = answering(
        found,
        lambda: context.services.retriever.of_topic(
            found.topic_id, question, language=request.language
        ),
        question,
        grade_level=request.grade_level,
        language=request.language,
    )
    return replace(found, provider=understander.identity, answer=answer, follows=subject)


def _asked_first(question: str, context: StageContext) -> Understanding | Answer:
    """The topic of a question; of several topics, the first, and questions on the others."""
    request, understander = context.request, context.services.understander

    def understand(query: str) -> Understanding | Answer:
        return understander.understand(
            query, grade_level=request.grade_level, language=request.language
        )

    parts = parts_of(question, request.language)
    if parts:
        found = understand(parts.first)
        if isinstance(found, Understanding) and found.topic_id in parts.named:
            return replace(found, others=questions_on(parts.others, request.language))
    return understand(question)


def _subjects(context: StageContext) -> Sequence[str]:
    """What the question can be about: after a lesson its topic, or what the question says alone."""
    request, earlier = context.request, ""
    if request.follow_up_to:
        engine = context.services.engine
        earlier = queries.topic_of(engine, request.follow_up_to, request.student_id)
    return subjects(request.student_query, earlier, request.language)


def _question(context: StageContext) -> str:
    """The question as it was understood."""
    understood = context.result("understand", Understanding)
    return completed(context.request.student_query, understood.follows)


def _for_grade(found: Understanding | Answer, context: StageContext) -> Understanding | Answer:
    """What was found, or the answer that the topic has no lesson for the request's grade."""
    request = context.request
    topic = all_topics().get(found.topic_id) if isinstance(found, Understanding) else None
    if topic is None or claims(topic.grades, request.grade_level):
        return found
    return not_for_grade(topic.title, topic.grades, request.grade_level, language=request.language)


def _unsafe(question: str, context: StageContext) -> safety.Finding | None:
    """Why a question must not be answered: by the rules, then by a model if there is one."""
    request, services = context.request, context.services
    # The rules come first, before any model sees the words. A child in need must be heard whatever
    # stands in front of the child's words.
    for text in dict.fromkeys((request.student_query, question)):
        if found := safety.check_query(
            text, language=request.language, encoder_folder=services.settings.sentence_encoder
        ):
            return found
    return services.safety_judge.check(question) if services.safety_judge else None


def _prepare_understanding(settings: Settings) -> None:
    """Understand a question that nobody asked."""
    folder = settings.sentence_encoder
    safety.check_query(SOME_QUESTION, language=DEFAULT, encoder_folder=folder)
    if settings.understanding_provider == "offline":
        understander = make_understander(settings)
        understander.understand(SOME_QUESTION, grade_level=SOME_GRADE, language=DEFAULT)


def _describe_understanding(found: Understanding) -> Mapping[str, object]:
    return {
        "provider": found.provider,
        "topic": found.title,
        "subject": found.subject,
        "confidence": round(found.confidence, 3),
        "others": list(found.others),
        "answered_by": found.answer,
    }


# -- find the lesson -------------------------------------------------------------------------


def _find_inputs(context: StageContext) -> Mapping[str, object]:
    # Each request searches for itself, since the lessons change. It searches once: a further
    # attempt continues with the lesson that the first attempt chose.
    return {
        "request": context.request.request_id,
        "understanding": context.ticket.results["understand"],
    }


def _find_lesson(context: StageContext, prefix: str) -> Found | Answer:
    request, services = context.request, context.services
    if unsafe := safety.check_interest(
        request.interest or "",
        language=request.language,
        encoder_folder=services.settings.sentence_encoder,
    ):
        context.metadata |= {"answer": "blocked", "category": unsafe.category, "rule": unsafe.rule}
        return safety.blocked_answer(unsafe.category, language=request.language)
    understood = context.result("understand", Understanding)
    topic_id = understood.topic_id
    composed = services.settings.script_provider == "offline"
    wanted = Wanted(
        topic_id=topic_id,
        interest=served_interest(
            request.interest,
            topic_id,
            request.language,
            composed=composed,
        ),
        grade_band=grade_band(request.grade_level),
        language=request.language.lower(),
        identity=identity_of(
            [
                services.script_writer.identity,
                services.retriever.identity,
                services.library_digest(),
                understood.answer,
            ]
        ),
    )
    if context.ticket.fresh:
        # A fresh lesson is neither looked up nor recorded, so that nobody else is served it.
        return Found(wanted.key, wanted.interest, "new")
    if composed or wanted.interest == EVERYDAY:
        return services.lessons.find(wanted)
    # A known interest matches only itself. Free words may mean the same as other free words.
    known = wanted.interest in known_interests()
    distance = 0.0 if known else services.settings.similar_lesson_distance
    embedding = services.embedder.embed_query(wanted.interest.replace("-", " ")) or None
    return services.lessons.find(wanted, embedding, distance=distance)


def _describe_found(found: Found) -> Mapping[str, object]:
    cache = {"new": "miss", "same": "hit", "similar": "similar"}[found.how]
    return {"cache": cache, "lesson": found.key, "interest": found.interest}


# -- retrieve --------------------------------------------------------------------------------


def _retrieve_inputs(context: StageContext) -> Mapping[str, object]:
    # The lesson, not the question: all requests for a lesson share the passages of the first.
    return {"lesson": context.result("find_lesson", Found).key}


def _retrieve(context: StageContext, prefix: str) -> Retrieved:
    retriever = context.services.retriever
    found = retriever.retrieve(
        context.result("understand", Understanding),
        _question(context),
        grade_level=context.request.grade_level,
        language=context.request.language,
    )
    return replace(found, provider=retriever.identity)


def _describe_passages(found: Retrieved) -> Mapping[str, object]:
    return {"provider": found.provider, "passages": len(found.passages)}


# -- write the script ------------------------------------------------------------------------


def _script_inputs(context: StageContext) -> Mapping[str, object]:
    return {
        "lesson": context.result("find_lesson", Found).key,
        "retrieved": context.ticket.results["retrieve"],
    }


def _write_script(context: StageContext, prefix: str) -> Script | Answer:
    request = context.request
    interest = context.result("find_lesson", Found).interest
    topic = context.result("understand", Understanding)
    retrieved = context.result("retrieve", Retrieved)
    if number := _unsayable(retrieved, request.language):
        context.metadata["unsayable"] = number
        LOG.info("%d sentences found have signs without a word, and are not used", number)
    try:
        script = context.services.script_writer.write(
            Brief(
                _question(context),
                grade_level=request.grade_level,
                interest=None if interest == EVERYDAY else interest.replace("-", " "),
                language=request.language,
                understanding=topic,
                retrieved=retrieved,
            )
        )
    except NoLesson as error:
        return _no_lesson(context, topic, error)
    # Whichever writer wrote it, every visual in the result can be drawn.
    return drawable(script)


def _unsayable(retrieved: Retrieved, language: str) -> int:
    """How many sentences of the passages have a sign that nobody can say."""
    return sum(
        bool(unnamed_signs(sentence.say, language, besides=NAMED))
        for passage in retrieved.passages
        for sentence in passage.sentences
    )


def _no_lesson(context: StageContext, topic: Understanding, error: NoLesson) -> Answer:
    """The answer for the student; the stage's metadata records the reason for operators."""
    LOG.warning("There is no lesson in what was found: %s", error)
    language = context.request.language
    folder = context.services.settings.sentence_encoder
    found = too_little(
        topic.title, lessons_near(topic, language, encoder_folder=folder), language=language
    )
    context.metadata |= {"answer": found.status, "category": found.category, "why": str(error)}
    return found


def _prepare_script(settings: Settings) -> None:
    """Write, store and read a lesson that nobody asked for, and typeset a formula."""
    if settings.script_provider == "offline":
        # Imported here because other writers do not need it.
        from vividly.lesson.scripting.shipped import shipped_script

        script = shipped_script(next(iter(load_topics())), grade_level=SOME_GRADE)
        from_json(Script, to_json(script))
        formula_problem("x")


def _describe_script(script: Script) -> Mapping[str, object]:
    return {
        "provider": script.writer,
        "scenes": len(script.scenes),
        "words": sum(len(line.say.split()) for _, _, line in script.lines()),
        "interest_used": script.bridge,
        "grade_level": script.grade_level,
        "sources": len(script.sources),
        "reading_level": round(script.reading_level, 1),
        "notes": list(script.notes),
    }


def estimate_script(context: StageContext) -> Iterator[Usage]:
    """The expected usage of writing the script, estimated high."""
    settings = context.services.settings
    if settings.script_provider == "gemini":
        yield from script_calls(context.result("retrieve", Retrieved), settings, CALLS)


def script_calls(retrieved: Retrieved, settings: Settings, calls: int) -> Iterator[Usage]:
    """The expected usage of `calls` calls of the script's model, in tokens."""
    read = sum(len(passage.text) for passage in retrieved.passages) / CHARACTERS_PER_TOKEN
    yield Usage(settings.script_model, "input_tokens", (PROMPT_TOKENS + read) * calls)
    written = SCRIPT_TOKENS + THOUGHT_TOKENS[settings.script_thinking]
    yield Usage(settings.script_model, "output_tokens", written * calls)


UNDERSTAND = StageSpec(
    name="understand",
    doing="Understanding the question",
    start=10,
    end=19,
    result=Understanding,
    inputs=_understand_inputs,
    run=_understand,
    describe=_describe_understanding,
    prepare=_prepare_understanding,
)
FIND_LESSON = StageSpec(
    name="find_lesson",
    doing="Looking for the lesson",
    start=19,
    end=20,
    result=Found,
    inputs=_find_inputs,
    run=_find_lesson,
    describe=_describe_found,
    shared=False,
    quick=True,
)
RETRIEVE = StageSpec(
    name="retrieve",
    doing="Finding sources",
    start=20,
    end=25,
    result=Retrieved,
    inputs=_retrieve_inputs,
    run=_retrieve,
    describe=_describe_passages,
)
WRITE_SCRIPT = StageSpec(
    name="write_script",
    doing="Writing the lesson",
    start=25,
    end=40,
    result=Script,
    inputs=_script_inputs,
    run=_write_script,
    describe=_describe_script,
    estimate=estimate_script,
    prepare=_prepare_script,
)
