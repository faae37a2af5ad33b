#!/usr/bin/env bash
# Install a Chromium for the browser tests where there is none: Debian's, else Playwright's own.
#
#   scripts/install-chromium.sh PYTHON
#
# Never fails: without a Chromium the browser tests are skipped, and say so.
set -uo pipefail
python=$1
LIMIT=600 # seconds for a download

"$python" -m tests.support.browser && exit 0
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)
if command -v apt-get >/dev/null; then
  echo "Installing Debian's Chromium for the browser tests ..."
  if timeout "$LIMIT" "${as_root[@]}" apt-get -qq update &&
    timeout "$LIMIT" "${as_root[@]}" apt-get -qq install --yes --no-install-recommends chromium >/dev/null; then
    exit 0
  fi
fi
echo "Installing Playwright's Chromium for the browser tests ..."
timeout "$LIMIT" "$python" -m playwright install chromium
"$python" -m tests.support.browser && exit 0
echo "No Chromium could be installed, so the browser tests are skipped." \
  "As root: apt-get install chromium" >&2
exit 0
