# One account for each part, with roles on single resources (docs/security.md).
locals {
  accounts = {
    text    = "Vividly: text workers"
    media   = "Vividly: media workers"
    requeue = "Vividly: requeue and canary"
    api     = "Vividly: API and pages"
  }
  workers = ["text", "media"]
  publishes = {
    text    = ["media", "notifications", "dead_letters"]
    media   = ["notifications", "dead_letters"]
    requeue = ["requests", "media", "notifications", "dead_letters"]
    # Operators replay hand-overs of older jobs to the media topic.
    api = ["requests", "media"]
  }
  subscribes = {
    text    = ["requests"]
    media   = ["media"]
    requeue = ["dead_letters"]
    api     = ["dead_letters"]
  }
  publish_pairs   = { for pair in flatten([for who, topics in local.publishes : [for t in topics : { who = who, topic = t }]]) : "${pair.who}-${pair.topic}" => pair }
  subscribe_pairs = { for pair in flatten([for who, topics in local.subscribes : [for t in topics : { who = who, topic = t }]]) : "${pair.who}-${pair.topic}" => pair }
  worker_roles = concat(
    ["roles/dataflow.worker", "roles/logging.logWriter", "roles/monitoring.metricWriter", "roles/telemetry.tracesWriter"],
    var.profiler ? ["roles/cloudprofiler.agent"] : [],
  )
  database_roles = ["roles/cloudsql.client", "roles/cloudsql.instanceUser"]
  database_pairs = { for pair in setproduct(keys(local.accounts), local.database_roles) : "${pair[0]}-${pair[1]}" => { who = pair[0], role = pair[1] } }
  worker_pairs   = { for pair in setproduct(local.workers, local.worker_roles) : "${pair[0]}-${pair[1]}" => { who = pair[0], role = pair[1] } }
}

resource "google_service_account" "account" {
  for_each     = local.accounts
  account_id   = "vividly-${each.key}"
  display_name = each.value
}

# Google has no narrower resource for these.
resource "google_project_iam_member" "worker" {
  for_each = local.worker_pairs
  project  = var.project
  role     = each.value.role
  member   = google_service_account.account[each.value.who].member
}

resource "google_project_iam_member" "database" {
  for_each = local.database_pairs
  project  = var.project
  role     = each.value.role
  member   = google_service_account.account[each.value.who].member
}

resource "google_project_iam_member" "models" {
  project = var.project
  role    = "roles/aiplatform.user"
  member  = google_service_account.account["text"].member
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.publish_pairs
  topic    = google_pubsub_topic.topic[each.value.topic].name
  role     = "roles/pubsub.publisher"
  member   = google_service_account.account[each.value.who].member
}

# To see that the topics are there: the job looks before it starts.
resource "google_pubsub_topic_iam_member" "viewer" {
  for_each = local.publish_pairs
  topic    = google_pubsub_topic.topic[each.value.topic].name
  role     = "roles/pubsub.viewer"
  member   = google_service_account.account[each.value.who].member
}

resource "google_pubsub_subscription_iam_member" "subscriber" {
  for_each     = local.subscribe_pairs
  subscription = google_pubsub_subscription.subscription[each.value.topic].name
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.account[each.value.who].member
}

resource "google_pubsub_subscription_iam_member" "subscription_viewer" {
  for_each     = local.subscribe_pairs
  subscription = google_pubsub_subscription.subscription[each.value.topic].name
  role         = "roles/pubsub.viewer"
  member       = google_service_account.account[each.value.who].member
}

# The canary removes what the jobs made for it.
resource "google_storage_bucket_iam_member" "temp" {
  for_each = toset([for name in keys(local.accounts) : name if name != "api"])
  bucket   = google_storage_bucket.temp.name
  role     = "roles/storage.objectUser"
  member   = google_service_account.account[each.value].member
}

resource "google_storage_bucket_iam_member" "staging" {
  for_each = toset(local.workers)
  bucket   = google_storage_bucket.staging.name
  role     = "roles/storage.objectUser"
  member   = google_service_account.account[each.value].member
}

resource "google_storage_bucket_iam_member" "oer" {
  for_each = toset(local.workers)
  bucket   = google_storage_bucket.oer.name
  role     = "roles/storage.objectViewer"
  member   = google_service_account.account[each.value].member
}

# The one job (split = false) runs as the text workers' account, and delivers too.
resource "google_storage_bucket_iam_member" "generated" {
  for_each = toset(concat(["media", "requeue"], var.split ? [] : ["text"]))
  bucket   = google_storage_bucket.generated.name
  role     = "roles/storage.objectUser"
  member   = google_service_account.account[each.value].member
}

resource "google_secret_manager_secret_iam_member" "database_url" {
  for_each  = local.accounts
  secret_id = google_secret_manager_secret.database_url.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.account[each.key].member
}

resource "google_artifact_registry_repository_iam_member" "reader" {
  for_each   = local.accounts
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.account[each.key].member
}

resource "google_pubsub_topic_iam_member" "gateway" {
  for_each = toset(concat(var.publishers, var.operators))
  topic    = google_pubsub_topic.topic["requests"].name
  role     = "roles/pubsub.publisher"
  member   = each.value
}

resource "google_storage_bucket_iam_member" "operator" {
  for_each = { for pair in setproduct(var.operators, ["generated", "temp"]) : "${pair[0]}-${pair[1]}" => pair }
  bucket   = each.value[1] == "temp" ? google_storage_bucket.temp.name : google_storage_bucket.generated.name
  role     = "roles/storage.objectUser"
  member   = each.value[0]
}

resource "google_pubsub_subscription_iam_member" "operator" {
  for_each     = toset(var.operators)
  subscription = google_pubsub_subscription.subscription["dead_letters"].name
  role         = "roles/pubsub.subscriber"
  member       = each.value
}
