"""The runner for a file of requests: Beam's FnApiRunner, with options passed to its workers."""

from __future__ import annotations

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_provision_api_pb2 as provision
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.runners.portability.portable_runner import JobServiceHandle

from transforms.elements import import_on_workers


def bounded_runner(options: PipelineOptions) -> fn_runner.FnApiRunner:
    """A runner whose worker processes import the element types before they decode elements.

    The stock FnApiRunner passes no options to the processes it starts
    (`--direct_running_mode=multi_processing`), so they import no plugins.
    """
    import_on_workers(options)
    encoded = JobServiceHandle.encode_pipeline_options(options.get_all_options(drop_default=True))
    info = provision.ProvisionInfo(pipeline_options=encoded)
    return fn_runner.FnApiRunner(provision_info=fn_runner.ExtendedProvisionInfo(info))
