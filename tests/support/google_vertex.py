"""Vertex AI's wire format: generateContent, countTokens, predict and embedContent.

Requests must be what Google accepts, down to the names of fields. Handlers write the model's
answers from the content of the request (`GoogleServer.generates`).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from tests.support.google_server import Call, Handler, Json, Refusal, needs_token

_MODEL = (
    r"/v1(?:beta1)?/projects/(?P<project>[a-z][a-z0-9-]{2,28}[a-z0-9])"
    r"/locations/(?P<location>global|us|eu|[a-z]+-[a-z]+[0-9]+)"
    r"/publishers/google/models/(?P<model>[a-z0-9.-]+):"
)
GENERATIVE = {
    "gemini-3.1-flash-lite": ("MINIMAL", "LOW", "MEDIUM", "HIGH"),
    "gemini-3.1-pro-preview": ("LOW", "MEDIUM", "HIGH"),
    "gemini-3.5-flash": ("MINIMAL", "LOW", "MEDIUM", "HIGH"),
    "gemini-3.5-flash-lite": ("MINIMAL", "LOW", "MEDIUM", "HIGH"),
    "gemini-3.8-flash": ("LOW", "MEDIUM", "HIGH"),
}
"""Thinking levels by model. None of the models is in a single region."""
MULTI_REGIONS = ("global", "us", "eu")
EMBEDDING = {"gemini-embedding-001": 1, "text-embedding-005": 250, "gemini-embedding-2": 1}
"""Texts per request by model."""
FULL_DIMENSIONS = {"gemini-embedding-001": 3072, "text-embedding-005": 768}
MAX_OUTPUT = 65_535
HARMS = ("HATE_SPEECH", "DANGEROUS_CONTENT", "HARASSMENT", "SEXUALLY_EXPLICIT")
THRESHOLDS = (
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF",
)
TASKS = (
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
)
_GENERATE = {
    "contents",
    "systemInstruction",
    "safetySettings",
    "generationConfig",
    "labels",
    "tools",
    "toolConfig",
    "cachedContent",
}
_CONFIG = {
    "temperature",
    "topP",
    "topK",
    "maxOutputTokens",
    "stopSequences",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseMimeType",
    "responseSchema",
    "thinkingConfig",
}
_SCHEMA = {
    "type",
    "title",
    "description",
    "enum",
    "format",
    "nullable",
    "items",
    "properties",
    "required",
    "propertyOrdering",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "default",
    "anyOf",
}
_TYPES = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT")


class VertexAI:
    """The routes of Vertex AI.

    Attributes:
        models: the names of the existing models.
        writers: (selection, handler) of each kind of call; the first match answers.
    """

    def __init__(self, route: Callable[[str, str, Handler], None]) -> None:
        self.models = {*GENERATIVE, *EMBEDDING}
        self.writers: list[tuple[Callable[[Call], bool], Handler]] = []
        route("POST", _MODEL + "generateContent", self._generate)
        route("POST", _MODEL + "countTokens", self._count)
        route("POST", _MODEL + "predict", self._predict)
        route("POST", _MODEL + "embedContent", self._embed)

    def _generate(self, call: Call) -> Json:
        self._allowed(call, GENERATIVE)
        _only(call.body, _GENERATE, "")
        _contents(call.body.get("contents"))
        _safety(call.body.get("safetySettings", []))
        config = call.body.get("generationConfig", {})
        _config(config)
        _thinking(config.get("thinkingConfig", {}), GENERATIVE[call.names["model"]])
        handler = next((handler for when, handler in self.writers if when(call)), None)
        if handler is None:
            raise Refusal(400, "Unable to submit request: nobody plays this model's part here.")
        written = json.dumps(handler(call), ensure_ascii=False)
        text = "\n".join((system_of(call), prompt_of(call)))
        used, limit = _tokens(written), config.get("maxOutputTokens", MAX_OUTPUT)
        reason = "STOP"
        if used > limit:
            # Like a model, it stops in the middle.
            written, used, reason = written[: 4 * limit], limit, "MAX_TOKENS"
        return {
            "candidates": [
                {
                    "content": {"role": "model", "parts": [{"text": written}]},
                    "finishReason": reason,
                    "avgLogprobs": -0.1,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": _tokens(text),
                "candidatesTokenCount": used,
                "totalTokenCount": _tokens(text) + used,
                "trafficType": "ON_DEMAND",
            },
            "modelVersion": call.names["model"],
            "createTime": "2026-01-05T08:00:00.000000Z",
            "responseId": hashlib.sha256(text.encode()).hexdigest()[:22],
        }

    def _count(self, call: Call) -> Json:
        self._allowed(call, GENERATIVE)
        _contents(call.body.get("contents"))
        return {"totalTokens": _tokens(prompt_of(call)), "totalBillableCharacters": 8}

    def _predict(self, call: Call) -> Json:
        self._allowed(call, EMBEDDING)
        model, most = call.names["model"], EMBEDDING[call.names["model"]]
        _only(call.body, {"instances", "parameters"}, "")
        instances = call.body.get("instances")
        if not isinstance(instances, list) or not instances:
            raise Refusal(400, "Invalid instances: empty.")
        if len(instances) > most:
            raise Refusal(
                400, f"{most} instance(s) is allowed per prediction. Actual: {len(instances)}"
            )
        parameters = call.body.get("parameters", {})
        full = FULL_DIMENSIONS[model]
        dimensions = parameters.get("outputDimensionality", full)
        if not 1 <= dimensions <= full:
            raise Refusal(400, f"outputDimensionality must be between 1 and {full}.")
        for instance in instances:
            _only(instance, {"content", "task_type", "title", "mimeType"}, "instances[0]")
            if not instance.get("content"):
                raise Refusal(400, "The text content is empty.")
            if instance.get("task_type") not in (None, *TASKS):
                raise Refusal(400, f"Unsupported task type: {instance['task_type']}")
        if sum(_tokens(i["content"]) for i in instances) > 20_000:
            raise Refusal(400, "The input token count exceeds the maximum of 20000.")
        return {
            "predictions": [
                {
                    "embeddings": {
                        "values": vector(instance["content"], dimensions),
                        "statistics": {
                            "token_count": _tokens(instance["content"]),
                            "truncated": _tokens(instance["content"]) > 2048,
                        },
                    }
                }
                for instance in instances
            ]
        }

    def _embed(self, call: Call) -> Json:
        self._allowed(call, EMBEDDING)
        _only(call.body, {"content", "embedContentConfig"}, "")
        _contents([call.body.get("content")])
        dimensions = call.body.get("embedContentConfig", {}).get("outputDimensionality", 3072)
        text = "".join(part["text"] for part in call.body["content"]["parts"])
        return {
            "embedding": {"values": vector(text, dimensions)},
            "usageMetadata": {"promptTokenCount": _tokens(text)},
        }

    def _allowed(self, call: Call, kind: Collection[str]) -> None:
        needs_token(call)
        model, project = call.names["model"], call.names["project"]
        elsewhere = kind is GENERATIVE and call.names["location"] not in MULTI_REGIONS
        if model not in self.models or model not in kind or elsewhere:
            raise Refusal(
                404,
                f"Publisher Model `projects/{project}/locations/{call.names['location']}"
                f"/publishers/google/models/{model}` was not found or your project does not "
                "have access to it. Please ensure you are using a valid model version.",
            )


def asks_for(*properties: str) -> Callable[[Call], bool]:
    """Selects calls of generateContent whose schema has all these properties."""

    def asks(call: Call) -> bool:
        schema = call.body.get("generationConfig", {}).get("responseSchema", {})
        return set(properties) <= schema.get("properties", {}).keys()

    return asks


def prompt_of(call: Call) -> str:
    """The prompt, without the system instruction."""
    return "\n".join(part["text"] for content in call.body["contents"] for part in content["parts"])


def system_of(call: Call) -> str:
    """The system instruction; empty if there is none."""
    parts = call.body.get("systemInstruction", {}).get("parts", [])
    return "\n".join(part["text"] for part in parts)


def student_texts(prompt: str) -> list[str]:
    """The students' text in a prompt, as marked by `vividly.lesson.prompts.student_text`."""
    found = re.finditer(r'<student-text-([0-9a-f]+)>\n(".*")\n</student-text-\1>', prompt)
    return [json.loads(one[2]) for one in found]


