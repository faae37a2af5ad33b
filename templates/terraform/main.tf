locals {
  labels = {
    service     = "vividly"
    environment = var.environment
  }
  topics = {
    requests      = "content-generation-requests"
    media         = "content-media"
    notifications = "content-notifications"
    dead_letters  = "content-requests-${var.environment}-dlq"
  }
  subscriptions = {
    requests      = "content-generation-worker-sub"
    media         = "content-media-worker-sub"
    notifications = "content-notifications-sub"
    dead_letters  = "content-requests-${var.environment}-dlq-sub"
  }
  # What every command reads (docs/interfaces.md); the database's URL as the name of its secret.
  system = {
    DATABASE_URL                 = "${google_secret_manager_secret.database_url.id}/versions/latest"
    GCP_PROJECT_ID               = var.project
    ENVIRONMENT                  = var.environment
    GCS_GENERATED_CONTENT_BUCKET = google_storage_bucket.generated.url
  }
  apis = [
    "aiplatform.googleapis.com",
    "artifactregistry.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudprofiler.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "cloudtrace.googleapis.com",
    "telemetry.googleapis.com",
    "compute.googleapis.com",
    "dataflow.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
    "texttospeech.googleapis.com",
  ]
}

data "google_project" "this" {
  depends_on = [google_project_service.api]
}

resource "google_project_service" "api" {
  for_each           = toset(local.apis)
  service            = each.value
  disable_on_destroy = false
}

resource "google_artifact_registry_repository" "images" {
  repository_id = "vividly"
  format        = "DOCKER"
  location      = var.region
  labels        = local.labels
  cleanup_policies {
    id     = "keep-ten"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }
  depends_on = [google_project_service.api]
}
