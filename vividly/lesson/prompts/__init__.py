"""The prompts of models: versioned templates, and how a student's words are put into them.

A template is a file `<name>.v<number>.md` beside this one:

    Anything here is a comment.
    # System
    The system instruction. No placeholders, so that the provider can cache it.
    # Prompt
    The question of this call, with {{placeholders}}.

A template that is in use is never changed; a change is a new file with a higher number,
since results are cached under the template's identity.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vividly.model.errors import PermanentError

__all__ = ["Prompt", "PromptError", "load_prompt", "parse_prompt", "student_text"]

_PLACEHOLDER = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
_FILE = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\.v(?P<version>[1-9][0-9]*)\.md")
_PARTS = re.compile(r"^# System[ \t]*\n(.*?)^# Prompt[ \t]*\n(.*)\Z", re.DOTALL | re.MULTILINE)
_MARKUP = "<>&"
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode categories of characters that are invisible or end a line."""


class PromptError(PermanentError):
    """A template is missing or malformed, or the values do not match its placeholders."""


@dataclass(frozen=True)
class Prompt:
    """A template.

    Attributes:
        identity: its name, version and digest, such as `understand/v1-3f2a9c01`.
        system: the system instruction.
        template: what is asked, with placeholders.
    """

    identity: str
    system: str
    template: str

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of all placeholders in the template."""
        return frozenset(_PLACEHOLDER.findall(self.template))

    def render(self, **values: object) -> str:
        """The template with its placeholders replaced. Values are never read as templates.

        Raises:
            PromptError: a value is missing, or has no placeholder.
        """
        places = self.placeholders
        if missing := sorted(places - values.keys()):
            raise PromptError(f"prompt {self.identity}: no value for {', '.join(missing)}")
        if unknown := sorted(values.keys() - places):
            raise PromptError(f"prompt {self.identity}: no place for {', '.join(unknown)}")
        return _PLACEHOLDER.sub(lambda place: str(values[place[1]]), self.template)


@cache
def load_prompt(name: str, version: int | None = None) -> Prompt:
    """The template of that name, by default its newest version.

    Raises:
        PromptError: it does not exist or is malformed.
    """
    found = {
        int(match["version"]): file
        for file in files(__name__).iterdir()
        if (match := _FILE.fullmatch(file.name)) and match["name"] == name
    }
    if not found or (version is not None and version not in found):
        has = ", ".join(f"v{number}" for number in sorted(found)) or "none"
        wanted = name if version is None else f"{name}.v{version}"
        raise PromptError(f"vividly/lesson/prompts has no {wanted}.md; versions of {name}: {has}")
    number = max(found) if version is None else version
    return parse_prompt(f"{name}/v{number}", found[number].read_text(encoding="utf-8"))


def parse_prompt(name: str, text: str) -> Prompt:
    """A template from the text of its file.

    Args:
        name: with the version, such as `understand/v1`.

    Raises:
        PromptError: a part is missing or empty, or a placeholder is malformed.
    """
    parts = _PARTS.search(text.replace("\r\n", "\n"))
    system, template = (part.strip() for part in parts.groups()) if parts else ("", "")
    if not system or not template:
        raise PromptError(
            f"prompt {name}: needs a line '# System' and then a line '# Prompt', each with text"
        )
    if _BRACES.search(system):
        raise PromptError(f"prompt {name}: '# System' has a placeholder; move it to '# Prompt'")
    if stray := _BRACES.search(_PLACEHOLDER.sub("", template)):
        raise PromptError(
            f"prompt {name}: '{stray[0]}' belongs to no placeholder; write {{{{lower_case}}}}"
        )
    digest = hashlib.sha256(f"{system}\0{template}".encode()).hexdigest()[:8]
    return Prompt(f"{name}-{digest}", system, template)


def student_text(text: str) -> str:
    """A student's words as data: a JSON string between unique tags.

    Nothing in the text can end it: quotes, line ends, markup and invisible characters are
    JSON escapes, and the tags are named by the text's own digest.
    """
    tag = f"student-text-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    quoted = "".join(
        _escaped(c) if c in _MARKUP or unicodedata.category(c) in _UNSEEN else c
        for c in json.dumps(text, ensure_ascii=False)
    )
    return f"<{tag}>\n{quoted}\n</{tag}>"


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
