environment               = "dev"
text_workers              = 1
media_workers             = 1
database_tier             = "db-f1-micro"
database_connections      = 50
database_highly_available = false
monthly_budget            = 50
parameters = {
  understanding_provider = "gemini"
  script_provider        = "gemini"
  speech_provider        = "google"
}
