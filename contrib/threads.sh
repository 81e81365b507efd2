#!/bin/sh
# Looks for races: daemon, servers and commands built with ThreadSanitizer, under the loads of the tests
# whose readers and writers work at once. Five minutes. The build stays in ./build-test.
#   usage: contrib/threads.sh
set -eu
cd "$(dirname "$0")/.."
build=$PWD/build-test/threads

contrib/install.sh test
if [ ! -f "$build/build.ninja" ]; then
	CC=gcc meson setup -Dbuildtype=debug -Doptimization=1 -Db_sanitize=thread -Db_lundef=false "$build"
fi
meson compile -C "$build"
HELIOS_PATIENCE=4 meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 4 \
	torn concurrent torture mcp_together
