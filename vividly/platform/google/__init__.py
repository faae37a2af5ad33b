"""Clients of Google Cloud's services, and their errors in our terms."""
