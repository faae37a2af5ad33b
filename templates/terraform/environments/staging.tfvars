environment               = "staging"
text_workers              = 2
media_workers             = 2
database_tier             = "db-custom-1-3840"
database_connections      = 160
database_highly_available = false
backups                   = 7
monthly_budget            = 200
parameters = {
  understanding_provider = "gemini"
  script_provider        = "gemini"
  speech_provider        = "google"
  trace_export           = "cloud"
}
