"""The command line, `vividly`."""
