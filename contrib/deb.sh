#!/bin/sh
# Makes Debian packages of what is built, with dpkg's own tools: helios, libhelios0, libhelios-dev.
# Without BUILD it builds into ./build-deb first.   usage: contrib/deb.sh [-o DIRECTORY] [BUILD]
set -eu
umask 022

out=$PWD
if [ "${1:-}" = -o ]; then
	out=$(cd "${2:?-o needs a directory}" && pwd)
	shift 2
fi
case ${1:-} in
-*)
	echo "usage: $0 [-o DIRECTORY] [BUILD]" >&2
	exit 2
	;;
"") build= ;;
*) build=$(cd "$1" && pwd) ;;
esac
cd "$(dirname "$0")/.."
if [ -z "$build" ]; then
	build=$PWD/build-deb
	[ -f "$build/build.ninja" ] || meson setup --prefix /usr "$build"
	meson compile -C "$build"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
architecture=$(dpkg --print-architecture)
meson install -C "$build" --no-rebuild --quiet --strip --destdir "$root"

# A build that was made for another prefix goes beneath /usr all the same: no program knows its own.
description=$(find "$root" -name helios.pc)
prefix=$(sed -n 's/^prefix=//p' "$description")
version=$(sed -n 's/^Version: //p' "$description")
if [ "$prefix" != /usr ]; then
	sed -i 's|^prefix=.*|prefix=/usr|' "$description"
	mv "$root$prefix" "$work/usr"
	rm -rf "$root"
	mkdir "$root"
	mv "$work/usr" "$root/usr"
fi
find "$root/usr/share/man" -type f -exec gzip -9n {} +
find "$root/usr/lib" -name '*.so.*' -type f -exec chmod 644 {} +
mv "$root/usr/share/doc/helios/LICENSE" "$root/usr/share/doc/helios/copyright"

# needs DIRECTORY: the packages its programs and libraries are linked with
needs() {
	mkdir -p "$work/debian"
	echo "Source: helios" >"$work/debian/control"
	find "$1/usr" -type f \( -path '*/bin/*' -o -name '*.so.*' \) -exec sh -c \
		'cd "$0" && dpkg-shlibdeps --ignore-missing-info -O "$@" 2>/dev/null' "$work" {} + |
		sed 's/^shlibs:Depends=//'
}

for list in contrib/debian/*.install; do
	package=$(basename "$list" .install)
	tree=$work/$package
	mkdir -p "$tree/DEBIAN" "$tree/usr/share/doc/$package"
	(cd "$root" && tar cf - $(cat "$OLDPWD/$list")) | tar xf - -C "$tree"
	[ "$package" = helios ] ||
		cp "$root/usr/share/doc/helios/copyright" "$tree/usr/share/doc/$package"
	sed -e "s/@version@/$version/; s/@architecture@/$architecture/; s/@needs@/$(needs "$tree")/" \
		-e "s/@size@/$(du -sk --exclude DEBIAN "$tree" | cut -f1)/" \
		"contrib/debian/$package.control" >"$tree/DEBIAN/control"
	(cd "$tree" && find usr -type f -exec md5sum {} + | sort -k 2) >"$tree/DEBIAN/md5sums"
	if [ "$package" = libhelios0 ]; then
		echo "activate-noawait ldconfig" >"$tree/DEBIAN/triggers"
		echo "libhelios 0 libhelios0 (>= $version)" >"$tree/DEBIAN/shlibs"
	fi
	dpkg-deb --root-owner-group --build "$tree" "$out/${package}_${version}_$architecture.deb"
done
