# The API and the pages: `vividly api`, of the jobs' image, as a Cloud Run service (docs/api.md).
resource "google_cloud_run_v2_service" "api" {
  count               = var.launch_jobs ? 1 : 0
  name                = "vividly-api"
  location            = var.region
  labels              = local.labels
  ingress             = var.api_ingress
  deletion_protection = var.environment == "prod"
  template {
    service_account                  = google_service_account.account["api"].email
    labels                           = local.labels
    max_instance_request_concurrency = var.api_concurrency
    # A stream of events is one request. Clients go on where they were when it ends.
    timeout = "3600s"
    scaling {
      min_instance_count = var.api_min_instances
      max_instance_count = var.api_max_instances
    }
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
      args    = ["api", "--host", "0.0.0.0"]
      # Cloud Run gives it as PORT.
      ports {
        container_port = 8080
      }
      resources {
        limits = {
          cpu    = "1"
          memory = "1Gi"
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }
      dynamic "env" {
        for_each = merge(local.system, { for name, value in local.api_settings : name => value if value != "" })
        content {
          name  = env.key
          value = env.value
        }
      }
      # Traffic moves to a new revision once its database answers.
      startup_probe {
        period_seconds    = 5
        timeout_seconds   = 4
        failure_threshold = 36
        http_get {
          path = "/health/ready"
        }
      }
      # A database that is away is no reason to start anew.
      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 3
        http_get {
          path = "/health"
        }
      }
    }
  }
  depends_on = [
    google_secret_manager_secret_version.database_url,
    google_secret_manager_secret_iam_member.database_url,
    google_project_iam_member.database,
    google_pubsub_topic_iam_member.publisher,
    google_pubsub_topic_iam_member.viewer,
    google_pubsub_subscription_iam_member.subscriber,
    google_pubsub_subscription_iam_member.subscription_viewer,
    google_storage_bucket_iam_member.api,
    google_service_account_iam_member.api,
  ]
}

locals {
  api_settings = {
    API_RATE_LIMIT         = tostring(var.api_rate_limit)
    API_CORS_ORIGINS       = join(" ", var.api_cors_origins)
    API_OIDC_ISSUER        = var.api_oidc.issuer
    API_OIDC_AUDIENCE      = var.api_oidc.audience
    API_OIDC_ROLE_CLAIM    = var.api_oidc.role_claim
    API_OIDC_STUDENT_CLAIM = var.api_oidc.student_claim
    API_OIDC_CLASS_CLAIM   = var.api_oidc.class_claim
  }
}

# It checks tokens itself, so for the public: allUsers.
resource "google_cloud_run_v2_service_iam_member" "api" {
  for_each = toset(var.launch_jobs ? var.api_invokers : [])
  name     = google_cloud_run_v2_service.api[0].name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value
}

resource "google_storage_bucket_iam_member" "api" {
  bucket = google_storage_bucket.generated.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.account["api"].member
}

# To sign URLs of lessons: it has no key, so the IAM API signs for it.
resource "google_service_account_iam_member" "api" {
  service_account_id = google_service_account.account["api"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.account["api"].member
}
