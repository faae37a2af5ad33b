# `vividly requeue` every minute, and the canary every ten: the same image, as Cloud Run jobs.
locals {
  scheduled = {
    requeue = {
      schedule = "* * * * *"
      args     = ["requeue"]
      timeout  = "120s"
    }
    canary = {
      schedule = "*/10 * * * *"
      # Then there is time left to stop its request, and to remove what that made.
      args    = ["canary", "--patience", "420"]
      timeout = "660s"
    }
  }
}

resource "google_cloud_run_v2_job" "scheduled" {
  for_each            = local.scheduled
  name                = "vividly-${each.key}"
  location            = var.region
  labels              = local.labels
  deletion_protection = false
  template {
    template {
      service_account = google_service_account.account["requeue"].email
      timeout         = each.value.timeout
      max_retries     = 0
      vpc_access {
        network_interfaces {
          network    = var.network
          subnetwork = var.subnetwork
        }
        egress = "PRIVATE_RANGES_ONLY"
      }
      containers {
        image   = var.image
        command = ["vividly"]
        args    = each.value.args
        dynamic "env" {
          for_each = merge(local.system, { GCS_TEMP_FILES_BUCKET = google_storage_bucket.temp.url })
          content {
            name  = env.key
            value = env.value
          }
        }
      }
    }
  }
}

resource "google_service_account" "scheduler" {
  account_id   = "vividly-scheduler"
  display_name = "Vividly: starts the scheduled jobs"
}

resource "google_cloud_run_v2_job_iam_member" "scheduler" {
  for_each = google_cloud_run_v2_job.scheduled
  name     = each.value.name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler.member
}

resource "google_cloud_scheduler_job" "scheduled" {
  for_each  = local.scheduled
  name      = "vividly-${each.key}"
  region    = var.region
  schedule  = each.value.schedule
  time_zone = "Etc/UTC"
  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.scheduled[each.key].id}:run"
    oauth_token {
      service_account_email = google_service_account.scheduler.email
    }
  }
}
