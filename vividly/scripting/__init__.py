"""Writing the script of a lesson from passages."""

from __future__ import annotations

from typing import Protocol

from vividly.errors import SettingsError
from vividly.lesson import Retrieved, Script, Understanding


class ScriptWriter(Protocol):
    """Writes scripts. `identity` changes when the same passages would give another one."""

    identity: str

    def write(
        self,
        query: str,
        *,
        grade_level: int,
        interest: str | None,
        language: str,
        understanding: Understanding,
        retrieved: Retrieved,
    ) -> Script:
        """A lesson of two to three minutes, every factual line resting on passages.

        Raises:
            PermanentError: the passages do not suffice for a lesson.
        """


def make_script_writer(provider: str) -> ScriptWriter:
    """The script writer of that name: `offline`."""
    if provider == "offline":
        from vividly.scripting.composer import Composer

        return Composer()
    raise SettingsError(f"--script_provider={provider!r}: there is no such script writer")
