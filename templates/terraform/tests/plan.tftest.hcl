# What would be made, without a project: terraform test -var-file=environments/prod.tfvars
mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}
mock_provider "google-beta" {}

variables {
  project         = "school-project"
  image           = "us-central1-docker.pkg.dev/school-project/vividly/vividly@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  template_path   = "gs://school-project-vividly-staging/templates/vividly.json"
  network         = "projects/school-project/global/networks/school"
  subnetwork      = "regions/us-central1/subnetworks/school"
  launch_jobs     = true
  operators       = ["group:ops@school.example"]
  publishers      = ["serviceAccount:gateway@school-project.iam.gserviceaccount.com"]
  launchers       = ["serviceAccount:deploy@school-project.iam.gserviceaccount.com"]
  notify          = ["ops@school.example"]
  billing_account = "012345-6789AB-CDEF01"
}

# One run for all that is made of these variables: each run makes everything anew.
run "as_given" {
  # the two jobs
  assert {
    condition     = keys(google_dataflow_flex_template_job.job) == ["media", "text"]
    error_message = "The text and the media job are wanted."
  }
  assert {
    condition     = google_dataflow_flex_template_job.job["text"].parameters.input_subscription == google_pubsub_subscription.subscription["requests"].id
    error_message = "The text job has to read the requests."
  }
  assert {
    condition     = google_dataflow_flex_template_job.job["media"].parameters.media_subscription == google_pubsub_subscription.subscription["media"].id
    error_message = "The media job has to read the hand-overs."
  }
  assert {
    condition     = google_dataflow_flex_template_job.job["media"].service_account_email == google_service_account.account["media"].email
    error_message = "The media job has an account of its own."
  }
  assert {
    condition     = alltrue([for job in google_dataflow_flex_template_job.job : job.parameters.environment == var.environment && job.parameters.trace_export == "cloud"])
    error_message = "The jobs are of the environment, with its parameters."
  }

  # profiling
  assert {
    condition     = !contains(flatten([for job in google_dataflow_flex_template_job.job : tolist(job.additional_experiments)]), "enable_google_cloud_profiler")
    error_message = "The profiler runs where it is asked for."
  }

  # messages
  assert {
    condition     = toset([for topic in google_pubsub_topic.topic : topic.name]) == toset(["content-generation-requests", "content-media", "content-notifications", "content-requests-${var.environment}-dlq"])
    error_message = "The topics are the contract's."
  }
  assert {
    condition     = toset([for one in google_pubsub_subscription.subscription : one.topic]) == toset([for topic in google_pubsub_topic.topic : topic.id])
    error_message = "Each topic has a subscription: what nobody subscribes to is lost."
  }
  assert {
    condition     = alltrue([for one in google_pubsub_subscription.subscription : one.ack_deadline_seconds >= 60 && one.expiration_policy[0].ttl == ""])
    error_message = "Subscriptions wait a minute for the acknowledgement, and never expire."
  }

  # the ledger
  assert {
    condition     = google_sql_database_instance.ledger.deletion_protection == (var.environment == "prod")
    error_message = "Nobody deletes the database of prod by accident."
  }
  assert {
    condition     = google_sql_database_instance.ledger.settings[0].ip_configuration[0].ipv4_enabled == false
    error_message = "The database has no public address."
  }
  assert {
    condition     = google_sql_database_instance.ledger.settings[0].backup_configuration[0].enabled
    error_message = "The database is backed up."
  }
  assert {
    condition     = google_secret_manager_secret_version.database_url.secret_data == "postgresql:///vividly?cloud_sql_instance=${google_sql_database_instance.ledger.connection_name}"
    error_message = "The secret is the URL that the job reads."
  }
  assert {
    condition     = contains([for flag in google_sql_database_instance.ledger.settings[0].database_flags : "${flag.name}=${flag.value}"], "cloudsql.iam_authentication=on")
    error_message = "The database lets accounts log in by IAM."
  }
  assert {
    condition     = google_sql_database_instance.ledger.settings[0].ip_configuration[0].ssl_mode == "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"
    error_message = "Who has no client certificate does not reach the database."
  }
  assert {
    condition     = keys(google_sql_user.account) == ["api", "media", "requeue", "text"] && alltrue([for user in google_sql_user.account : user.type == "CLOUD_IAM_SERVICE_ACCOUNT" && user.password == null])
    error_message = "Each account is a user of the database, without a password."
  }

  # buckets
  assert {
    condition     = one(google_storage_bucket.temp.lifecycle_rule[0].condition).age == var.temp_days
    error_message = "Stage results are deleted after a while."
  }
  assert {
    condition     = alltrue([for bucket in [google_storage_bucket.generated, google_storage_bucket.temp, google_storage_bucket.oer, google_storage_bucket.staging] : bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access])
    error_message = "No bucket is public."
  }

  # rights
  assert {
    condition     = toset([for one in google_pubsub_topic_iam_member.publisher : "${one.topic} ${one.role}" if one.member == google_service_account.account["media"].member]) == toset(["content-notifications roles/pubsub.publisher", "content-requests-${var.environment}-dlq roles/pubsub.publisher"])
    error_message = "The media job publishes notifications and dead letters, and nothing else."
  }
  assert {
    condition     = keys(google_storage_bucket_iam_member.generated) == ["media", "requeue"]
    error_message = "With two jobs, the text job does not deliver."
  }
  assert {
    condition     = keys(google_storage_bucket_iam_member.temp) == ["media", "requeue", "text"] && google_pubsub_subscription_iam_member.subscriber["requeue-dead_letters"].role == "roles/pubsub.subscriber"
    error_message = "The canary removes its results and its dead letter."
  }
  assert {
    condition     = length(google_storage_bucket_iam_member.operator) == 2
    error_message = "Operators remove what a smoke test leaves in both buckets."
  }
  assert {
    condition     = toset([for one in google_project_iam_member.worker : one.role]) == toset(["roles/dataflow.worker", "roles/logging.logWriter", "roles/monitoring.metricWriter", "roles/telemetry.tracesWriter"])
    error_message = "Workers have these roles on the project, and no others."
  }
  assert {
    condition     = toset([for one in google_project_iam_member.database : "${one.member} ${one.role}"]) == toset(flatten([for account in google_service_account.account : ["${account.member} roles/cloudsql.client", "${account.member} roles/cloudsql.instanceUser"]]))
    error_message = "Each account may connect and log in to the database."
  }
  assert {
    condition     = google_project_iam_member.models.member == google_service_account.account["text"].member
    error_message = "Models are called by the text job."
  }

  # the API
  assert {
    condition     = google_cloud_run_v2_service.api[0].template[0].containers[0].image == var.image && join(" ", concat(google_cloud_run_v2_service.api[0].template[0].containers[0].command, google_cloud_run_v2_service.api[0].template[0].containers[0].args)) == "vividly api --host 0.0.0.0"
    error_message = "The API is of the jobs' image, and listens to all."
  }
  assert {
    condition     = google_cloud_run_v2_service.api[0].template[0].service_account == google_service_account.account["api"].email && google_service_account_iam_member.api.member == google_service_account.account["api"].member
    error_message = "The API has an account of its own, which signs by itself."
  }
  assert {
    condition     = toset([for one in google_pubsub_topic_iam_member.publisher : one.topic if one.member == google_service_account.account["api"].member]) == toset(["content-generation-requests", "content-media"])
    error_message = "The API publishes requests, and replays of hand-overs."
  }
  assert {
    condition     = google_storage_bucket_iam_member.api.bucket == google_storage_bucket.generated.name && google_storage_bucket_iam_member.api.role == "roles/storage.objectViewer"
    error_message = "The API reads lessons, and writes to no bucket."
  }
  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.api) == 0 && length(google_storage_bucket.generated.cors) == 0
    error_message = "Nobody calls the API, and no page elsewhere reads lessons, unless it is said."
  }
  assert {
    condition     = { for one in google_cloud_run_v2_service.api[0].template[0].containers[0].env : one.name => one.value }["ENVIRONMENT"] == var.environment && !contains([for one in google_cloud_run_v2_service.api[0].template[0].containers[0].env : one.name], "API_OIDC_ISSUER")
    error_message = "The API is of the environment; settings that are not given have its own defaults."
  }

  # schedules
  assert {
    condition     = google_cloud_scheduler_job.scheduled["requeue"].schedule == "* * * * *"
    error_message = "The requeue runs every minute."
  }
  assert {
    condition     = google_cloud_run_v2_job.scheduled["requeue"].template[0].template[0].containers[0].image == var.image
    error_message = "It is of the job's image."
  }

  # alerts and budget
  assert {
    condition     = length(google_monitoring_alert_policy.alert) == length(fileset("${path.module}/../monitoring/alerts", "*.json"))
    error_message = "Each alert is made."
  }
  assert {
    condition     = endswith(google_monitoring_alert_policy.alert["database-connections"].conditions[0].condition_prometheus_query_language[0].query, "> 0.8 * ${var.database_connections}")
    error_message = "The alert knows how many connections there are."
  }
  assert {
    condition     = google_monitoring_alert_policy.alert["no-job"].conditions[0].condition_absent[0].aggregations[0].group_by_fields[0] == "resource.label.job_name"
    error_message = "One of two jobs that is away is noticed."
  }
  assert {
    condition     = google_monitoring_alert_policy.alert["backlog-requests"].conditions[0].condition_threshold[0].threshold_value == 120
    error_message = "Bounds are those of the files."
  }
  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.alert : length(policy.notification_channels) == 1])
    error_message = "Somebody is told."
  }
  assert {
    condition     = [for rule in google_billing_budget.monthly[0].threshold_rules : rule.threshold_percent] == [0.5, 0.9, 1.0, 1.5]
    error_message = "The budget is told of at half, nearly all, all and more."
  }
  assert {
    condition     = google_billing_budget.monthly[0].budget_filter[0].projects == toset(["projects/123456789012"])
    error_message = "The budget is of this project, by its number."
  }
}

