#!/usr/bin/env bash
# Brings libflite, the offline voice, where it can: with apt-get as root, or unpacked
# below .vividly/flite as any other user. Where it cannot, the local stack speaks with
# espeak-ng and says so.
set -u
cd "$(dirname "$0")/.." || exit 1
home="${VIVIDLY_HOME:-.vividly}"

if ldconfig -p 2>/dev/null | grep -q 'libflite\.so\.1' || [ -d "$home/flite" ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "flite is not installed and there is no apt-get: lessons will speak with espeak-ng"
  exit 0
fi
if [ "$(id -u)" = 0 ]; then
  { apt-get install -y -qq libflite1 || { apt-get update -qq && apt-get install -y -qq libflite1; }; } >/dev/null 2>&1 \
    && exit 0
else
  folder=$(mktemp -d)
  if (cd "$folder" && apt-get download -qq libflite1 >/dev/null 2>&1 && dpkg-deb -x ./*.deb root); then
    mkdir -p "$home"
    mv "$folder/root" "$home/flite"
    rm -rf "$folder"
    exit 0
  fi
  rm -rf "$folder"
fi
echo "flite could not be installed: lessons will speak with espeak-ng"
