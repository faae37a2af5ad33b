"""Builds the image and the template; launches, updates, rolls back and drains the jobs.

`make image template launch update rollback drain launches` run it. Every launch writes a
record to the deploy bucket and labels to the job: an update starts from the running launch and
changes only the given variables, a rollback relaunches what ran before. It calls the APIs of
Dataflow, Cloud Storage and Artifact Registry; only the image needs Docker.
"""
