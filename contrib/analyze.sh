#!/bin/sh
# Looks at the source of src/ with cppcheck, clang-tidy, gcc -fanalyzer and scan-build; the exit
# status is 0 only if none of them says anything. Ten minutes of two processors, most of them
# scan-build's. The builds stay in ./build-test.   usage: contrib/analyze.sh
#
# What the first two are not asked is in contrib/cppcheck.supp and .clang-tidy, with reasons. The
# other two follow paths through one file; contrib/analyze.h tells them of another what they need.
# They are not asked who frees what; AddressSanitizer and valgrind look for leaks in every test.
#   -Wanalyzer-malloc-leak: gcc 12 loses what an element of a growing list keeps. It told of 47
#     leaks (of 57 and more else in optimized code, which is why this is not); of those read none was.
#   unix.Malloc: clang 14 does not know the attribute cleanup, and calls what it frees a leak.
#   security.insecureAPI.DeprecatedOrUnsafeBufferHandling wants memcpy_s() and its like, which no C
#     library of Linux has.
# clang's analyzer goes into small functions at any depth, here up to the size of node_is().
set -u
cd "$(dirname "$0")/.." || exit 1
build=$PWD/build-test/analyze
sources="src/libhelios-core.a src/cli/helios src/fs/heliosfs src/mcp/helios-mcp"
told="-I$PWD/include -include $PWD/contrib/analyze.h"
failed=0

contrib/install.sh build && contrib/install.sh analyze || exit 1
if [ ! -f "$build/compile_commands.json" ]; then
	CC=clang meson setup -Dbuildtype=debug "$build" || exit 1
fi
if [ ! -f "$build-gcc/build.ninja" ]; then
	CC=gcc meson setup -Dbuildtype=debug -Dwerror=true \
		-Dc_args="$told -fanalyzer -Wno-analyzer-malloc-leak" "$build-gcc" || exit 1
fi
if [ ! -f "$build-scan/build.ninja" ]; then
	scan-build --use-cc=clang \
		meson setup -Dbuildtype=debug -Dc_args="$told" "$build-scan" || exit 1
fi

echo "=== cppcheck"
cppcheck --enable=warning,performance,portability --library=posix --quiet -j "$(nproc)" \
	--suppressions-list=contrib/cppcheck.supp --suppress=missingInclude --error-exitcode=1 \
	-I include -I src -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 src || failed=1

echo "=== clang-tidy"
find src -name '*.c' -print0 |
	xargs -0 -n 8 -P "$(nproc)" clang-tidy --quiet -p "$build" || failed=1

echo "=== gcc -fanalyzer" # what it refuses is not built, and so looked at again the next time
ninja -C "$build-gcc" --quiet -j "$(nproc)" -k 0 $sources || failed=1

echo "=== scan-build" # it looks at what is compiled
ninja -C "$build-scan" -t clean >/dev/null
scan-build --use-cc=clang --status-bugs -o "$build-scan/reports" \
	-analyzer-config ipa-always-inline-size=8 -disable-checker unix.Malloc \
	-enable-checker security \
	-disable-checker security.insecureAPI.DeprecatedOrUnsafeBufferHandling \
	ninja -C "$build-scan" --quiet -j "$(nproc)" -k 0 $sources || failed=1

[ $failed = 0 ] && echo "clean"
exit $failed
