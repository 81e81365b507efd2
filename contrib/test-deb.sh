#!/bin/sh
# Installs the packages of contrib/deb.sh in a fresh Debian and uses them there, then removes them.
# Not part of contrib/test.sh: it takes some minutes and 400 MB.   usage: contrib/test-deb.sh [BUILD]
set -eu

. "$(dirname "$0")/debian-root.inc"

"$(dirname "$0")/deb.sh" -o "$room" "$@"
make_debian
cp "$room"/*.deb "$debian/srv/"

in_debian sh -c 'apt-get install -y --no-install-recommends /srv/*.deb'
in_debian helios init
in_debian helios show welcome | grep 'role: A guide to Helios'
in_debian helios set welcome communication.tone calm
in_debian sh -c 'echo "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}" | helios-mcp' | grep '"id":1'
in_debian helios complete -- show wel | grep '^welcome'
in_debian sh -ec '
	helios mount
	grep "tone: calm" ~/.helios/view/personas/welcome.yaml
	sed -i "s/tone: calm/tone: dry/" ~/.helios/view/personas/welcome.yaml
	helios umount
	test "$(helios get welcome communication.tone)" = dry'
in_debian ldconfig -p | grep libhelios.so.0
in_debian apt-get purge -y helios libhelios0 libhelios-dev
left=$(in_debian find / -xdev -iname '*helios*' -not -path '/srv/*' -not -path '/proc/*' -not -path '/var/log/*')
[ -z "$left" ] || { echo "The packages leave behind: $left" >&2; exit 1; }
echo "The packages install, work and go away again."
