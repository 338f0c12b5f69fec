#!/bin/sh
# Makes sure that a Chromium and the PDF tools are there; takes them from the system's package manager where they are not.
set -eu
if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1; then
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The browser tests need chromium on the PATH: install it with your package manager." >&2
  exit 1
fi
root=""
if [ "$(id -u)" != 0 ]; then root="sudo"; fi
echo "Installing chromium from the system's packages"
$root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
