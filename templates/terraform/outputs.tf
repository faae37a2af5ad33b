output "database_secret" {
  description = "What the job's --database_url is."
  value       = "${google_secret_manager_secret.database_url.id}/versions/latest"
}

output "buckets" {
  description = "Where lessons, stage results, books and staged files are."
  value = {
    generated = google_storage_bucket.generated.url
    temp      = google_storage_bucket.temp.url
    oer       = google_storage_bucket.oer.url
    staging   = google_storage_bucket.staging.url
  }
}

output "api" {
  description = "The address of the API and the pages; null before they run."
  value       = one(google_cloud_run_v2_service.api[*].uri)
}

output "request_topic" {
  description = "Where other systems publish requests."
  value       = google_pubsub_topic.topic["requests"].id
}

output "accounts" {
  description = "Who the parts run as."
  value = merge(
    { for name, account in google_service_account.account : name => account.email },
    { launcher = google_service_account.launcher.email },
  )
}

output "database" {
  description = "The database, for Google's proxy: cloud-sql-proxy --private-ip NAME."
  value       = google_sql_database_instance.ledger.connection_name
}

output "registry" {
  description = "Where the image is pushed to."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}
