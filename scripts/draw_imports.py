"""Draws the import graph of the packages into docs/architecture.md, from the code.

    python -m scripts.draw_imports            # writes the picture
    python -m scripts.draw_imports --check    # exit code 1 if the picture is out of date

The picture is a Mermaid flowchart: one box per package, and in it its packages. An arrow points at
what is imported. An import that also follows from others is left out (transitive reduction):
where A imports B and C, and B imports C, only A → B → C is drawn.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
LIBRARY = "vividly"
PROGRAMS = ("beam_pipeline", "transforms")
MARKED = re.compile(r"(?<=<!-- imports -->\n).*?(?=<!-- /imports -->)", re.DOTALL)
Edges = set[tuple[str, str]]


def picture() -> str:
    """The Mermaid block, as it has to stand between the marks in the page."""
    graph = grimp.build_graph(LIBRARY, *PROGRAMS, cache_dir=None)
    boxes = sorted([*PROGRAMS, *(child for child in graph.find_children(LIBRARY))])
    lines = ["```mermaid", "flowchart TB"]
    for box in boxes:
        inner = sorted(child for child in graph.find_children(box) if _is_package(child))
        if not inner:
            lines.append(f'  {_name(box)}["{box}"]')
            continue
        lines.append(f'  subgraph {_name(box)}["{box}"]')
        lines += [f'    {_name(one)}["{one.rsplit(".", 1)[1]}"]' for one in inner]
        lines += [f"    {edge}" for edge in _arrows(graph, inner)]
        lines.append("  end")
    return "\n".join([*lines, *(f"  {edge}" for edge in _arrows(graph, boxes)), "```", ""])


def _is_package(module: str) -> bool:
    return (ROOT / module.replace(".", "/") / "__init__.py").exists()


def _name(package: str) -> str:
    """A name that Mermaid takes: it reads dots and the word `end` as its own."""
    return package.replace(".", "_")


def _arrows(graph: grimp.ImportGraph, packages: list[str]) -> list[str]:
    """The reduced imports between packages that do not contain each other, one arrow each."""
    direct = {
        (one, other)
        for one in packages
        for other in packages
        if one != other
        and graph.direct_import_exists(importer=one, imported=other, as_packages=True)
    }
    return [f"{_name(one)} --> {_name(other)}" for one, other in sorted(reduced(direct))]


def reduced(edges: Edges) -> Edges:
    """The edges that do not follow from others. Edges of a cycle all stay."""

    def reaches(start: str, end: str, without: tuple[str, str]) -> bool:
        seen, left = set(), [start]
        while left:
            at = left.pop()
            for edge in edges - {without}:
                if edge[0] == at and edge[1] not in seen:
                    seen.add(edge[1])
                    left.append(edge[1])
        return end in seen

    def in_cycle(edge: tuple[str, str]) -> bool:
        return reaches(edge[1], edge[0], edge)

    return {edge for edge in edges if in_cycle(edge) or not reaches(*edge, edge)}


def main() -> int:
    """Write the page, or with --check compare it.

    Returns:
        0, or 1 where the page differs from the code.
    """
    parser = argparse.ArgumentParser(description="Draw the import graph into docs/architecture.md.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args().check
    page = PAGE.read_text("utf-8")
    drawn = picture()
    current = MARKED.sub(lambda _: drawn, page)
    if current == page:
        return 0
    if check:
        print("docs/architecture.md is out of date: run python -m scripts.draw_imports")
        return 1
    PAGE.write_text(current, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
