environment               = "prod"
text_workers              = 10
media_workers             = 20
api_min_instances         = 1
api_max_instances         = 4
database_tier             = "db-custom-4-15360"
database_connections      = 1060
database_highly_available = true
backups                   = 30
monthly_budget            = 5000
parameters = {
  understanding_provider = "gemini"
  script_provider        = "gemini"
  speech_provider        = "google"
  trace_export           = "cloud"
}
