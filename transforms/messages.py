"""Messages in and out: Pub/Sub, or files of JSON lines for backfill and debugging."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import apache_beam as beam
from apache_beam.io import ReadFromText
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub, WriteToPubSub

from vividly.model import message_file
from vividly.model.request import Message


def to_message(received: PubsubMessage) -> Message:
    """Convert a message that Pub/Sub delivered."""
    return Message(data=received.data, attributes=dict(received.attributes or {}))


def line_to_message(line: bytes) -> Message:
    """Convert a line of a file to a message without attributes."""
    return Message(data=line)


def is_not_blank(line: bytes) -> bool:
    """Whether the line has any text."""
    return bool(line.strip())


class ReadMessages(beam.PTransform):  # type: ignore[misc]
    """A subscription -> PCollection[Message], attributes included."""

    def __init__(self, subscription: str) -> None:
        super().__init__()
        self.subscription = subscription

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        return (
            begin
            | "ReadFromPubSub"
            >> ReadFromPubSub(subscription=self.subscription, with_attributes=True)
            | "ToMessage" >> beam.Map(to_message).with_output_types(Message)
        )


class ReadMessageFile(beam.PTransform):  # type: ignore[misc]
    """A file with one message per line -> PCollection[Message]; bytes are unchanged."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        return (
            begin
            | "ReadLines" >> ReadFromText(self.path, coder=beam.coders.BytesCoder())
            | "DropBlankLines" >> beam.Filter(is_not_blank)
            | "ToMessage" >> beam.Map(line_to_message).with_output_types(Message)
        )


class Publish(beam.PTransform):  # type: ignore[misc]
    """PCollection[PubsubMessage] -> a topic, or a file to which JSON lines are appended."""

    def __init__(self, destination: str, *, to_file: bool) -> None:
        super().__init__()
        self.destination = destination
        self.to_file = to_file

    def expand(self, messages: beam.PCollection) -> beam.PCollection:
        if self.to_file:
            return messages | "AppendToFile" >> beam.ParDo(AppendDoFn(self.destination))
        return messages | "WriteToPubSub" >> WriteToPubSub(self.destination, with_attributes=True)


class AppendDoFn(beam.DoFn):  # type: ignore[misc]
    """Appends messages to a local file: attributes, and the data in base64."""

    def __init__(self, path: str) -> None:
        self.path = path

    def start_bundle(self) -> None:
        self._messages: list[tuple[bytes, Mapping[str, str]]] = []

    def process(self, message: PubsubMessage) -> None:
        self._messages.append((message.data, message.attributes or {}))

    def finish_bundle(self) -> None:
        if self._messages:  # every write waits for the disk
            message_file.append(Path(self.path).expanduser(), *self._messages)
