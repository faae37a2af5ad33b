environment               = "dev"
text_workers              = 1
media_workers             = 1
api_min_instances         = 0
api_max_instances         = 1
database_tier             = "db-f1-micro"
database_connections      = 130
database_highly_available = false
backups                   = 3
monthly_budget            = 50
parameters = {
  understanding_provider = "gemini"
  script_provider        = "gemini"
  speech_provider        = "google"
  trace_export           = "cloud"
}
