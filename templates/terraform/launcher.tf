# Who launches, updates and drains the jobs: a pipeline of continuous delivery, say. The launcher's
# own VM runs as the worker's account, which Dataflow's agent may use.
resource "google_service_account" "launcher" {
  account_id   = "vividly-launcher"
  display_name = "Vividly: launches the jobs"
}

# Google has no narrower resource for a role on jobs.
resource "google_project_iam_member" "launcher" {
  project = var.project
  role    = "roles/dataflow.developer"
  member  = google_service_account.launcher.member
}

resource "google_service_account_iam_member" "launcher" {
  for_each           = toset(local.workers)
  service_account_id = google_service_account.account[each.value].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.launcher.member
}

resource "google_storage_bucket_iam_member" "launcher" {
  bucket = google_storage_bucket.staging.name
  role   = "roles/storage.objectUser"
  member = google_service_account.launcher.member
}

resource "google_artifact_registry_repository_iam_member" "launcher" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.launcher.member
}

resource "google_pubsub_topic_iam_member" "launcher" {
  for_each = local.topics
  topic    = google_pubsub_topic.topic[each.key].name
  role     = "roles/pubsub.viewer"
  member   = google_service_account.launcher.member
}

resource "google_pubsub_subscription_iam_member" "launcher" {
  for_each     = local.subscriptions
  subscription = google_pubsub_subscription.subscription[each.key].name
  role         = "roles/pubsub.viewer"
  member       = google_service_account.launcher.member
}

resource "google_service_account_iam_member" "launchers" {
  for_each           = toset(var.launchers)
  service_account_id = google_service_account.launcher.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}
