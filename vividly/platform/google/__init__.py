"""Google Cloud's services as this package uses them: their clients and their errors."""
