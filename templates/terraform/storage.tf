resource "google_storage_bucket" "generated" {
  name                        = "${var.project}-vividly-generated"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.environment == "dev"
  labels                      = local.labels
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age = var.generated_days
    }
  }
  # Web pages elsewhere whose scripts read videos.
  dynamic "cors" {
    for_each = length(var.api_cors_origins) == 0 ? [] : [1]
    content {
      origin          = var.api_cors_origins
      method          = ["GET", "HEAD"]
      response_header = ["Content-Type", "Content-Length", "Content-Range", "Accept-Ranges"]
      max_age_seconds = 3600
    }
  }
  soft_delete_policy {
    retention_duration_seconds = 604800
  }
}

resource "google_storage_bucket" "temp" {
  name                        = "${var.project}-vividly-temp"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
  labels                      = local.labels
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = var.temp_days
    }
  }
  soft_delete_policy {
    retention_duration_seconds = 0
  }
}

resource "google_storage_bucket" "oer" {
  name                        = "${var.project}-vividly-oer"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.environment == "dev"
  labels                      = local.labels
  versioning {
    enabled = true
  }
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 90
      num_newer_versions         = 3
      with_state                 = "ARCHIVED"
    }
  }
}

resource "google_storage_bucket" "staging" {
  name                        = "${var.project}-vividly-staging"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
  labels                      = local.labels
  # Not what is staged, of which a running job's new workers read, nor templates and the records of
  # launches: a rollback needs them.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 30
      matches_prefix = ["tmp/"]
    }
  }
}
