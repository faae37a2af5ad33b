#!/usr/bin/env bash
# The checklist of a deployment (`vividly smoke`): against the system that DATABASE_URL and the
# other variables name, or the local stack that is up, or one that is started for it.
set -euo pipefail
vividly=$1
shift
home=${VIVIDLY_HOME:-.vividly}

if [[ -n ${DATABASE_URL:-} ]] || "$vividly" status >/dev/null 2>&1; then
    exec "$vividly" smoke "$@"
fi
mkdir -p "$home"
"$vividly" up >"$home/smoke.log" 2>&1 &
stack=$!
trap 'kill -TERM "$stack" 2>/dev/null; wait "$stack" 2>/dev/null || true' EXIT
echo "Starting a local stack ($home/smoke.log) ..."
until grep -q '^Ready' "$home/smoke.log"; do
    kill -0 "$stack" 2>/dev/null || { cat "$home/smoke.log"; exit 1; }
    sleep 0.5
done
"$vividly" smoke "$@"
