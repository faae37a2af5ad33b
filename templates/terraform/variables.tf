variable "project" {
  description = "The project that everything is made in."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "Want a project id: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Where workers, buckets and the database are."
  type        = string
  default     = "us-central1"
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]$", var.region))
    error_message = "Want a region, such as us-central1."
  }
}

variable "environment" {
  description = "dev, staging or prod: requests made for another one are dead-lettered."
  type        = string
  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "Choose dev, staging or prod."
  }
}

variable "image" {
  description = "The image of launcher, workers, requeue and API, by digest: R-docker.pkg.dev/P/vividly/vividly@sha256:..."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9-]+-docker\\.pkg\\.dev/[^/]+/[^/]+/[^@]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Want an image of Artifact Registry by its digest: R-docker.pkg.dev/P/vividly/vividly@sha256:..."
  }
}

variable "template_path" {
  description = "Where `gcloud dataflow flex-template build` put the template: gs://BUCKET/vividly.json."
  type        = string
  validation {
    condition     = can(regex("^gs://.+\\.json$", var.template_path))
    error_message = "Want gs://BUCKET/NAME.json."
  }
}

variable "launch_jobs" {
  description = "Whether to run the Dataflow jobs and the API. Not on the first apply: image, template and tables come first."
  type        = bool
  default     = false
}

variable "split" {
  description = "Two jobs, text and media, which scale apart; otherwise one for all stages."
  type        = bool
  default     = true
}

variable "text_workers" {
  description = "Most workers of the text job (or the one job)."
  type        = number
  default     = 2
  validation {
    condition     = var.text_workers >= 1 && floor(var.text_workers) == var.text_workers
    error_message = "Want a whole number, at least 1."
  }
}

variable "media_workers" {
  description = "Most workers of the media job."
  type        = number
  default     = 3
  validation {
    condition     = var.media_workers >= 1 && floor(var.media_workers) == var.media_workers
    error_message = "Want a whole number, at least 1."
  }
}

variable "text_machine_type" {
  description = "Machines of the text job: it waits for models."
  type        = string
  default     = "n2-standard-2"
}

variable "media_machine_type" {
  description = "Machines of the media job: it renders."
  type        = string
  default     = "c3-highcpu-4"
}

variable "api_min_instances" {
  description = "Instances of the API that always run; 0 starts one at the first call, which waits for it."
  type        = number
  default     = 1
  validation {
    condition     = var.api_min_instances >= 0 && var.api_min_instances <= var.api_max_instances && floor(var.api_min_instances) == var.api_min_instances
    error_message = "Want a whole number, at most api_max_instances."
  }
}

variable "api_max_instances" {
  description = "Most instances of the API."
  type        = number
  default     = 2
  validation {
    condition     = var.api_max_instances >= 1 && floor(var.api_max_instances) == var.api_max_instances
    error_message = "Want a whole number, at least 1."
  }
}

variable "api_concurrency" {
  description = "Calls that one instance of the API answers at once; an open stream of events is one."
  type        = number
  default     = 500
  validation {
    condition     = var.api_concurrency >= 1 && var.api_concurrency <= 1000
    error_message = "Want 1 to 1000."
  }
}

variable "api_ingress" {
  description = "From where the API can be called: from anywhere, or by a load balancer or the project's networks alone."
  type        = string
  default     = "INGRESS_TRAFFIC_ALL"
  validation {
    condition     = contains(["INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"], var.api_ingress)
    error_message = "Choose INGRESS_TRAFFIC_ALL, INGRESS_TRAFFIC_INTERNAL_ONLY or INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER."
  }
}

variable "api_invokers" {
  description = "Who may call the API, besides the tokens that it checks itself: [\"allUsers\"] for the public; nobody where empty."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for member in var.api_invokers : can(regex("^(allUsers|allAuthenticatedUsers|(user|group|serviceAccount|domain|principal|principalSet):.+)$", member))])
    error_message = "Want allUsers, or members such as serviceAccount:gateway@P.iam.gserviceaccount.com."
  }
}

variable "api_rate_limit" {
  description = "Lessons that a student may ask for within a minute; 0 for no limit."
  type        = number
  default     = 20
  validation {
    condition     = var.api_rate_limit >= 0
    error_message = "Want at least 0."
  }
}

