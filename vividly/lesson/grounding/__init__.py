"""Checks without a model that the sources of a script support what it says."""

from vividly.lesson.grounding.checker import check, identity
from vividly.lesson.grounding.connective import speaks_of
from vividly.lesson.grounding.finding import HEADING, KINDS, VISUAL, Finding

__all__ = ["HEADING", "KINDS", "VISUAL", "Finding", "check", "identity", "speaks_of"]
