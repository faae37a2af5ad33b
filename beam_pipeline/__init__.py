"""The job: options, graph, launch, local stack and command line."""
