# syntax=docker/dockerfile:1
# One image for all: the Flex Template's launcher, the Dataflow workers, the scheduled commands and
# the API run the same code over the same packages, and nothing is installed when one starts.
#
#   docker build --platform=linux/amd64 -t REGION-docker.pkg.dev/PROJECT/REPO/vividly:TAG .
#
# Why it is as it is: docs/decisions/0010-one-image.md

FROM apache/beam_python3.11_sdk:2.77.0 AS beam
FROM gcr.io/dataflow-templates-base/python311-template-launcher-base:20260122_RC00 AS launcher

# -- every package as a wheel; this image has the compiler, the last one has not ---------
FROM python:3.11.14-bookworm AS wheels
WORKDIR /build
COPY pyproject.toml setup.py README.md LICENSE NOTICE requirements.lock ./
COPY beam_pipeline/ beam_pipeline/
COPY transforms/ transforms/
COPY vividly/ vividly/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip wheel --wheel-dir /wheels --no-deps --require-hashes --requirement requirements.lock \
    && pip wheel --wheel-dir /wheels --no-deps .

# -- what runs --------------------------------------------------------------------------
FROM python:3.11.14-slim-bookworm

# fribidi: the order of text from right to left. The suite is named by the base image, so a
# version pin would only break the build when Debian mends a fault.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libfribidi0 \
    && rm -rf /var/lib/apt/lists/*

COPY --from=beam /opt/apache/beam /opt/apache/beam
COPY --from=launcher /opt/google/dataflow/python_template_launcher \
    /opt/google/dataflow/python_template_launcher

# Found once, here, rather than by every worker: which fonts there are.
ENV MPLCONFIGDIR=/opt/matplotlib
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels /wheels/vividly-*.whl \
    && pip check \
    # The image must hold the Beam whose worker binary was copied above, and start.
    && python -c "import apache_beam; assert apache_beam.__version__ == '2.77.0'" \
    && python -c "import beam_pipeline.launch, vividly.execution.services, matplotlib.font_manager" \
    && python -c "import beam_pipeline.api.server, beam_pipeline.console.app" && vividly api --help

COPY beam_pipeline/main.py /template/main.py

# Workers use the packages of the image as they are, rather than a new virtual environment.
# Requests are worked on at once: their matrices need not take all CPUs each.
ENV RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT=1 \
    OPENBLAS_NUM_THREADS=1 \
    FLEX_TEMPLATE_PYTHON_PY_FILE=/template/main.py \
    PYTHONUNBUFFERED=1

WORKDIR /template

# No USER: Dataflow mounts root's directories into its workers, and the launcher writes its
# log below /var/log. Both fail for another user.
ENTRYPOINT ["/opt/apache/beam/boot"]
