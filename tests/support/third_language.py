"""A lesson in a language that the package lacks. A program, since it registers a locale.

    python -m tests.support.third_language

Prints the result of a German question as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.requests import fields
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.composer import Composer
from vividly.lesson.speech.espeak import EspeakSynthesizer
from vividly.lesson.speech.narrate import narrate
from vividly.lesson.understanding import make_understander
from vividly.lesson.video.captions import captions_vtt, transcript_markdown
from vividly.library.corpus import load_topics, register_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.lesson import Answer, Narration, Retrieved, Understanding
from vividly.model.request import parse_request
from vividly.model.settings import Settings
from vividly.text.locales import register

DATA = Path(__file__).parents[1] / "data"
SETTINGS = Settings(
    database_url="postgresql://localhost/none",
    generated_content_bucket="none",
    temp_files_bucket="none",
)


def main() -> None:
    """Ask a question and a nonsense question in German, and make the lesson."""
    register(DATA / "locales" / "de")
    register_topics(DATA / "topics_de")
    message = fields(
        student_query="Wie funktioniert die Fotosynthese?", language="de-AT", interest="music"
    )
    request = parse_request(json.dumps(message).encode())
    understander = make_understander(SETTINGS)

    def understood(question: str) -> Understanding | Answer:
        return understander.understand(
            question, grade_level=request.grade_level, language=request.language
        )

    found = understood(request.student_query)
    in_english = understood("What is photosynthesis?")
    elsewhere = understood("Erzähl mir bitte einen Witz")
    assert isinstance(found, Understanding), found
    assert isinstance(in_english, Understanding), in_english
    assert isinstance(elsewhere, Answer), elsewhere
    script = Composer().write(
        Brief(
            query=request.student_query,
            grade_level=request.grade_level,
            interest=request.interest,
            language=request.language,
            understanding=found,
            retrieved=Retrieved(topic_passages(load_topics("de")[found.topic_id])),
        )
    )
    said = narrate(script, EspeakSynthesizer(language=request.language))
    narration = Narration(
        "narration.wav", said.sample_rate, said.duration, said.scene_starts, said.lines, "espeak"
    )
    print(
        json.dumps(
            {
                "topic": found.topic_id,
                "english question": in_english.topic_id,
                "outside": elsewhere.message,
                "headings": [scene.heading for scene in script.scenes],
                "captions": captions_vtt(script, narration),
                "transcript": transcript_markdown(script, narration),
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
