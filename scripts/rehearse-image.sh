#!/usr/bin/env bash
# What the image will hold, tried where no container engine is: a bare Debian in a folder, with the
# Debian packages and the locked Python packages that the Dockerfile names and nothing else. There
# the job is sent to Dataflow (to a file), and renders a lesson on a database outside.
# Needs root, debootstrap, and the development environment's Python (make setup).
#
#   make rehearsal          # about three minutes
#
# What it cannot show: the base images, Beam's worker and the launcher's binary, which are copied.
set -euo pipefail
python=$1
cd "$(dirname "$0")/.."
here=$PWD
[[ $(id -u) == 0 ]] || { echo "error: chroot needs root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "error: install debootstrap" >&2; exit 2; }
folder=$(mktemp -d)
root=$folder/root
cleanup() {
    kill "${server:-}" 2>/dev/null || true
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$folder"
}
trap cleanup EXIT
inside() { chroot "$root" env -i PATH=/usr/local/py/bin:/usr/bin:/bin HOME=/tmp "$@"; }

suite=$(sed -n 's/^FROM python:3.11.*-slim-\([a-z]*\)$/\1/p' Dockerfile)
packages=$(sed -n 's/.*apt-get install .*--no-install-recommends \(.*\) \\$/\1/p' Dockerfile)
[[ -n $suite && -n $packages ]] || { echo "error: the Dockerfile was not understood" >&2; exit 1; }
echo "Debian $suite, $packages"
debootstrap --variant=minbase --include=python3,python3-venv "$suite" "$root" >"$folder/log"
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# shellcheck disable=SC2086
inside sh -c "apt-get update -qq && apt-get install -qq --no-install-recommends $packages" \
    >>"$folder/log" 2>&1

echo "The locked packages, with their hashes"
wheels=$root/wheels
"$python" -m pip wheel -q --disable-pip-version-check --wheel-dir "$wheels" --no-deps \
    --require-hashes --requirement requirements.lock
git archive --format=tar HEAD | tar -x -C "$folder" --one-top-level=source
"$python" -m pip wheel -q --disable-pip-version-check --wheel-dir "$wheels" --no-deps \
    "$folder/source"
inside python3 -m venv /usr/local/py
inside sh -c "pip install -q --no-cache-dir --no-index --find-links /wheels /wheels/vividly-*.whl"
inside pip check
mkdir -p "$root/template" "$root/out/generated" "$root/out/temp" "$root/out/staging"
cp beam_pipeline/main.py "$root/template/"
cp examples/requests.jsonl "$root/out/"

echo "Sent to Dataflow, from another folder"
inside sh -c "cd / && python /template/main.py --runner=DataflowRunner --project=rehearsal \
    --region=us-central1 --job_name=rehearsal --temp_location=/tmp --staging_location=/out/staging \
    --template_location=/out/job.json --dataflow_endpoint=http://localhost:1 --no_auth \
    --dataflow_service_options=streaming_mode_at_least_once --sdk_container_image=r/p/v:1 \
    --input_subscription=content-generation-worker-sub --environment=dev \
    --database_url=projects/p/secrets/s --generated_content_bucket=gs://p-generated \
    --temp_files_bucket=gs://p-temp"
test -s "$root/out/job.json" -a -s "$root/out/staging/pipeline.pb"

echo "A lesson, from request to video"
PYTHONPATH=$here "$python" -c '
import sys, time
from pathlib import Path
from beam_pipeline.local.postgres import EmbeddedPostgres
folder = Path(sys.argv[1])
folder.chmod(0o755)
(folder / "url").write_text(EmbeddedPostgres(folder / "postgres").start())
time.sleep(600)' "$folder" &
server=$!
until [[ -s $folder/url ]]; do kill -0 "$server" && sleep 0.5; done
job=(--database_url="$(cat "$folder/url")" --input_file=/out/requests.jsonl
    --dead_letter_topic=/out/dead-letters.jsonl --notification_topic=/out/notifications.jsonl
    --generated_content_bucket=/out/generated --temp_files_bucket=/out/temp)
inside vividly verify --create -- "${job[@]}"
inside python /template/main.py "${job[@]}"
video=$(find "$root/out/generated" -path '*/videos/*.mp4' -not -path '*/.fences/*')
test -s "$video"
mkdir -p gallery
cp "$video" gallery/rehearsal.mp4
inside python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())'
echo "The image's packages are enough: $(inside pip list --format=freeze | wc -l) of them, and gallery/rehearsal.mp4"
