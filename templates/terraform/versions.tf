terraform {
  required_version = ">= 1.9"
  backend "gcs" {
    prefix = "vividly"
  }
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 6.50"
    }
  }
}

# Calls are counted against this project, as budgets need it where a person applies.
provider "google" {
  project               = var.project
  region                = var.region
  billing_project       = var.project
  user_project_override = true
}

provider "google-beta" {
  project = var.project
  region  = var.region
}
