"""For `--setup_file`, which Dataflow wants under this name; everything is in pyproject.toml."""

from setuptools import setup

setup()
