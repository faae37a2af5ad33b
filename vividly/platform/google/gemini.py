"""Gemini on Vertex AI: answers in a schema, and embeddings of texts.

Each call is one request, or two if the answer was too long. Nothing is retried here and no
answer is repaired: an answer that does not fit the schema is an error that says where.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from google.genai import Client, types
from pydantic import BaseModel, ValidationError

from vividly.model.errors import TransientError, UnusableAnswer
from vividly.model.explain import faults_of
from vividly.model.gemini_models import THOUGHT_TOKENS, takes_temperature, thinking_level
from vividly.model.settings import Settings
from vividly.model.time_left import at_most
from vividly.platform.cost import charge
from vividly.platform.google.blocked import SAFETY_SETTINGS, check_allowed, finish_reason, text_of
from vividly.platform.google.embedding import embed
from vividly.platform.google.errors import google_errors
from vividly.platform.google.vertex import vertex_client

T = TypeVar("T", bound=BaseModel)

MOST_OUTPUT_TOKENS = 65_535
"""What the models of Gemini 3 can write at most, thoughts included."""
GROWTH = 2
"""Factor of the token limit for an answer that did not fit at first."""
CHECK_TIMEOUT_S = 20.0
FIXES = {
    400: (
        "check the model and --vertex_location: it may not do what is asked of it, such as "
        "answers in a schema"
    ),
    403: (
        "enable aiplatform.googleapis.com in --vertex_project, and grant the workers' service "
        "account roles/aiplatform.user"
    ),
    404: "check the model's name, --vertex_project, --vertex_location and --vertex_endpoint",
}
"""What to do about a refusal of Vertex AI, by HTTP status."""


@dataclass(frozen=True)
class Generated(Generic[T]):
    """What a model answered.

    Attributes:
        value: the answer, valid by its schema.
        model_version: the version of the model that answered.
        input_tokens, output_tokens: as billed for all requests together; thoughts are output.
        requests: how many it took: 2 where the first answer was cut off.
    """

    value: T
    model_version: str
    input_tokens: int
    output_tokens: int
    requests: int


class Gemini:
    """The models of a project. Safe between threads."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def generate(
        self,
        *,
        model: str,
        system: str,
        prompt: str,
        schema: type[T],
        temperature: float,
        max_output_tokens: int,
        timeout: float,
        thinking: str = "low",
    ) -> Generated[T]:
        """An answer in the form of a schema.

        Every request is charged, whatever comes of it. An answer that hits the limit is
        asked for once more with a limit twice as high.

        Args:
            system: what always holds; never the student's words.
            temperature: 0 to 2; below 0, or for a model that has none, it is left to the model.
            max_output_tokens: of the answer; room for its thoughts comes on top.
            timeout: seconds in all; no more than its stage has left.
            thinking: how far it thinks first, one of `models.THINKING_LEVELS`.

        Raises:
            ContentBlocked: Gemini refused the prompt or the answer as unsafe.
            UnusableAnswer: the answer is empty, cut off, or does not fit the schema.
            DeadlineExceeded: the stage has no time left.
            PermanentError: the request was refused; the message says what to do.
            TransientError: Vertex AI was busy, slow or away.
        """
        what, end = f"Gemini ({model})", time.monotonic() + at_most(timeout)
        tokens_in = tokens_out = 0
        first = min(max_output_tokens + THOUGHT_TOKENS[thinking], MOST_OUTPUT_TOKENS)
        limits = (first, min(GROWTH * first, MOST_OUTPUT_TOKENS))
        for number, limit in enumerate(limits, 1):
            left = end - time.monotonic()
            if left <= 0:
                raise TransientError(f"{what}: no time is left to ask for a longer answer")
            config = _config(model, system, schema, temperature, limit, left, thinking)
            with google_errors(what, private=prompt, fixes=FIXES):
                response = self._client.models.generate_content(
                    model=model, contents=_user(prompt), config=config
                )
            came, went = _charge(model, response)
            tokens_in, tokens_out = tokens_in + came, tokens_out + went
            check_allowed(what, response)
            if finish_reason(response) != "MAX_TOKENS":
                value = _parse(what, text_of(what, response), schema)
                return Generated(
                    value, response.model_version or model, tokens_in, tokens_out, number
                )
        raise UnusableAnswer(f"{what}: the answer is longer than {limits[-1]} tokens")

    def embed(
        self, texts: list[str], *, model: str, task: str, dimensions: int, timeout: float
    ) -> list[list[float]]:
        """A vector of length 1 for each text, in their order.

        Args:
            task: what the vectors are for, such as `RETRIEVAL_DOCUMENT` or `RETRIEVAL_QUERY`.
            timeout: seconds for each request, of which there may be as many as texts; no more
                than its stage has left.

        Raises:
            UnusableAnswer: vectors are missing, or not of the length that was asked for.
            PermanentError: the request was refused, or a text is empty.
            TransientError: Vertex AI was busy, slow or away.
        """
        with google_errors(f"Vertex AI ({model})", private="\n".join(texts), fixes=FIXES):
            return embed(self._client, texts, model, task, dimensions, at_most(timeout))

    def check(self, model: str) -> None:
        """Ask for a model in a way that costs nothing, to find out whether it can be used.

        Raises:
            PermanentError: the model, the project or a permission is missing.
            TransientError: Vertex AI was busy, slow or away.
        """
        with google_errors(f"Gemini ({model})", fixes=FIXES):
            self._client.models.count_tokens(
                model=model,
                contents=_user("Hello"),
                config=types.CountTokensConfig(http_options=_within(CHECK_TIMEOUT_S)),
            )

    def check_embedding(self, model: str, *, dimensions: int) -> None:
        """The same for a model of embeddings, by one short text.

        Raises:
            UnusableAnswer: it answers with other vectors than were asked for.
            PermanentError: the model, the project or a permission is missing.
            TransientError: Vertex AI was busy, slow or away.
        """
        self.embed(
            ["Hello"],
            model=model,
            task="RETRIEVAL_QUERY",
            dimensions=dimensions,
            timeout=CHECK_TIMEOUT_S,
        )