def vector(text: str, dimensions: int) -> list[float]:
    """A vector of length 3 whose direction depends on the words: texts that share words are near.

    Like shortened vectors of gemini-embedding-001 it is not normalised.
    """
    values = [0.0] * dimensions
    for word in re.findall(r"\w+", text.casefold()):
        digest = hashlib.sha256(word[:6].encode()).digest()
        at = int.from_bytes(digest[:4], "big") % dimensions
        values[at] += 1.0 if digest[4] % 2 else -1.0
    length = math.sqrt(sum(value * value for value in values))
    if not length:
        values[0] = length = 1.0
    return [3.0 * value / length for value in values]


# -- what Google accepts ----------------------------------------------------------------------


def _contents(contents: Any) -> None:
    if not isinstance(contents, list) or not contents:
        raise Refusal(400, "Unable to submit request because it must have a contents field.")
    for at, content in enumerate(contents):
        where = f"contents[{at}]"
        _only(content, {"role", "parts"}, where)
        if content.get("role") not in ("user", "model"):
            raise Refusal(400, "Please use a valid role: user, model.")
        if not isinstance(content.get("parts"), list) or not content["parts"]:
            raise Refusal(400, f"Unable to submit request: {where} must include at least one part")
        for part in content["parts"]:
            if not isinstance(part, dict) or not isinstance(part.get("text"), str):
                raise Refusal(400, f"Unable to submit request: {where} has a part without text")
            if not part["text"]:
                raise Refusal(
                    400, "Unable to submit request because it has an empty text parameter"
                )


