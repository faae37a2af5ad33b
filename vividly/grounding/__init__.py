"""Whether a script rests on its sources: checked without any model, whoever wrote it."""

from vividly.grounding.checker import HEADING, KINDS, Finding, check, identity
from vividly.grounding.connective import speaks_of

__all__ = ["HEADING", "KINDS", "Finding", "check", "identity", "speaks_of"]
