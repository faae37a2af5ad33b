"""Checks that the sources of a script support what it says: by rules, then by a model."""

from vividly.lesson.grounding.checker import check, identity
from vividly.lesson.grounding.connective import speaks_of
from vividly.lesson.grounding.finding import DOUBT, HEADING, KINDS, VISUAL, Finding

__all__ = ["DOUBT", "HEADING", "KINDS", "VISUAL", "Finding", "check", "identity", "speaks_of"]
