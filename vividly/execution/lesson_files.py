"""Where a finished lesson is: its files, its columns, its `lesson.json`.

All files are stored beside the video under one scheme (docs/interfaces.md#files):

    videos/{request_id}.mp4             the video
    videos/{request_id}.vtt             captions
    videos/{request_id}.chapters.vtt    chapters
    videos/{request_id}.transcript.md   transcript with sources
    videos/{request_id}.jpg             thumbnail
    videos/{request_id}.m4a             narration alone
    videos/{request_id}.lesson.json     description (schema.org LearningResource)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vividly.model.lesson import Narration, Script, from_json, to_json
from vividly.model.request import Request
from vividly.platform.storage import ObjectStore

_SUFFIXES = {
    "video": "mp4",
    "captions": "vtt",
    "chapters": "chapters.vtt",
    "transcript": "transcript.md",
    "thumbnail": "jpg",
    "audio": "m4a",
    "lesson": "lesson.json",
}
CONTENT_TYPES = {
    "video": "video/mp4",
    "captions": "text/vtt",
    "chapters": "text/vtt",
    "transcript": "text/markdown",
    "thumbnail": "image/jpeg",
    "audio": "audio/mp4",
    "lesson": "application/json",
}
_ACCESSIBILITY = {"captions": "captions", "transcript": "transcript", "chapters": "bookmarks"}
"""File kind -> the term of schema.org's accessibility vocabulary that it provides."""
SCRIPT = "vividly:script"
"""Key of the whole script in `lesson.json`, for `vividly preview` and for rendering again."""
LICENCE_URLS = {
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-SA 4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC BY-NC 4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC BY-NC-SA 4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
"""Licence -> the URL of its text, as schema.org requires."""


def delivered_name(request_id: str, kind: str) -> str:
    """The object name of a file of a lesson in the generated bucket."""
    return f"videos/{request_id}.{_SUFFIXES[kind]}"


def lesson_json(
    request: Request, script: Script, narration: Narration, urls: Mapping[str, str]
) -> bytes:
    """The lesson as a schema.org LearningResource, with its scenes and their times."""
    starts = (*narration.scene_starts, narration.duration)
    used = dict.fromkeys(source.licence for source in script.sources)
    licences = [LICENCE_URLS[name] for name in used if name in LICENCE_URLS and len(used) == 1]
    value = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "identifier": request.request_id,
        "name": script.title,
        "about": script.subject,
        "inLanguage": script.language,
        **({"preferredModality": preferred} if (preferred := request.preferred_modality) else {}),
        "educationalLevel": f"Grade {request.grade_level}",
        "interest": script.bridge,
        "readingLevel": round(script.reading_level, 1),
        "timeRequired": f"PT{round(narration.duration)}S",
        "learningResourceType": f"{_form(urls)} lesson",
        "teaches": [scene.heading for scene in script.scenes if scene.explains],
        "isAccessibleForFree": True,
        "accessMode": ["auditory", *(["visual"] if "video" in urls else [])],
        "accessibilityFeature": [name for kind, name in _ACCESSIBILITY.items() if kind in urls],
        "encoding": [
            {
                "@type": "MediaObject",
                "name": kind,
                "contentUrl": url,
                "encodingFormat": CONTENT_TYPES[kind],
            }
            for kind, url in urls.items()
        ],
        **({"thumbnailUrl": urls["thumbnail"]} if "thumbnail" in urls else {}),
        **({"license": licences[0]} if len(licences) == 1 else {}),
        "citation": [
            {
                "@type": "CreativeWork",
                "name": source.title,
                "pagination": source.section,
                "creditText": source.attribution,
                "license": LICENCE_URLS.get(source.licence, source.licence),
                "url": source.url,
            }
            for source in script.sources
        ],
        "hasPart": [
            {
                "@type": "Clip",
                "name": scene.heading,
                "kind": scene.kind,
                "startOffset": round(starts[at], 3),
                "endOffset": round(starts[at + 1], 3),
                "lines": [{"text": line.say, "passages": line.passages} for line in scene.lines],
            }
            for at, scene in enumerate(script.scenes)
        ],
        SCRIPT: json.loads(to_json(script)),
        "author": {
            "writer": script.writer,
            "voice": narration.voice,
            "robotic": narration.robotic,
        },
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _form(urls: Mapping[str, str]) -> str:
    return "video" if "video" in urls else "audio"


def script_of_lesson(value: Mapping[str, Any]) -> Script:
    """The script that a finished lesson's `lesson.json` carries.

    Raises:
        KeyError: it has no script, since it was made by an older version.
        pydantic.ValidationError: its script is malformed.
    """
    return from_json(Script, json.dumps(value[SCRIPT]).encode())


def withdraw(request_id: str, attempt: int, store: ObjectStore) -> None:
    """Delete every file of a request that this attempt or an earlier one delivered.

    Raises:
        Superseded: a later attempt has delivered.
        TransientError: the bucket is busy or unavailable.
    """
    for kind in _SUFFIXES:
        store.delete(delivered_name(request_id, kind), attempt=attempt)