def _safety(settings: Any) -> None:
    for setting in settings:
        category = str(setting.get("category", "")).removeprefix("HARM_CATEGORY_")
        if category not in HARMS or setting.get("threshold") not in THRESHOLDS:
            raise Refusal(400, "Invalid value at 'safety_settings[0]'")


def _config(config: Json) -> None:
    _only(config, _CONFIG, "generation_config")
    if not 0 <= config.get("temperature", 1.0) <= 2:
        raise Refusal(400, "Unable to submit request: temperature must be in the range [0, 2].")
    if not 1 <= config.get("maxOutputTokens", 1) <= MAX_OUTPUT:
        raise Refusal(
            400, f"Unable to submit request: maxOutputTokens must be from 1 to {MAX_OUTPUT + 1}."
        )
    if config.get("responseMimeType") != "application/json" or "responseSchema" not in config:
        raise Refusal(400, "Unable to submit request: this needs a JSON response schema.")
    for path, schema in _schemas(config["responseSchema"], "response_schema"):
        _only(schema, _SCHEMA, path)
        if schema.get("type") not in _TYPES and "anyOf" not in schema:
            raise Refusal(400, f"Invalid value at '{path}.type' (TYPE_ENUM)")
        if schema.get("type") == "ARRAY" and "items" not in schema:
            raise Refusal(400, f"{path}.items: missing field.")
        if schema.get("type") == "OBJECT" and not schema.get("properties"):
            raise Refusal(400, f"{path}.properties: should be non-empty for OBJECT type")


def _thinking(config: Any, levels: Collection[str]) -> None:
    _only(config, {"thinkingLevel", "includeThoughts"}, "generation_config.thinking_config")
    level = config.get("thinkingLevel", config.get("thinking_level"))
    if level is not None and level not in levels:
        raise Refusal(400, f"Thinking level is unsupported: THINKING_LEVEL_{level}")


def _schemas(schema: Any, path: str) -> Iterator[tuple[str, Json]]:
    if not isinstance(schema, dict):
        raise Refusal(400, f"Invalid value at '{path}'")
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _schemas(inner, f"{path}.properties[{name!r}]")
    if "items" in schema:
        yield from _schemas(schema["items"], f"{path}.items")
    for at, inner in enumerate(schema.get("anyOf", schema.get("any_of", []))):
        yield from _schemas(inner, f"{path}.any_of[{at}]")


def _only(body: Any, known: Collection[str], where: str) -> None:
    """Refuse fields that the message lacks, in both JSON spellings."""
    if not isinstance(body, dict):
        raise Refusal(400, f"Invalid value at '{where}' (TYPE_MESSAGE)")
    for name in body:
        camel = re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
        if name not in known and camel not in known:
            at = f" at '{where}'" if where else ""
            raise Refusal(
                400,
                f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.',
            )


def _tokens(text: str) -> int:
    """About the number that a model counts: one token per four characters."""
    return max(1, math.ceil(len(text) / 4))
