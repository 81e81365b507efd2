#!/bin/sh
# How much of src/ the tests run: builds with counters, runs the tests, prints lines and branches of
# each file and of all.   usage: contrib/coverage.sh [report | TEST...]
# Without a word: all tests but lint's, counted from nothing. TEST, as `meson test --list` names
# them: only these, added to what was counted before. report: what was counted so far.
#
# A line is one that gcc made code for. A branch is one way out of a condition, && and || counted
# apart, as gcov tells it of code that is not optimized; a macro's branches count where it is used.
# The ways out of assert() are left out: what takes them ends the program. So are lines without
# code of their own (a closing brace that runs what cleanup() promised).
# A program killed with -9 keeps its counts to itself, and so does one another user runs from a
# directory where that user may not go: what only such programs do counts as not run.
set -eu
cd "$(dirname "$0")/.."
build=$PWD/build-test/coverage

# Programs that tests run as another user count in the same files. An empty one counts as none yet.
share_counts() {
	find "$build/src" -name '*.gcno' | while read -r notes; do
		counts=${notes%.gcno}.gcda
		touch "$counts"
		chmod a+rw "$counts"
	done
}

if [ "${1:-}" != report ]; then
	contrib/install.sh test
	contrib/install.sh analyze
	if [ ! -f "$build/build.ninja" ]; then
		# Threads count in one place, and _exit(), too, writes the counts down.
		CC=gcc meson setup -Dbuildtype=debug -Db_coverage=true \
			-Dc_args="-fprofile-update=atomic -include $PWD/tests/coverage.h" "$build"
	fi
	meson compile -C "$build"
	if [ $# = 0 ]; then
		find "$build" -name '*.gcda' -delete
		share_counts
		meson test -C "$build" --no-rebuild --no-suite lint --timeout-multiplier 3 || failed=1
	else
		share_counts
		meson test -C "$build" --no-rebuild --timeout-multiplier 3 "$@" || failed=1
	fi
fi

report() {
	gcovr --root . --object-directory "$build" --filter src/ --sort-percentage \
		--exclude-unreachable-branches --exclude-branches-by-pattern '\s*assert\(' "$@" "$build"
}
report --json "$build/coverage.json"
for way in "" --branches; do
	report $way --add-tracefile "$build/coverage.json"
done
report --print-summary --add-tracefile "$build/coverage.json" --output /dev/null
[ -z "${failed:-}" ] || echo "Tests failed: the numbers are of what they ran." >&2
exit "${failed:-0}"
