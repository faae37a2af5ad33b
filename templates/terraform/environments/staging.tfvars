environment               = "staging"
text_workers              = 2
media_workers             = 2
api_min_instances         = 1
api_max_instances         = 2
database_tier             = "db-custom-1-3840"
database_connections      = 220
database_highly_available = false
backups                   = 7
monthly_budget            = 200
parameters = {
  understanding_provider = "gemini"
  script_provider        = "gemini"
  speech_provider        = "google"
  trace_export           = "cloud"
}
