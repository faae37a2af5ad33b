-- The roles of the database, with no more than each needs. Run once as the owner of the tables,
-- after the migrations, and again after an upgrade that brings tables:
--
--     psql postgresql://OWNER@HOST/DATABASE -f templates/database-roles.sql
--
-- Give each login one of them; of Cloud SQL with IAM login, that is a service account's address
-- without .gserviceaccount.com: GRANT vividly_worker TO "vividly-text@PROJECT.iam";
-- docs/security.md says who gets which.

DO $$
BEGIN
    CREATE ROLE vividly_worker NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
DO $$
BEGIN
    CREATE ROLE vividly_operator NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
DO $$
BEGIN
    CREATE ROLE vividly_api NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
DO $$
BEGIN
    CREATE ROLE vividly_reader NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

GRANT USAGE ON SCHEMA public TO vividly_worker, vividly_operator, vividly_api, vividly_reader;

-- The jobs, and `vividly requeue`: they write what becomes of requests, and read the library.
GRANT SELECT, INSERT, UPDATE ON content_requests, request_stages, lessons TO vividly_worker;
GRANT SELECT, INSERT ON request_events TO vividly_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON lesson_work, work_leases TO vividly_worker;
GRANT SELECT ON documents, topics, passages, corpus_versions, alembic_version TO vividly_worker;
GRANT SELECT, INSERT, UPDATE ON passage_embeddings, embedding_models TO vividly_worker;

-- The canary has a worker's rights, and removes its own requests, which its tool marks
-- (vividly/model/request.py). A worker may remove no other.
GRANT DELETE ON content_requests TO vividly_worker;
CREATE OR REPLACE FUNCTION vividly_keep_requests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_has_role(current_user, 'vividly_worker', 'USAGE')
        AND NOT pg_has_role(current_user, 'vividly_operator', 'USAGE') THEN
        RAISE insufficient_privilege USING MESSAGE = 'a worker may remove tests of its tools only';
    END IF;
    RETURN OLD;
END $$;
CREATE OR REPLACE TRIGGER vividly_keep_requests BEFORE DELETE ON content_requests
    FOR EACH ROW WHEN (NOT OLD.request_metadata ? 'vividly_fresh')
    EXECUTE FUNCTION vividly_keep_requests();

-- People who submit, cancel, replay and purge, and the ingestion of books.
GRANT vividly_worker TO vividly_operator;
GRANT DELETE ON content_requests, request_stages, request_events TO vividly_operator;
GRANT INSERT, UPDATE, DELETE ON documents, topics, passages, corpus_versions, passage_embeddings,
    embedding_models TO vividly_operator;

-- The API: it writes `pending` rows, cancels, and records feedback; it makes no tokens.
GRANT SELECT, INSERT, UPDATE ON content_requests TO vividly_api;
GRANT SELECT, UPDATE ON request_stages TO vividly_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON lesson_work TO vividly_api;
GRANT SELECT, INSERT ON request_events TO vividly_api;
GRANT SELECT ON topics, api_tokens, alembic_version TO vividly_api;
GRANT SELECT, INSERT, UPDATE ON request_feedback TO vividly_api;
GRANT SELECT, INSERT, UPDATE ON api_tokens TO vividly_operator;
GRANT SELECT, DELETE ON request_feedback TO vividly_operator;

-- Dashboards: what became of requests, not who asked what.
GRANT SELECT (id, correlation_id, grade_level, language, requested_modalities, topic, status,
    current_stage, progress_percentage, created_at, started_at, text_ready_at, completed_at,
    failed_at, error_stage, error_details, retry_count, attempt, total_duration_seconds, cost_usd,
    deadline_at, next_attempt_at, lease_expires_at)
    ON content_requests TO vividly_reader;
GRANT SELECT ON request_stages, corpus_versions TO vividly_reader;
