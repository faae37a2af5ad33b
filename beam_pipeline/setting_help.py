"""What `--help` says of each setting (`vividly.model.settings.Settings`)."""

from __future__ import annotations

HELP = {
    "database_url": "postgresql://USER:PASSWORD@HOST/DATABASE, postgresql:///DATABASE?"
    "cloud_sql_instance=PROJECT:REGION:INSTANCE, or the Secret Manager resource name of a secret "
    "that holds it (the only form for Dataflow)",
    "generated_content_bucket": "where finished lessons go: gs://NAME or a directory",
    "temp_files_bucket": "where stages keep their results: gs://NAME or a directory",
    "oer_content_bucket": "where educational source material lies: gs://NAME or a directory",
    "environment": "dev, staging or prod; requests made for another one are dead-lettered",
    "understanding_provider": "who finds what a question is about: offline or gemini",
    "retrieval_provider": "how passages are found: hybrid (words and vectors) or postgres (words)",
    "embedding_provider": "who makes the vectors of hybrid retrieval: offline "
    "(a sentence encoder), static, lsa or vertex",
    "sentence_encoder": "a folder with all-MiniLM-L6-v2, in place of the installed package's",
    "script_provider": "who writes the script: offline or gemini",
    "speech_provider": "who speaks: flite, espeak or google, or several with commas: the "
    "first that knows a lesson's language",
    "speech_voice": "a voice of the speech provider; its own default where empty",
    "speech_style": "how the voice is to sound, of the provider's styles; its default where empty",
    "vertex_project": "the project that Vertex AI is called and billed in; --project where empty",
    "vertex_location": "where Vertex AI is called: global, us or eu; Gemini 3 is in no "
    "single region",
    "vertex_endpoint": "Vertex AI's address where it is not Google's public one",
    "understanding_model": "the Gemini model that understands questions",
    "understanding_temperature": "its temperature, 0 to 2; -1 for its own",
    "understanding_thinking": "how far it thinks first: minimal, low, medium or high",
    "script_model": "the Gemini model that writes scripts",
    "script_temperature": "its temperature, 0 to 2; -1 for its own",
    "script_thinking": "how far it thinks first: minimal, low, medium or high",
    "embedding_model": "the Vertex AI model that makes vectors",
    "embedding_location": "where that is called; as --vertex_location where empty",
    "embedding_dimensions": "the length of its vectors",
    "model_timeout": "seconds that one call of a model may take",
    "tts_transport": "how Text-to-Speech is called: grpc or rest",
    "tts_endpoint": "Text-to-Speech's address where it is not Google's public one",
    "speech_timeout": "seconds that one call of Text-to-Speech may take",
    "similar_lesson_distance": "cosine distance of interests up to which a lesson is shared; "
    "0: only where they are the same",
    "max_cost_usd": "US dollars that a request may cost in all; 0 for no limit",
    "over_cost": "what becomes of a request that would cost more: text_only or fail",
    "help_lines": "file (a path or gs://bucket/name) that replaces "
    "vividly/lesson/safety/help_lines.yaml",
    "price_table": "path of a price table that replaces vividly/platform/cost/prices.yaml",
    "reading_level_tolerance": "school grades by which a script may be off",
    "video_encoder": "who encodes the video: pyav or moviepy",
    "video_aspect": "the shape of the video: 16:9, or 9:16 for phones held upright",
    "video_captions": "captions with the word being spoken: burned_in to the picture, or "
    "track_only, as a track that the player shows",
    "video_frame_rate": "cfr, 30 frames a second, or vfr, only the frames that differ",
    "request_budget": "seconds that a request may take in all",
    "stage_deadlines": "seconds for stages that are to have others than their own, as in "
    "speak=240,render=420",
    "lease": "seconds that a claim outlives the last sign of life of its worker",
    "lease_margin": "seconds that a claim is renewed beyond its stage's time limit",
    "durable_retries": "on: a request that meets trouble waits in the ledger until `vividly "
    "requeue` brings it back; off: it fails. Always off with --input_file",
    "retry_patience": "seconds that a stage retries before a retry of the request is scheduled",
    "max_attempts": "how often a request is begun, and a stage tried, before it fails",
    "stage_concurrency": "requests that one process works on at once, outside rendering",
    "render_concurrency": "videos that one process renders at once",
    "trace_export": "where traces go: cloud (Cloud Trace), the address of an OTLP "
    "collector, the path of a file, or nowhere",
}
