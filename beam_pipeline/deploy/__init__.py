"""Builds the image and the template; launches, updates, rolls back and drains the jobs.

`make image template launch update rollback drain launches` run it. Every launch leaves a
record in the deploy bucket and labels on the job: an update begins with what runs and changes
only what is said, and a rollback goes back to what ran before. What it talks to are Dataflow,
Cloud Storage and Artifact Registry themselves; only the image needs Docker.
"""
