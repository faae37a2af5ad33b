"""The graph: from a message to a lesson, in one function.

    messages > parse > claim > understand > find lesson > retrieve > write script > announce text
                                                                          |
                    served, if the lesson exists, or waits for it   < hand over
                                                                          |
             (--stages=text ends here; --stages=media begins here)        v
                  complete for all who wait < deliver < render < speak < take lesson

Every step has two more outputs: failures, which all become dead letters, and
answers, which all become outcomes. Labels are explicit and must not change:
Dataflow updates a running job by them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import apache_beam as beam

from beam_pipeline.options import Endpoints, is_file
from transforms.announce_text import AnnounceText
from transforms.claim import Claim
from transforms.dead_letters import DeadLetters
from transforms.elements import import_on_workers
from transforms.hand_over import HandOver, ReadTokens
from transforms.lesson import CompleteLesson, TakeLesson
from transforms.messages import Publish, ReadMessageFile, ReadMessages, to_message
from transforms.outcomes import WriteOutcomes
from transforms.parse import Parse
from transforms.stage import Stage
from vividly.model.request import Message
from vividly.model.settings import Settings

MIN_RAM = {"render": "4GB"}
"""Memory hint of a stage, for runners that choose workers by it: a render takes up to
400 MB, several run at once, and the job itself takes 1 GB."""


@dataclass
class _Ends:
    """Outputs of the steps besides their main output."""

    failures: list[beam.PCollection] = field(default_factory=list)
    answers: list[beam.PCollection] = field(default_factory=list)
    notifications: list[beam.PCollection] = field(default_factory=list)


def build(
    pipeline: beam.Pipeline,
    settings: Settings,
    endpoints: Endpoints,
    *,
    job: str,
    messages: beam.PCollection | None = None,
    rebalance: bool = False,
) -> None:
    """Add the whole graph to a pipeline.

    Args:
        job: the job's name, for `dlq_job`.
        messages: the source; by default the messages of the endpoints.
        rebalance: break fusion after the claim and before rendering, so that a
            runner with many workers spreads the work.
    """
    import_on_workers(pipeline.options)
    ends = _Ends()
    if messages is None:
        messages = pipeline | "ReadRequests" >> _source(endpoints)
    if endpoints.stages != "media":
        tickets, tokens = _make_text(messages, settings, ends, rebalance)
        messages = _hand_over(tickets, tokens, settings, endpoints, ends)
    if endpoints.stages != "text":
        _make_media(messages, settings, ends, rebalance)
    _close(ends, settings, endpoints, job)


def _source(endpoints: Endpoints) -> beam.PTransform:
    if endpoints.stages == "media":
        return ReadMessages(endpoints.media_subscription)
    if endpoints.input_file:
        return ReadMessageFile(endpoints.input_file)
    return ReadMessages(endpoints.input_subscription)


def _make_text(
    messages: beam.PCollection, settings: Settings, ends: _Ends, rebalance: bool
) -> tuple[beam.PCollection, beam.PCollection]:
    """The requests with their text, and the tokens that came with the requests."""
    parsed = messages | "Parse" >> Parse(settings.environment)
    claimed = parsed.main | "Claim" >> Claim(settings)
    ends.failures += [parsed.failures, claimed.failures]
    ends.notifications.append(claimed.notifications)
    tickets = claimed.main
    if rebalance:
        tickets |= "RebalanceAfterClaim" >> beam.Reshuffle()
    tickets = _stage("Understand", "understand", tickets, settings, ends)
    tickets = _stage("FindLesson", "find_lesson", tickets, settings, ends)
    tickets = _stage("Retrieve", "retrieve", tickets, settings, ends)
    tickets = _stage("WriteScript", "write_script", tickets, settings, ends)
    announced = tickets | "AnnounceText" >> AnnounceText(settings)
    ends.failures.append(announced.failures)
    ends.answers.append(announced.answers)
    ends.notifications.append(announced.notifications)
    return announced.main, parsed.tokens


def _make_media(
    messages: beam.PCollection, settings: Settings, ends: _Ends, rebalance: bool
) -> None:
    read = messages | "ReadTokens" >> ReadTokens()
    taken = read.main | "TakeLesson" >> TakeLesson(settings)
    tickets = _stage("Speak", "speak", taken.main, settings, ends)
    if rebalance:
        tickets |= "RebalanceBeforeRender" >> beam.Reshuffle()
    tickets = _stage("Render", "render", tickets, settings, ends)
    tickets = _stage("Deliver", "deliver", tickets, settings, ends)
    completed = tickets | "CompleteLesson" >> CompleteLesson(settings)
    ends.failures += [read.failures, taken.failures, completed.failures]
    ends.notifications.append(completed.notifications)


def _stage(
    label: str, name: str, tickets: beam.PCollection, settings: Settings, ends: _Ends
) -> beam.PCollection:
    stage = Stage(name, settings)
    if name in MIN_RAM:
        stage = stage.with_resource_hints(min_ram=MIN_RAM[name])
    done = tickets | label >> stage
    ends.failures.append(done.failures)
    ends.answers.append(done.answers)
    return done.main


def _hand_over(
    tickets: beam.PCollection,
    tokens: beam.PCollection,
    settings: Settings,
    endpoints: Endpoints,
    ends: _Ends,
) -> beam.PCollection:
    """Publish the messages for the media job, or return them if it is this one."""
    alone = endpoints.stages == "all"
    handed = tickets | "HandOver" >> HandOver(settings, in_one_job=alone)
    ends.failures.append(handed.failures)
    ends.answers.append(handed.answers)
    tokens = [handed.main, tokens] | "AllTokens" >> beam.Flatten()
    if not alone:
        return tokens | "PublishHandOver" >> Publish(endpoints.media_topic, to_file=False)
    return tokens | "HandedOver" >> beam.Map(to_message).with_output_types(Message)


def _close(ends: _Ends, settings: Settings, endpoints: Endpoints, job: str) -> None:
    """Write every end to Postgres, and publish notifications and dead letters."""
    ended = (
        ends.answers | "AllAnswers" >> beam.Flatten() | "WriteOutcomes" >> WriteOutcomes(settings)
    )
    letters = (
        [*ends.failures, ended.failures]
        | "AllFailures" >> beam.Flatten()
        | "DeadLetters" >> DeadLetters(settings, job)
    )
    letters.main | "PublishDeadLetters" >> _publish(endpoints.dead_letters)
    (
        [*ends.notifications, ended.main, letters.notifications]
        | "AllNotifications" >> beam.Flatten()
        | "PublishNotifications" >> _publish(endpoints.notifications)
    )


def _publish(destination: str) -> Publish:
    return Publish(destination, to_file=is_file(destination))
