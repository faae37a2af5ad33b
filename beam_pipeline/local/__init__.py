"""Runs the job on one machine: runner fixes, Postgres, Pub/Sub, supervision."""
