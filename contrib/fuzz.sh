#!/bin/sh
# Feeds the targets of tests/fuzz/ inputs made by libFuzzer: builds them with address and undefined
# behaviour sanitizers in ./build-test/fuzz and lets one after the other run for so many seconds
# (else 10), beginning with what is kept in tests/fuzz/corpus/ and what was found before. Prints
# executions and coverage of each; the exit status is 0 only if no input failed.
#   usage: contrib/fuzz.sh [SECONDS|keep [TARGET...]]
# What reaches something new is in build-test/fuzz/found/TARGET. keep: the corpus becomes the fewest
# inputs, of that and of itself, that reach as much; what has a name of its own, no hash, stays.
# An input that fails is in build-test/fuzz/failed; "build-test/fuzz/tests/fuzz/fuzz-TARGET INPUT"
# tries it again, and mended it belongs into the corpus under a name that tells what it was.
#
# An edge is a way from one piece of code without a branch to the next, as the compiler counts them
# in all that is linked to a target. The lines that the kept corpus reaches in each file:
# contrib/coverage.sh fuzz-TARGET...
set -eu
cd "$(dirname "$0")/.."
build=$PWD/build-test/fuzz
corpus=$PWD/tests/fuzz/corpus
LSAN_OPTIONS=suppressions=$PWD/contrib/lsan.supp:print_suppressions=0
export LSAN_OPTIONS

contrib/install.sh fuzz
if [ ! -f "$build/build.ninja" ]; then
	meson setup "$build" --native-file contrib/fuzz.ini >/dev/null
fi
meson compile -C "$build" fuzzers
mkdir -p "$build/failed"

# fuzz TARGET ARGUMENT...: no input is longer than a few pages, takes seconds, or much memory
fuzz() {
	fuzzer=$build/tests/fuzz/fuzz-$1
	shift
	"$fuzzer" -max_len=4096 -timeout=20 -rss_limit_mb=2048 -close_fd_mask=2 "$@"
}

# run TARGET SECONDS
run() {
	found=$build/found/$1
	log=$build/$1.log
	mkdir -p "$found"
	status=0
	fuzz "$1" -max_total_time="$2" -print_final_stats=1 -artifact_prefix="$build/failed/$1-" \
		"$found" "$corpus/$1" >"$log" 2>&1 || status=$?
	awk -v target="$1" '
		/inline 8-bit counters/ { split($0, at, /[(]/); edges = at[2] + 0 }
		match($0, / cov: [0-9]+/) { reached = substr($0, RSTART + 6, RLENGTH - 6) }
		/^stat::number_of_executed_units/ { runs = $2 }
		/^stat::average_exec_per_sec/ { rate = $2 }
		END { printf "%-12s %9d executions, %6d a second, %5d of %5d edges\n", target,
			runs, rate, reached, edges }' "$log"
	[ "$status" = 0 ] || tail -n 40 "$log"
	return "$status"
}

# merge TARGET INTO FROM...: copies what reaches edges that nothing in INTO does, smallest first
merge() {
	target=$1
	shift
	fuzz "$target" -merge=1 -use_counters=0 "$@" >"$build/$target-merge.log" 2>&1
}

# keep TARGET: most of the smallest are of no use once the larger ones are there
keep() {
	few=$build/few
	fewer=$build/fewer
	rm -rf "$few" "$fewer"
	mkdir -p "$few" "$fewer" "$build/found/$1"
	merge "$1" "$few" "$corpus/$1" "$build/found/$1" || return
	find "$few" -type f -printf '%s %p\n' | sort -rn |
		head -n $(($(find "$few" -type f | wc -l) * 2 / 5)) | cut -d ' ' -f 2- |
		xargs -r -d '\n' mv -t "$fewer"
	merge "$1" "$fewer" "$few" || return
	for input in "$corpus/$1"/*; do
		[ -f "$input" ] || continue # there is none yet
		case ${input##*/} in
		*[!0-9a-f]*) rm -f "$fewer/$(sha1sum <"$input" | cut -d ' ' -f 1)" ;;
		*) rm -f "$input" ;;
		esac
	done
	find "$fewer" -type f -exec mv -t "$corpus/$1" {} +
	echo "$1: $(find "$corpus/$1" -type f | wc -l) inputs are kept"
}

seconds=${1:-10}
[ $# = 0 ] || shift
[ $# != 0 ] || set -- "$corpus"/*
failed=0
for target; do
	target=${target##*/}
	if [ "$seconds" = keep ]; then
		keep "$target" || failed=1
	else
		run "$target" "$seconds" || failed=1
	fi
done
exit $failed
