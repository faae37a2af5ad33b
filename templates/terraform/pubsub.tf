resource "google_pubsub_topic" "topic" {
  for_each   = local.topics
  name       = each.value
  labels     = local.labels
  depends_on = [google_project_service.api]
}

# Each topic has one, the dead letters too: what nobody subscribes to is lost.
resource "google_pubsub_subscription" "subscription" {
  for_each                   = local.subscriptions
  name                       = each.value
  topic                      = google_pubsub_topic.topic[each.key].id
  ack_deadline_seconds       = 60
  message_retention_duration = var.retention_seconds
  labels                     = local.labels
  expiration_policy {
    ttl = ""
  }
}
