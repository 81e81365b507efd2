#!/bin/sh
# Installs what building (with "test" also testing, with "analyze" the checkers of the source, with
# "fuzz" the fuzzers) needs, with apt, as root or through sudo. Does nothing when all of it is there.
#   usage: contrib/install.sh [build|test|analyze|fuzz]
set -eu

# The compiler and the libraries of meson.build; fuse3 has fusermount3, git is for people.
packages="build-essential meson ninja-build pkg-config git fuse3 scdoc
	libfuse3-dev libyaml-dev libgit2-dev libcjson-dev libutf8proc-dev zlib1g-dev libmd-dev"

# The second compiler, the checkers, and the programs whose ways of saving are tested.
test_packages="clang valgrind libc6-dbg libcmocka-dev python3 python3-pytest python3-yaml python3-jsonschema
	perl vim nano emacs-nox neovim micro kakoune joe mg ed rsync patch libglib2.0-bin
	systemd tmux less faketime strace procps psmisc util-linux zsh fish groff-base"

# For the MCP clients the tests use. It may be there already, from elsewhere than Debian.
command -v npm >/dev/null || test_packages="$test_packages npm"

# What contrib/analyze.sh and contrib/coverage.sh run.
analyze_packages="clang clang-tidy clang-tools cppcheck gcovr"

# What contrib/fuzz.sh builds with: clang's libFuzzer and sanitizers.
fuzz_packages="clang libclang-rt-dev libcmocka-dev"

case ${1:-build} in
build) ;;
test) packages="$packages $test_packages $fuzz_packages" ;;
analyze) packages="$packages $analyze_packages" ;;
fuzz) packages="$packages $fuzz_packages" ;;
*)
	echo "usage: $0 [build|test|analyze|fuzz]" >&2
	exit 2
	;;
esac

if ! command -v apt-get >/dev/null; then
	echo "There is no apt here. These Debian packages, or what they are called here, are needed:" >&2
	echo $packages >&2
	exit 0
fi

missing=
for package in $packages; do
	case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
	"install ok installed") ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=env
elif command -v sudo >/dev/null; then
	as_root=sudo
else
	echo "As root, please: apt-get install$missing" >&2
	exit 1
fi
echo "Installing:$missing"
$as_root apt-get update
$as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y --no-install-recommends $missing
