"""Reads the schemas of Terraform's providers from their published CDK bindings.

    pip install --no-deps cdktf-cdktf-provider-{google,google-beta} --target FOLDER
    python scripts/terraform_schemas.py FOLDER > tests/data/terraform_schemas.json

The bindings are generated from the providers' own schemas, so they know every argument, its
type, whether it is required, and how often a block may stand. Only the resources that
templates/terraform uses are written, in the shape of `terraform providers schema -json`.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from pathlib import Path
from typing import Any

TERRAFORM = Path(__file__).parent.parent / "templates" / "terraform"
PROVIDERS = {"google": "google", "google-beta": "google_beta"}
_ENTRY = re.compile(
    r"^ +(\w+): \{\n +value: (.+),\n +isBlock: (true|false),\n"
    r' +type: "(\w+)",\n +storageClassType: "(\w+)",',
    re.MULTILINE,
)
_SIMPLE = {"string": "string", "boolean": "bool", "number": "number"}
_COMPUTED = {
    "string": "string", "number": "number", "cdktf.IResolvable": "bool",
    "cdktf.StringMap": ["map", "string"], "string[]": ["list", "string"],
}  # fmt: skip


class Binding:
    """One file of the bindings: a resource, or the provider's own configuration."""

    def __init__(self, code: str, types: str) -> None:
        self.code = code
        self.types = types

    def schema(self) -> tuple[str, dict[str, Any]]:
        """Its type's name, and what it accepts."""
        kind = re.search(r'static readonly tfResourceType = "([\w-]+)"', self.types)
        config = re.search(r"constructor\(.*config\??: (\w+)\)", self.types)
        assert kind and config
        body = self.code.split("synthesizeHclAttributes() {", 1)[1]
        block = self._block(body.split("return Object.fromEntries", 1)[0], config[1])
        for name, found in self._computed().items():
            block["attributes"].setdefault(name, {"type": found, "computed": True})
        block["attributes"]["id"] = {"type": "string", "optional": True, "computed": True}
        return kind[1], {"version": 0, "block": block}

    def _block(self, body: str, interface: str) -> dict[str, Any]:
        given = self._interface(interface)
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for name, value, is_block, kind, of in _ENTRY.findall(body):
            field = re.findall(r"(?:this\._|struct\.)(\w+)", value)[-1]
            if field == "internalValue":
                field = re.findall(r"this\._(\w+)\.internalValue", value)[-1]
            optional, type_ = given[field]
            if is_block == "false":
                need = "optional" if optional else "required"
                attributes[name] = {"type": _type(kind, of), need: True}
                continue
            function = re.findall(r"(\w+)ToHclTerraform", value)[-1]
            nested = self.code.split(f"function {function}ToHclTerraform(struct) {{", 1)[1]
            nested = nested.split("\nfunction ", 1)[0].split("// remove undefined", 1)[0]
            blocks[name] = {
                "nesting_mode": "single" if kind == "struct" else kind,
                "min_items": 0 if optional or kind == "struct" else 1,
                "max_items": 0 if "[]" in type_ or kind == "struct" else 1,
                "block": self._block(nested, function[0].upper() + function[1:]),
            }
        return {"attributes": attributes, "block_types": blocks}

    def _interface(self, name: str) -> dict[str, tuple[bool, str]]:
        found = re.search(rf"^export interface {name} .*?^}}", self.types, re.M | re.S)
        assert found, name
        fields = re.findall(r"readonly (\w+)(\??): ([^;]+);", found[0])
        return {field: (bool(optional), type_) for field, optional, type_ in fields}

    def _computed(self) -> dict[str, Any]:
        body = self.types[self.types.rindex("static readonly tfResourceType") :]
        getters = re.findall(r"^    get (\w+)\(\): ([\w.\[\]]+)(?: \| [\w. |]+)?;", body, re.M)
        names = set(re.findall(r"^    get (\w+)\(", body, re.M))
        return {
            re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name): _COMPUTED.get(
                type_, "dynamic"
            )
            for name, type_ in getters
            if f"{name}Input" not in names and not name.endswith("Input")
        }


def _type(kind: str, of: str) -> Any:
    if kind == "simple":
        return _SIMPLE[of]
    element = _SIMPLE[re.sub(r"(Map|List)$", "", of)]
    return [kind, element]


def used(provider: str, what: str = "resource") -> set[str]:
    """The types of resources, or of data, that templates/terraform has from a provider."""
    text = "".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    pattern = rf'^{what} "(\w+)" "\w+" \{{\n(?:  provider += ([\w-]+)\n)?'
    found = re.findall(pattern, text, re.MULTILINE)
    return {kind for kind, named in found if (named or kind.split("_")[0]) == provider}


def main(folder: Path) -> None:
    """Print the schemas."""
    answer: dict[str, Any] = {}
    for provider, package in PROVIDERS.items():
        (archive,) = folder.glob(f"cdktf_cdktf_provider_{package}/_jsii/*.tgz")
        kinds: dict[str, Any] = {}
        data: dict[str, Any] = {}
        own: dict[str, Any] = {}
        version = ""
        with tarfile.open(archive) as files:
            texts = {
                name: files.extractfile(name).read().decode()  # type: ignore[union-attr]
                for name in files.getnames()
                if name.endswith(("/index.js", "/index.d.ts"))
            }
        for name, code in texts.items():
            types = texts.get(name.replace(".js", ".d.ts"), "")
            kind = re.search(r'static readonly tfResourceType = "([\w-]+)"', types)
            if not name.endswith(".js") or not kind:
                continue
            if name.endswith("lib/provider/index.js"):
                own = Binding(code, types).schema()[1]
                for field in ("id", "alias"):
                    own["block"]["attributes"].pop(field, None)
            elif "/data-" in name:
                if kind[1] in used(provider, "data"):
                    data[kind[1]] = Binding(code, types).schema()[1]
            elif kind[1] in used(provider):
                kinds[kind[1]] = Binding(code, types).schema()[1]
                version = re.findall(rf"hashicorp/{provider}/([\d.]+)/", types)[0]
        answer[provider] = {
            "version": version,
            "provider": own,
            "resource_schemas": kinds,
            "data_source_schemas": data,
        }
    json.dump(answer, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