run "api_for_the_public_and_profiled" {
  variables {
    api_invokers     = ["allUsers"]
    api_cors_origins = ["https://school.example", "https://app.example"]
    api_oidc         = { issuer = "https://login.example", audience = "vividly", class_claim = "pupils" }
    profiler         = true
  }
  assert {
    condition     = google_cloud_run_v2_service_iam_member.api["allUsers"].role == "roles/run.invoker"
    error_message = "Who is named may call."
  }
  assert {
    condition = { for one in google_cloud_run_v2_service.api[0].template[0].containers[0].env : one.name => one.value if startswith(one.name, "API_") } == {
      API_RATE_LIMIT       = "20"
      API_CORS_ORIGINS     = "https://school.example https://app.example"
      API_OIDC_ISSUER      = "https://login.example"
      API_OIDC_AUDIENCE    = "vividly"
      API_OIDC_CLASS_CLAIM = "pupils"
    }
    error_message = "The API gets its settings."
  }
  assert {
    condition     = google_storage_bucket.generated.cors[0].origin == tolist(["https://school.example", "https://app.example"])
    error_message = "The pages that may call the API may read videos."
  }
  assert {
    condition     = alltrue([for job in google_dataflow_flex_template_job.job : contains(job.additional_experiments, "enable_google_cloud_profiler") && contains(job.additional_experiments, "no_use_multiple_sdk_containers")])
    error_message = "The jobs are profiled, and keep their other experiments."
  }
  assert {
    condition     = google_project_iam_member.worker["media-roles/cloudprofiler.agent"].member == google_service_account.account["media"].member
    error_message = "Workers may write profiles."
  }
}

