#!/bin/sh
# Installs what is missing and runs every test there is: gcc and clang builds without a warning,
# unit, lint and integration tests, all that test the programs again with sanitizers, the unit tests
# in valgrind, fuzzers for some seconds each (contrib/fuzz.sh lets them run longer).
# Ends with a line "N passed, N failed"; the exit status is 0 only if nothing failed.
# The builds stay in ./build-test, so that a second run is quicker.   usage: contrib/test.sh
set -u
cd "$(dirname "$0")/.." || exit 1
builds=$PWD/build-test
logs=$builds/logs
rm -rf "$logs"
mkdir -p "$logs"

# stage NAME COMMAND...: one step that works or does not
stage() {
	name=$1
	shift
	printf '\n=== %s\n' "$name"
	if "$@"; then
		echo "1 0 0" >>"$logs/tally"
	else
		echo "FAILED: $name"
		echo "0 1 0" >>"$logs/tally"
		return 1
	fi
}

# build NAME SETUP-ARGUMENT...: builds into build-test/NAME; a warning is an error
build() {
	dir=$builds/$1
	shift
	if [ ! -f "$dir/build.ninja" ]; then
		meson setup -Dwerror=true "$dir" "$@" || return 1
	fi
	meson compile -C "$dir"
}

# mcp_clients: what tests/mcp pins goes into build-test/npm, where test_mcp_sdk.py looks for it
mcp_clients() {
	npm=$builds/npm
	cmp -s tests/mcp/package-lock.json "$npm/installed" && return
	mkdir -p "$npm"
	cp tests/mcp/package.json tests/mcp/package-lock.json tests/mcp/.npmrc "$npm" &&
		npm ci --ignore-scripts --loglevel=error --prefix "$npm" &&
		cp tests/mcp/package-lock.json "$npm/installed"
}

# tests BUILD NAME ARGUMENT...: meson test; each test case counts
tests() {
	dir=$builds/$1
	log=$2
	shift 2
	printf '\n=== tests: %s\n' "$log"
	meson test -C "$dir" --no-rebuild --print-errorlogs --logbase "$log" "$@"
	/usr/bin/python3 tests/tally.py "$dir/meson-logs/$log.json" $? >>"$logs/tally"
}

stage "install what is missing" contrib/install.sh test || exit 1
stage "install the MCP clients" mcp_clients

CC=gcc
export CC
LSAN_OPTIONS=suppressions=$PWD/contrib/lsan.supp:print_suppressions=0
export LSAN_OPTIONS
# The suppressions would have each program look up names, and read libasan's, for 0.1 s at its end:
# a report tells addresses, which addr2line knows the lines of.
ASAN_OPTIONS=symbolize=0
export ASAN_OPTIONS
if stage "build with gcc" build gcc; then
	tests gcc everything
	tests gcc valgrind --suite unit --timeout-multiplier 10 \
		--wrapper 'valgrind --quiet --leak-check=full --error-exitcode=99'
fi
if stage "build with sanitizers" build sanitized --native-file contrib/dev.ini; then
	tests sanitized sanitized --no-suite lint --no-suite packaging --timeout-multiplier 4
fi
CC=clang
if stage "build with clang" build clang; then
	tests clang clang --suite unit --suite store --suite fuzz
fi
stage "fuzz each target for some seconds" contrib/fuzz.sh 5

echo
awk '{ p += $1; f += $2; s += $3 }
	END { if (s) print s " skipped (the logs say why)"
	      print p + 0 " passed, " f + 0 " failed"; exit f != 0 }' "$logs/tally"
