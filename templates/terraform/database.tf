locals {
  # A worker, and an instance of the API, has one process, whose pool holds 15; an update runs the
  # new ones beside the old ones. The rest is for requeue, canary, operators and Google's own.
  processes_most     = (var.split ? var.text_workers + var.media_workers : var.media_workers) + var.api_max_instances
  connections_needed = 2 * 15 * local.processes_most + 40
}

# POSTGRES_16 has pgvector: `vividly verify --create` creates the extension.
resource "google_sql_database_instance" "ledger" {
  name                = "vividly-${var.environment}"
  database_version    = "POSTGRES_16"
  region              = var.region
  deletion_protection = var.environment == "prod"
  settings {
    tier              = var.database_tier
    edition           = "ENTERPRISE"
    availability_type = var.database_highly_available ? "REGIONAL" : "ZONAL"
    disk_autoresize   = true
    user_labels       = local.labels
    ip_configuration {
      ipv4_enabled    = false
      private_network = var.network
      # Only who has a client certificate of the Admin API's: the connector, and Google's proxy.
      ssl_mode = "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"
    }
    backup_configuration {
      enabled                        = true
      start_time                     = "09:00"
      point_in_time_recovery_enabled = var.environment != "dev"
      transaction_log_retention_days = 7
      backup_retention_settings {
        retained_backups = var.backups
      }
    }
    database_flags {
      name  = "max_connections"
      value = tostring(var.database_connections)
    }
    database_flags {
      name  = "cloudsql.iam_authentication"
      value = "on"
    }
    insights_config {
      query_insights_enabled = true
    }
  }
  lifecycle {
    precondition {
      condition     = var.database_connections >= local.connections_needed
      error_message = "database_connections is ${var.database_connections}, and so many workers and instances of the API may need ${local.connections_needed}: give it more, or fewer of these."
    }
  }
  depends_on = [google_project_service.api]
}

resource "google_sql_database" "ledger" {
  name     = "vividly"
  instance = google_sql_database_instance.ledger.name
}

# Each account logs in by IAM, without a password, under its address without the last part. Its
# rights come from templates/database-roles.sql: GRANT vividly_worker TO "vividly-text@P.iam";
resource "google_sql_user" "account" {
  for_each = local.accounts
  name     = trimsuffix(google_service_account.account[each.key].email, ".gserviceaccount.com")
  instance = google_sql_database_instance.ledger.name
  type     = "CLOUD_IAM_SERVICE_ACCOUNT"
}

resource "google_secret_manager_secret" "database_url" {
  secret_id = "vividly-database"
  labels    = local.labels
  replication {
    auto {}
  }
  depends_on = [google_project_service.api]
}

resource "google_secret_manager_secret_version" "database_url" {
  secret = google_secret_manager_secret.database_url.id
  # No user: each account is its own.
  secret_data = format(
    "postgresql:///%s?cloud_sql_instance=%s",
    google_sql_database.ledger.name,
    google_sql_database_instance.ledger.connection_name,
  )
}
