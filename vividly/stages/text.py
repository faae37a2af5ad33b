"""The stages that make the text: understand, retrieve, write the script."""

from __future__ import annotations

from collections.abc import Mapping

from vividly.corpus import corpus_digest
from vividly.lesson import Answer, Retrieved, Script, Understanding
from vividly.stages.base import StageContext, StageSpec


def _understand_inputs(context: StageContext) -> Mapping[str, object]:
    request = context.request
    return {
        "query": request.student_query,
        "grade": request.grade_level,
        "language": request.language,
        "provider": context.services.understander.identity,
        "corpus": corpus_digest(),
    }


def _understand(context: StageContext, prefix: str) -> Understanding | Answer:
    request = context.request
    found = context.services.understander.understand(
        request.student_query, grade_level=request.grade_level, language=request.language
    )
    context.metadata["provider"] = context.services.understander.identity
    if isinstance(found, Answer):
        context.metadata |= {"answer": found.status, "category": found.category}
    return found


def _describe_understanding(found: Understanding) -> Mapping[str, object]:
    return {"topic": found.title, "confidence": round(found.confidence, 3)}


def _retrieve_inputs(context: StageContext) -> Mapping[str, object]:
    return {
        "understanding": context.ticket.results["understand"],
        "query": context.request.student_query,
        "grade": context.request.grade_level,
        "provider": context.services.retriever.identity,
        "corpus": corpus_digest(),
    }


def _retrieve(context: StageContext, prefix: str) -> Retrieved:
    found = context.services.retriever.retrieve(
        context.result("understand", Understanding),
        context.request.student_query,
        grade_level=context.request.grade_level,
    )
    context.metadata |= {
        "provider": context.services.retriever.identity,
        "passages": len(found.passages),
    }
    return found


def _script_inputs(context: StageContext) -> Mapping[str, object]:
    return {
        "understanding": context.ticket.results["understand"],
        "retrieved": context.ticket.results["retrieve"],
        "grade": context.request.grade_level,
        "interest": context.request.interest,
        "language": context.request.language,
        "provider": context.services.script_writer.identity,
    }


def _write_script(context: StageContext, prefix: str) -> Script:
    request = context.request
    return context.services.script_writer.write(
        request.student_query,
        grade_level=request.grade_level,
        interest=request.interest,
        language=request.language,
        understanding=context.result("understand", Understanding),
        retrieved=context.result("retrieve", Retrieved),
    )


def _describe_script(script: Script) -> Mapping[str, object]:
    return {
        "provider": script.writer,
        "scenes": len(script.scenes),
        "words": sum(len(line.say.split()) for _, _, line in script.lines()),
        "interest_used": script.bridge,
        "sources": len(script.sources),
    }


UNDERSTAND = StageSpec(
    name="understand",
    doing="Understanding the question",
    start=10,
    end=20,
    time_limit=60,
    result=Understanding,
    inputs=_understand_inputs,
    run=_understand,
    describe=_describe_understanding,
)
RETRIEVE = StageSpec(
    name="retrieve",
    doing="Finding sources",
    start=20,
    end=25,
    time_limit=60,
    result=Retrieved,
    inputs=_retrieve_inputs,
    run=_retrieve,
)
WRITE_SCRIPT = StageSpec(
    name="write_script",
    doing="Writing the lesson",
    start=25,
    end=40,
    time_limit=120,
    result=Script,
    inputs=_script_inputs,
    run=_write_script,
    describe=_describe_script,
)
