"""Visuals: the equation, process, chart ... that a scene draws, as plain data.

A visual has parts (the terms of an equation, the steps of a process), which appear one by one as
the narration reaches them. A model only fills in fields: it never writes code, markup or drawing
commands.

Each kind is one module of this package, named after the kind. The module has everything about it:
fields, parts and texts, the claims for the check of facts, the reasons why it cannot be drawn, the
form that a model fills in, and an example. The module of the same name in
`vividly.lesson.video.slides` draws it. No other code names a kind: this package finds its modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import Field

from vividly.model.visuals.base import BaseVisual

_MODULES: Mapping[str, Any] = {
    module.name: import_module(f"{__name__}.{module.name}")
    for module in iter_modules(__path__)
    if module.name != "base"
}
KINDS: Mapping[str, type[BaseVisual]] = MappingProxyType(
    {kind: type(module.EXAMPLE) for kind, module in _MODULES.items()}
)
"""The class of each kind."""
EXAMPLES: Mapping[str, BaseVisual] = MappingProxyType(
    {kind: module.EXAMPLE for kind, module in _MODULES.items()}
)
"""A visual of each kind, for tests and documents."""

if TYPE_CHECKING:
    Visual = BaseVisual
    VisualKind = str
else:
    Visual = Annotated[Union[tuple(KINDS.values())], Field(discriminator="kind")]  # noqa: UP007
    VisualKind = Literal[tuple(KINDS)]
