"""Measurements of speed: `make bench` runs them all and writes docs/performance.md."""
