#!/bin/sh
# From nothing to a mounted view: installs what is missing, builds into ./build, makes a home from
# examples/ if there is none, mounts its view and shows a resolved persona. May be run again.
#   usage: contrib/start.sh [--dir HOME]
set -eu

home=${HELIOS_DIR:-${HOME:?}/.helios}
case ${1:-} in
--dir) home=${2:?--dir needs a directory} ;;
--dir=*) home=${1#--dir=} ;;
"") ;;
*)
	echo "usage: $0 [--dir HOME]" >&2
	exit 2
	;;
esac
case $home in
/*) ;;
*) home=$PWD/$home ;;
esac
cd "$(dirname "$0")/.."

contrib/install.sh build
[ -f build/build.ninja ] || meson setup build
meson compile -C build helios:executable heliosfs helios-mcp

# Every distribution's udev lets everybody open the device; a machine without udev may not.
if [ ! -w /dev/fuse ]; then
	echo "/dev/fuse is closed to $(id -un); opening it the way udev does"
	sudo chmod 0666 /dev/fuse
fi

view=$home/view
[ -e "$home/.helios_version" ] || build/src/cli/helios --dir "$home" init --from examples
# A view whose daemon was killed is still listed as mounted; heliosfs clears it.
ls "$view/personas" >/dev/null 2>&1 || build/src/fs/heliosfs --dir "$home" "$view"

# A home of one's own may lack the example; then any persona will do.
persona=$view/personas/architect.yaml
[ -e "$persona" ] || persona=$(find "$view/personas" -name '*.yaml' | sort | head -n 1)
echo
echo "--- $persona, resolved:"
cat "$persona"
cat <<END
---
The view is mounted: edit what is in $view/personas with any editor.
The history:          git -C $home log
To unmount it:        $PWD/build/src/cli/helios --dir $home umount
END
