"""The Beam steps, one per file: thin, each calling one function of `vividly`."""