variable "api_cors_origins" {
  description = "Origins of web pages elsewhere that may call the API, such as https://school.example."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for origin in var.api_cors_origins : can(regex("^https://[a-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "Want origins such as https://school.example, without a path."
  }
}

variable "api_oidc" {
  description = "The OIDC issuer whose tokens the API accepts besides its own, and their claims (docs/security.md)."
  type = object({
    issuer        = optional(string, "")
    audience      = optional(string, "")
    role_claim    = optional(string, "")
    student_claim = optional(string, "")
    class_claim   = optional(string, "")
  })
  default = {}
  validation {
    condition     = var.api_oidc.issuer == "" || (startswith(var.api_oidc.issuer, "https://") && var.api_oidc.audience != "")
    error_message = "Want an issuer that begins with https://, and its audience."
  }
}

variable "parameters" {
  description = "Further options of the job, such as script_provider = \"gemini\"."
  type        = map(string)
  default     = {}
}

variable "profiler" {
  description = "Cloud Profiler: where the workers' time goes."
  type        = bool
  default     = false
}

variable "database_tier" {
  description = "Machine of the database."
  type        = string
  default     = "db-custom-2-7680"
  validation {
    condition     = can(regex("^db-(f1-micro|g1-small|custom-[0-9]+-[0-9]+)$", var.database_tier))
    error_message = "Want a machine of the ENTERPRISE edition: db-custom-CPUS-MEGABYTES, or db-f1-micro for trials."
  }
}

variable "database_connections" {
  description = "max_connections: 15 for each worker and each instance of the API, twice that during an update, and 40 for others."
  type        = number
  default     = 250
  validation {
    condition     = var.database_connections >= 25 && var.database_connections <= 262143
    error_message = "Want 25 to 262143."
  }
}

variable "database_highly_available" {
  description = "A standby in another zone."
  type        = bool
  default     = false
}

variable "backups" {
  description = "Daily backups of the database that are kept."
  type        = number
  default     = 7
  validation {
    condition     = var.backups >= 1 && var.backups <= 365
    error_message = "Want 1 to 365."
  }
}

variable "network" {
  description = "The VPC network of workers and database (its id), with private service access."
  type        = string
  validation {
    condition     = can(regex("^projects/[^/]+/global/networks/[^/]+$", var.network))
    error_message = "Want projects/P/global/networks/NAME."
  }
}

variable "subnetwork" {
  description = "The workers' subnetwork: regions/R/subnetworks/NAME."
  type        = string
  validation {
    condition     = can(regex("^regions/[^/]+/subnetworks/[^/]+$", var.subnetwork))
    error_message = "Want regions/R/subnetworks/NAME."
  }
}

variable "temp_days" {
  description = "Days that stage results are kept, from which a retried request resumes."
  type        = number
  default     = 14
  validation {
    condition     = var.temp_days >= 1
    error_message = "Want at least 1."
  }
}

variable "generated_days" {
  description = "Days until lessons move to colder storage."
  type        = number
  default     = 90
  validation {
    condition     = var.generated_days >= 1
    error_message = "Want at least 1."
  }
}

variable "retention_seconds" {
  description = "How long subscriptions keep messages."
  type        = string
  default     = "604800s"
  validation {
    condition     = can(regex("^[0-9]+s$", var.retention_seconds)) && try(tonumber(trimsuffix(var.retention_seconds, "s")) >= 600 && tonumber(trimsuffix(var.retention_seconds, "s")) <= 2678400, false)
    error_message = "Want seconds from 600s to 2678400s (31 days)."
  }
}

variable "operators" {
  description = "Who may submit, cancel, replay and purge: members such as group:ops@school.example."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):", member))])
    error_message = "Want members such as group:ops@school.example."
  }
}

variable "publishers" {
  description = "Who may publish requests besides the API: another system's service account."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for member in var.publishers : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):", member))])
    error_message = "Want members such as group:ops@school.example."
  }
}

variable "launchers" {
  description = "Who may act as the launcher's account: whatever delivers new versions."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for member in var.launchers : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):", member))])
    error_message = "Want members such as serviceAccount:deploy@P.iam.gserviceaccount.com."
  }
}

variable "notify" {
  description = "E-mail addresses that alerts go to."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for address in var.notify : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "Want e-mail addresses."
  }
}

variable "billing_account" {
  description = "The billing account of the budget; none where empty."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^([0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6})?$", var.billing_account))
    error_message = "Want XXXXXX-XXXXXX-XXXXXX, or nothing."
  }
}

variable "monthly_budget" {
  description = "US dollars a month."
  type        = number
  default     = 500
  validation {
    condition     = var.monthly_budget >= 1
    error_message = "Want at least 1."
  }
}
