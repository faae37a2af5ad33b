"""The settings that all stages share.

The job's own options (topics, runner) are in `beam_pipeline.options`, where each field of
`Settings` is an option of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from types import MappingProxyType
from typing import Annotated, Literal, get_args, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from vividly.model.database_url import database_url_problem
from vividly.model.gemini_models import OWN_TEMPERATURE, Thinking, takes_temperature

SPEECH_PROVIDERS = ("hibari", "kokoro", "espeak", "google")
STAGE_SECONDS: Mapping[str, float] = MappingProxyType(
    {
        "understand": 60.0,
        "find_lesson": 30.0,
        "retrieve": 60.0,
        "write_script": 120.0,
        "speak": 180.0,
        "render": 300.0,
        "deliver": 120.0,
    }
)
"""Default time limit of each stage in seconds, retries included: several times the measured
duration (docs/failures.md). `stage_deadlines` overrides it."""
SLOW_VOICES: Mapping[str, float] = MappingProxyType({"kokoro": 300.0})
"""The limit of the stage `speak` if such a provider is among those chosen: on two cores with
AVX2 and other work beside it, a lesson of 170 s takes Kokoro 100 to 200 s."""
Positive = Annotated[float, Field(gt=0)]
PositiveInt = Annotated[int, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


@dataclass(frozen=True)
class Settings:
    """The settings of a stage. Times are in seconds.

    Attributes:
        database_url: `postgresql://...`, or the resource name of a secret that holds it.
        generated_content_bucket: for finished lessons; `gs://name` or a directory.
        temp_files_bucket: for the results of stages.
        oer_content_bucket: has the educational source material.
        environment: `dev`, `staging` or `prod`.
        request_budget: how long a whole request may take.
        stage_deadlines: per-stage overrides of `STAGE_SECONDS`, such as `speak=240,render=420`.
        lease: how long a claim lasts after its last renewal.
        lease_margin: how long a claim is renewed beyond its stage's deadline.
        durable_retries: whether a failed request is scheduled for a retry in the ledger, for
            `vividly requeue` to publish; otherwise it fails at once.
        trace_export: where traces go: `cloud` for Cloud Trace, the address of an OTLP
            collector, the path of a file of JSON lines; empty for no traces.
        retry_patience: how long a stage retries before a retry of the request is scheduled.
        sentence_encoder: the directory or `gs://bucket/folder` with the sentence encoder's
            `model.onnx` and `tokenizer.json`; empty to use the installed packages.
        speech_provider: one of `SPEECH_PROVIDERS`, or several separated by commas.
        kokoro_model: the directory or `gs://bucket/folder` with `kokoro-v1.0.int8.onnx`; empty to
            use the installed packages.
        pronunciations: file of how words are said (a path, or `gs://bucket/name`), for names
            and local terms; see `vividly.lesson.speech.pronunciations`.
        vertex_project: the Google Cloud project in which Vertex AI is called and billed.
        vertex_endpoint: the address of Vertex AI if it is not Google's public one, such as a
            Private Service Connect address.
        understanding_temperature, script_temperature: 0 to 2; -1 leaves it to the model.
        understanding_thinking, script_thinking: the thinking level of the model.
        embedding_location: the location of the embedding model, if not `vertex_location`.
        embedding_dimensions: length of the vectors requested from Vertex AI.
        model_timeout: how long one call of a model may take.
        tts_endpoint: the address of Text-to-Speech if it is not Google's public one.
        speech_timeout: how long one call of a voice may take.
        similar_lesson_distance: cosine distance (0 to 2) up to which a lesson for a similar
            interest is served; 0 to serve only lessons for the same interest.
        max_cost_usd: maximum cost of a whole request, in US dollars; 0 for no limit.
        price_table: path of a price table that replaces the package's own.
        over_cost: what happens to a request that would cost more: `text_only` or `fail`.
        help_lines: file of help lines (a path, or `gs://bucket/name`) that replaces the
            package's own, for example with a school's own counsellor.
        reading_level_tolerance: by how many school grades a script's level may be off.
    """

    database_url: str = field(repr=False)  # may contain a password
    generated_content_bucket: str
    temp_files_bucket: str
    oer_content_bucket: str = ""
    environment: Literal["dev", "staging", "prod"] = "dev"
    understanding_provider: Literal["offline", "gemini"] = "offline"
    retrieval_provider: Literal["hybrid", "postgres"] = "hybrid"
    embedding_provider: Literal["offline", "vertex"] = "offline"
    script_provider: Literal["offline", "gemini"] = "offline"
    sentence_encoder: str = ""
    speech_provider: str = "hibari"
    speech_voice: str = ""
    speech_style: str = ""
    kokoro_model: str = ""
    pronunciations: str = ""
    vertex_project: str = ""
    vertex_location: str = "global"
    vertex_endpoint: str = ""
    understanding_model: str = "gemini-3.5-flash-lite"
    understanding_temperature: float = OWN_TEMPERATURE
    understanding_thinking: Thinking = "minimal"
    script_model: str = "gemini-3.5-flash-lite"
    script_temperature: float = OWN_TEMPERATURE
    script_thinking: Thinking = "low"
    embedding_location: str = ""
    embedding_model: str = "gemini-embedding-001"
    embedding_dimensions: PositiveInt = 768
    model_timeout: Positive = 45.0
    tts_transport: Literal["grpc", "rest"] = "grpc"
    tts_endpoint: str = ""
    speech_timeout: Positive = 30.0
    similar_lesson_distance: NotNegative = 0.15
    max_cost_usd: NotNegative = 0.0
    over_cost: Literal["text_only", "fail"] = "text_only"
    price_table: str = ""
    help_lines: str = ""
    reading_level_tolerance: Positive = 1.5
    video_encoder: Literal["pyav", "moviepy"] = "pyav"
    video_aspect: Literal["16:9", "9:16"] = "16:9"
    video_captions: Literal["burned_in", "track_only"] = "burned_in"
    video_motion: Literal["on", "off"] = "on"
    video_frame_rate: Literal["cfr", "vfr"] = "cfr"
    request_budget: Positive = 600.0
    stage_deadlines: str = ""
    lease: Positive = 60.0
    lease_margin: NotNegative = 30.0
    durable_retries: Literal["on", "off"] = "on"
    retry_patience: Positive = 30.0
    max_attempts: PositiveInt = 5
    stage_concurrency: PositiveInt = 8
    render_concurrency: PositiveInt = 1
    trace_export: str = ""

    def problems(self) -> Iterator[str]:
        """What is missing or malformed, each with the setting's name and the fix."""
        if not self.database_url:
            yield (
                "--database_url (or DATABASE_URL) is not set: give "
                "postgresql://USER:PASSWORD@HOST/DATABASE or a Secret Manager resource name "
                "projects/PROJECT/secrets/NAME/versions/latest"
            )
        elif problem := database_url_problem(self.database_url):
            yield f"--database_url (or DATABASE_URL) {problem}"
        for name, variable in (
            ("generated_content_bucket", "GCS_GENERATED_CONTENT_BUCKET"),
            ("temp_files_bucket", "GCS_TEMP_FILES_BUCKET"),
        ):
            if not getattr(self, name):
                yield f"--{name} (or {variable}) is not set: give gs://NAME or a directory"
        try:
            _rules().validate_python({one.name: getattr(self, one.name) for one in fields(self)})
        except ValidationError as error:
            yield from map(_said, error.errors(include_url=False))
        for voice in self.speech_providers:
            if voice not in SPEECH_PROVIDERS:
                yield (
                    f"--speech_provider={self.speech_provider!r}: choose one of "
                    f"{', '.join(SPEECH_PROVIDERS)}, or several with commas between them"
                )
                break
        if self.uses_vertex and not self.vertex_project:
            yield (
                "--vertex_project (or GCP_PROJECT_ID) is not set, and a provider is Vertex AI: "
                "give the project that it is billed to"
            )
        yield from self._temperature_problems()
        try:
            self.stage_seconds("")
        except ValueError as error:
            yield f"--stage_deadlines={self.stage_deadlines!r}: {error}"

    def stage_seconds(self, stage: str) -> float:
        """How long a stage may take.

        Raises:
            ValueError: `stage_deadlines` is malformed.
        """
        known = ", ".join(STAGE_SECONDS)
        chosen = dict(STAGE_SECONDS)
        slowest = max(SLOW_VOICES.get(name, 0.0) for name in self.speech_providers)
        chosen["speak"] = max(chosen["speak"], slowest)
        for part in filter(None, self.stage_deadlines.replace(" ", "").split(",")):
            name, _, value = part.partition("=")
            if name not in STAGE_SECONDS:
                raise ValueError(f"there is no stage {name!r}; the stages are {known}")
            try:
                chosen[name] = float(value)
            except ValueError:
                raise ValueError(f"{value!r} is no number of seconds: want {name}=90") from None
            if not 0 < chosen[name] <= 86_400:
                raise ValueError(f"{name}={value}: want seconds above 0, up to a day")
        return chosen.get(stage, 0.0)

    @property
    def speech_providers(self) -> tuple[str, ...]:
        """The speech providers in order; the first that has the lesson's language speaks."""
        return tuple(name.strip() for name in self.speech_provider.split(","))

    @property
    def uses_vertex(self) -> bool:
        """Whether any provider is Vertex AI."""
        return "gemini" in (self.understanding_provider, self.script_provider) or (
            self.retrieval_provider == "hybrid" and self.embedding_provider == "vertex"
        )

    def _temperature_problems(self) -> Iterator[str]:
        for use in ("understanding", "script"):
            name, model = f"{use}_temperature", getattr(self, f"{use}_model")
            value = getattr(self, name)
            if value != OWN_TEMPERATURE and not 0 <= value <= 2:
                yield f"--{name}={value:g}: give 0 to 2, or {OWN_TEMPERATURE:g} for the model's own"
            elif (
                value >= 0
                and getattr(self, f"{use}_provider") == "gemini"
                and not takes_temperature(model)
            ):
                yield (
                    f"--{name}={value:g}: {model} would ignore it or refuse the request; leave it "
                    f"at {OWN_TEMPERATURE:g}, or choose another --{use}_model"
                )


@cache
def _rules() -> TypeAdapter[Settings]:
    return TypeAdapter(Settings)


def choices(name: str) -> tuple[str, ...]:
    """The allowed values of a setting; empty if it is not a choice.

    Example: `choices("video_aspect")` is `("16:9", "9:16")`.
    """
    return get_args(get_type_hints(Settings)[name])


def _said(fault: ErrorDetails) -> str:
    """What is wrong with a setting, and the fix."""
    name = str(fault["loc"][0])
    match fault["type"]:
        case "literal_error":
            fix = f"choose one of {', '.join(choices(name))}"
        case "greater_than":
            fix = "must be above 0"
        case "greater_than_equal":
            fix = "must not be below 0"
        case _:
            fix = fault["msg"]
    return f"--{name}={fault['input']!r}: {fix}"
