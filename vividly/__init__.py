"""What a lesson is and how it is made: pure Python, without Beam or Pub/Sub."""

__version__ = "0.1.0.dev0"
"""Semantic version; `.dev0` between releases (CONTRIBUTING.md, "Commits and versions")."""
