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
  description = "The image of launcher, workers and requeue, by digest: R-docker.pkg.dev/P/vividly/vividly@sha256:..."
  type        = string
}

variable "template_path" {
  description = "Where `gcloud dataflow flex-template build` put the template: gs://BUCKET/vividly.json."
  type        = string
}

variable "launch_jobs" {
  description = "Whether to run the Dataflow jobs. Not on the first apply: image, template and tables come first."
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
  default     = 3
}

variable "media_workers" {
  description = "Most workers of the media job."
  type        = number
  default     = 5
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

variable "parameters" {
  description = "Further options of the job, such as script_provider = \"gemini\"."
  type        = map(string)
  default     = {}
}

variable "database_tier" {
  description = "Machine of the database."
  type        = string
  default     = "db-custom-2-7680"
}

variable "database_connections" {
  description = "max_connections: workers x processes x 15, twice during an update."
  type        = number
  default     = 200
}

variable "database_highly_available" {
  description = "A standby in another zone."
  type        = bool
  default     = false
}

variable "network" {
  description = "The VPC network of workers and database (its id), with private service access."
  type        = string
}

variable "subnetwork" {
  description = "The workers' subnetwork: regions/R/subnetworks/NAME."
  type        = string
}

variable "temp_days" {
  description = "Days that stage results are kept, from which a retried request resumes."
  type        = number
  default     = 14
}

variable "generated_days" {
  description = "Days until lessons move to colder storage."
  type        = number
  default     = 90
}

variable "retention_seconds" {
  description = "How long subscriptions keep messages."
  type        = string
  default     = "604800s"
}

variable "operators" {
  description = "Who may submit, cancel, replay and purge: members such as group:ops@school.example."
  type        = list(string)
  default     = []
}

variable "publishers" {
  description = "Who may publish requests: the API gateway's service account."
  type        = list(string)
  default     = []
}

variable "notify" {
  description = "E-mail addresses that alerts go to."
  type        = list(string)
  default     = []
}

variable "billing_account" {
  description = "The billing account of the budget; none where empty."
  type        = string
  default     = ""
}

variable "monthly_budget" {
  description = "US dollars a month."
  type        = number
  default     = 500
}
