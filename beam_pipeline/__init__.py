"""The job: options, graph, launch, local stack, command line, deployment."""