@dataclass(frozen=True)
class Model:
    """A model of a project, and how it is asked. Safe between threads.

    Attributes:
        name, temperature, thinking: see `Gemini.generate`.
        timeout: seconds for one answer.
    """

    gemini: Gemini
    name: str
    temperature: float
    thinking: str
    timeout: float

    def ask(self, system: str, prompt: str, schema: type[T], *, max_output_tokens: int) -> T:
        """Return the answer to a prompt; see `Gemini.generate` for arguments and errors."""
        return self.gemini.generate(
            model=self.name,
            system=system,
            prompt=prompt,
            schema=schema,
            temperature=self.temperature,
            max_output_tokens=max_output_tokens,
            timeout=self.timeout,
            thinking=self.thinking,
        ).value


def script_model(settings: Settings) -> Model:
    """The model that writes, judges and repairs scripts.

    Raises:
        SettingsError: project, location or endpoint is missing or malformed.
    """
    return Model(
        make_gemini(settings),
        settings.script_model,
        settings.script_temperature,
        settings.script_thinking,
        settings.model_timeout,
    )


def understanding_model(settings: Settings) -> Model:
    """The model that understands questions.

    Raises:
        SettingsError: project, location or endpoint is missing or malformed.
    """
    return Model(
        make_gemini(settings),
        settings.understanding_model,
        settings.understanding_temperature,
        settings.understanding_thinking,
        settings.model_timeout,
    )


def make_gemini(settings: Settings) -> Gemini:
    """Gemini for these settings. All that share project, location and endpoint share a client.

    Raises:
        SettingsError: one of those is missing or malformed.
    """
    return Gemini(vertex_client(settings))


def make_embedding_gemini(settings: Settings) -> Gemini:
    """The same at `embedding_location`, if that is another one.

    Raises:
        SettingsError: project, location or endpoint is missing or malformed.
    """
    location = settings.embedding_location or settings.vertex_location
    return make_gemini(replace(settings, vertex_location=location))


def _config(
    model: str,
    system: str,
    schema: type[BaseModel],
    temperature: float,
    limit: int,
    seconds: float,
    thinking: str,
) -> Any:
    level = thinking_level(model, thinking)
    return types.GenerateContentConfig(
        system_instruction=system,
        temperature=temperature if temperature >= 0 and takes_temperature(model) else None,
        max_output_tokens=limit,
        response_mime_type="application/json",
        response_schema=schema,
        safety_settings=SAFETY_SETTINGS,
        thinking_config=types.ThinkingConfig(thinking_level=level) if level else None,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        http_options=_within(seconds),
    )


def _within(seconds: float) -> Any:
    return types.HttpOptions(timeout=max(1, int(1000 * seconds)))


def _user(text: str) -> Any:
    return [types.Content(role="user", parts=[types.Part(text=text)])]


def _charge(model: str, response: Any) -> tuple[int, int]:
    """Charge what a request used: tokens in, and out with thoughts."""
    usage = response.usage_metadata
    if usage is None:
        return 0, 0
    came = (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)
    went = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    charge(model, input_tokens=came, output_tokens=went)
    return came, went


def _parse(what: str, text: str, schema: type[T]) -> T:
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:
        # Where and how only: what the model wrote may repeat the student's words.
        (where, fault), *others = faults_of(error)
        problem = f"{where or 'the answer'} {fault} ({1 + len(others)} in all)"
    raise UnusableAnswer(f"{what}: the answer does not fit its schema: {problem}")
