"""`python -m beam_pipeline` is `vividly`."""

from beam_pipeline.cli.app import main

if __name__ == "__main__":
    main()
