"""The `--help` text of each setting (`vividly.model.settings.Settings`)."""

from __future__ import annotations

HELP = {
    "database_url": "postgresql://USER:PASSWORD@HOST/DATABASE, postgresql:///DATABASE?"
    "cloud_sql_instance=PROJECT:REGION:INSTANCE, or the Secret Manager resource name of a secret "
    "that holds it (the only form for Dataflow)",
    "generated_content_bucket": "bucket of finished lessons: gs://NAME or a directory",
    "temp_files_bucket": "bucket of the stages' results: gs://NAME or a directory",
    "oer_content_bucket": "bucket of educational source material: gs://NAME or a directory",
    "environment": "dev, staging or prod; requests for another one are dead-lettered",
    "understanding_provider": "finds the topic of a question: offline or gemini",
    "retrieval_provider": "finds passages: hybrid (words and vectors) or postgres (words)",
    "embedding_provider": "makes the vectors of hybrid retrieval: offline "
    "(a sentence encoder) or vertex",
    "sentence_encoder": "where model.onnx and tokenizer.json of the sentence encoder lie: a "
    "directory or gs://BUCKET/FOLDER; empty for those of the installed packages",
    "script_provider": "writes the script: offline or gemini",
    "speech_provider": "speaks: hibari, kokoro, espeak or google, or several with commas: the "
    "first that speaks a lesson's language",
    "speech_voice": "voice of the speech provider; empty for its default",
    "speech_style": "style of the voice, if the provider has styles; empty for its default",
    "kokoro_model": "where kokoro-v1.0.int8.onnx, the model of Kokoro's voices, lies: a "
    "directory or gs://BUCKET/FOLDER; empty for that of the installed packages",
    "pronunciations": "file (a path or gs://bucket/name) of how names and local terms are said, "
    "such as `en: {Siobhan: shiv awn}`",
    "vertex_project": "project that Vertex AI is called and billed in; empty for --project",
    "vertex_location": "location of Vertex AI: global, us or eu; Gemini 3 is not available in "
    "single regions",
    "vertex_endpoint": "address of Vertex AI if it is not Google's public one",
    "understanding_model": "Gemini model that understands questions",
    "understanding_temperature": "its temperature, 0 to 2; -1 for the model's default",
    "understanding_thinking": "how much it thinks: minimal, low, medium or high",
    "script_model": "Gemini model that writes scripts",
    "script_temperature": "its temperature, 0 to 2; -1 for the model's default",
    "script_thinking": "how much it thinks: minimal, low, medium or high",
    "embedding_model": "Vertex AI model that makes vectors",
    "embedding_location": "location of the embedding model; empty for --vertex_location",
    "embedding_dimensions": "number of dimensions of its vectors",
    "model_timeout": "seconds that one call of a model may take",
    "tts_transport": "protocol of Text-to-Speech: grpc or rest",
    "tts_endpoint": "address of Text-to-Speech if it is not Google's public one",
    "speech_timeout": "seconds that one call of Text-to-Speech may take",
    "similar_lesson_distance": "cosine distance of interests up to which a lesson is shared; "
    "0: only if they are the same",
    "max_cost_usd": "US dollars that a request may cost in all; 0 for no limit",
    "over_cost": "how a request ends that would cost more: text_only or fail",
    "help_lines": "file (a path or gs://bucket/name) that replaces "
    "vividly/lesson/safety/help_lines.yaml",
    "price_table": "path of a price table that replaces vividly/platform/cost/prices.yaml",
    "reading_level_tolerance": "school grades by which a script may miss the requested one",
    "video_encoder": "encodes the video: pyav or moviepy",
    "video_aspect": "shape of the video: 16:9, or 9:16 for upright phones",
    "video_captions": "captions that mark the spoken word: burned_in to the picture, or "
    "track_only, which the player shows",
    "video_motion": "whether waves run, charges move and so on in diagrams: on, or off for "
    "students whom motion disturbs",
    "video_frame_rate": "cfr, 30 frames a second, or vfr, only the frames that differ",
    "request_budget": "seconds that a request may take in all",
    "stage_deadlines": "time limits of single stages in seconds, such as speak=240,render=420",
    "lease": "seconds after which a claim expires if its worker does not renew it",
    "lease_margin": "seconds that a claim is renewed beyond its stage's time limit",
    "durable_retries": "on: after a transient failure a request waits in the ledger until `vividly "
    "requeue` publishes it again; off: it fails. Always off with --input_file",
    "retry_patience": "seconds that a stage retries before the request waits in the ledger",
    "max_attempts": "attempts of a request, and tries of a stage, before it fails",
    "stage_concurrency": "requests that one process works on at once, outside rendering",
    "render_concurrency": "videos that one process renders at once",
    "trace_export": "destination of traces: cloud (Cloud Trace), the address of an OTLP "
    "collector, or the path of a file; empty for none",
}