run "one_job" {
  variables {
    split = false
  }
  assert {
    condition     = keys(google_dataflow_flex_template_job.job) == ["all"]
    error_message = "One job for all stages is wanted."
  }
  assert {
    condition     = contains(keys(google_storage_bucket_iam_member.generated), "text")
    error_message = "The one job delivers, too."
  }
}

run "first_apply" {
  variables {
    launch_jobs     = false
    billing_account = ""
    notify          = []
  }
  assert {
    condition     = length(google_dataflow_flex_template_job.job) == 0 && length(google_cloud_run_v2_service.api) == 0 && length(google_billing_budget.monthly) == 0
    error_message = "Neither jobs nor the API nor a budget are wanted."
  }
}

run "too_few_connections" {
  command = plan
  variables {
    text_workers         = 10
    database_connections = 100
  }
  expect_failures = [google_sql_database_instance.ledger]
}

run "wrong_values" {
  command = plan
  variables {
    project           = "No Project"
    environment       = "production"
    region            = "everywhere"
    image             = "vividly:latest"
    template_path     = "vividly.json"
    database_tier     = "db-n1-standard-1"
    network           = "default"
    subnetwork        = "default"
    retention_seconds = "7 days"
    operators         = ["ops@school.example"]
    billing_account   = "mine"
    temp_days         = 0
    api_invokers      = ["everybody"]
    api_ingress       = "all"
    api_cors_origins  = ["*"]
    api_min_instances = 9
    api_oidc          = { issuer = "https://login.example" }
  }
  expect_failures = [
    var.project,
    var.environment,
    var.region,
    var.image,
    var.template_path,
    var.database_tier,
    var.network,
    var.subnetwork,
    var.retention_seconds,
    var.operators,
    var.billing_account,
    var.temp_days,
    var.api_invokers,
    var.api_ingress,
    var.api_cors_origins,
    var.api_min_instances,
    var.api_oidc,
  ]
}
