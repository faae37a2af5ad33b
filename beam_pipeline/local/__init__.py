"""What makes the job run on one machine: runner fix-ups, Postgres, Pub/Sub, supervision."""
