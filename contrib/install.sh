#!/bin/sh
# Installs what building (and with "test" also testing) needs, with apt, as root or through sudo.
# Does nothing when all of it is there.   usage: contrib/install.sh [build|test]
set -eu

# The compiler and the libraries of meson.build; fuse3 has fusermount3, git is for people.
packages="build-essential meson ninja-build pkg-config git fuse3 scdoc
	libfuse3-dev libyaml-dev libgit2-dev libcjson-dev libutf8proc-dev zlib1g-dev libmd-dev"

# The second compiler, the checkers, and the programs whose ways of saving are tested.
test_packages="clang valgrind libc6-dbg libcmocka-dev python3 python3-pytest python3-yaml
	perl vim nano emacs-nox tmux faketime strace procps psmisc util-linux"

# For the MCP clients the tests use. It may be there already, from elsewhere than Debian.
command -v npm >/dev/null || test_packages="$test_packages npm"

case ${1:-build} in
build) ;;
test) packages="$packages $test_packages" ;;
*)
	echo "usage: $0 [build|test]" >&2
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
