"""What a scene draws besides text: an equation, a process, a chart ..., as plain data.

A visual is made of parts (the terms of an equation, the steps of a process) which appear one
by one as they are spoken of. A model only ever fills in these fields: it never writes code,
markup or drawing commands.

Each kind is one module of this package, named after it, with all that is to be known of the
kind: its fields, parts and texts, its claims for the check of facts, what keeps it from being
drawn, the form that a model fills in, and an example. Its slide is the module of the same name in
`vividly.lesson.video.slides`. Nothing else names a kind: this package finds its modules.
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
