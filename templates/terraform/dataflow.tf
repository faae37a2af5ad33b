locals {
  jobs = var.split ? {
    text = {
      subscription = { input_subscription = google_pubsub_subscription.subscription["requests"].id }
      machine_type = var.text_machine_type
      max_workers  = var.text_workers
    }
    media = {
      subscription = { media_subscription = google_pubsub_subscription.subscription["media"].id }
      machine_type = var.media_machine_type
      max_workers  = var.media_workers
    }
    } : {
    all = {
      subscription = { input_subscription = google_pubsub_subscription.subscription["requests"].id }
      machine_type = var.media_machine_type
      max_workers  = var.media_workers
    }
  }
}

resource "google_dataflow_flex_template_job" "job" {
  provider                = google-beta
  for_each                = var.launch_jobs ? local.jobs : {}
  name                    = "vividly-${each.key}"
  region                  = var.region
  container_spec_gcs_path = var.template_path
  on_delete               = "drain"
  sdk_container_image     = var.image
  service_account_email   = google_service_account.account[each.key == "all" ? "text" : each.key].email
  machine_type            = each.value.machine_type
  max_workers             = each.value.max_workers
  network                 = var.network
  subnetwork              = var.subnetwork
  ip_configuration        = "WORKER_IP_PRIVATE"
  temp_location           = "${google_storage_bucket.staging.url}/tmp"
  staging_location        = "${google_storage_bucket.staging.url}/staging"
  # One process for each worker: it waits for models, or renders in processes of its own, and
  # the database's connections are counted by processes.
  additional_experiments = concat(
    ["use_runner_v2", "no_use_multiple_sdk_containers"],
    var.profiler ? ["enable_google_cloud_profiler"] : [],
  )
  enable_streaming_engine = true
  labels                  = local.labels
  parameters = merge(
    {
      stages                   = each.key
      environment              = var.environment
      database_url             = "${google_secret_manager_secret.database_url.id}/versions/latest"
      generated_content_bucket = google_storage_bucket.generated.url
      temp_files_bucket        = google_storage_bucket.temp.url
      oer_content_bucket       = google_storage_bucket.oer.url
      dead_letter_topic        = google_pubsub_topic.topic["dead_letters"].id
      notification_topic       = google_pubsub_topic.topic["notifications"].id
      media_topic              = google_pubsub_topic.topic["media"].id
      vertex_project           = var.project
      trace_export             = "cloud"
    },
    each.value.subscription,
    var.parameters,
  )
  depends_on = [
    google_secret_manager_secret_version.database_url,
    google_project_iam_member.worker,
    google_project_iam_member.database,
    google_pubsub_subscription_iam_member.subscriber,
    google_pubsub_topic_iam_member.publisher,
  ]
}
