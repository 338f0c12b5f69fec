#!/bin/sh
# Makes sure that a Java for Spark is there; takes it from the system's package manager where it is not.
set -eu
if command -v java >/dev/null 2>&1 || [ -n "${JAVA_HOME:-}" ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The Spark tests need Java 17 or newer on the PATH: install it with your package manager." >&2
  exit 1
fi
root=""
if [ "$(id -u)" != 0 ]; then root="sudo"; fi
echo "Installing Java from the system's packages"
$root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends default-jre-headless >/dev/null
