"""Runs a transform and returns the elements of each output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.testing.test_pipeline import TestPipeline

import transforms.elements  # noqa: F401

_collected: dict[str, list[Any]] = {}


def outputs_of(
    transform: beam.PTransform, elements: Iterable[Any], of: type, *tags: str
) -> Mapping[str, list[Any]]:
    """The elements on each of the transform's outputs, run on the FnApiRunner.

    All elements are encoded and decoded, as between two workers.
    """
    _collected.clear()
    with TestPipeline("FnApiRunner") as pipeline:
        done = (
            pipeline
            | beam.Create(list(elements), reshuffle=False).with_output_types(of)
            | "UnderTest" >> transform
        )
        for tag in tags:
            _ = done[tag] | f"Collect-{tag}" >> beam.Map(_collect, tag)
    return {tag: list(_collected.get(tag, [])) for tag in tags}


def _collect(element: Any, tag: str) -> None:
    _collected.setdefault(tag, []).append(element)
