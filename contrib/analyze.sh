#!/bin/sh
# Looks at the source of src/ with cppcheck and clang-tidy; the exit status is 0 only if neither
# says anything. What they are not asked is in .clang-tidy and contrib/cppcheck.supp, with reasons.
# The build stays in ./build-test.   usage: contrib/analyze.sh
#
# Not asked at all: the path analyses of clang (clang-tidy's clang-analyzer-*, scan-build). Version 14
# does not know the attribute cleanup, and calls most of what it frees a leak.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$PWD/build-test/analyze
failed=0

contrib/install.sh build && contrib/install.sh analyze || exit 1
if [ ! -f "$build/compile_commands.json" ]; then
	CC=clang meson setup -Dbuildtype=debug "$build" || exit 1
fi

echo "=== cppcheck"
cppcheck --enable=warning,performance,portability --library=posix --quiet -j "$(nproc)" \
	--suppressions-list=contrib/cppcheck.supp --suppress=missingInclude --error-exitcode=1 \
	-I include -I src -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 src || failed=1

echo "=== clang-tidy"
find src -name '*.c' -print0 |
	xargs -0 -n 8 -P "$(nproc)" clang-tidy --quiet -p "$build" || failed=1

[ $failed = 0 ] && echo "clean"
exit $failed
