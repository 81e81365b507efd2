#!/bin/sh
# Does in a fresh Debian what a new user does with README open (tests/new_user.py): an ordinary one, who
# may use sudo. Prints the transcript. Not part of contrib/test.sh: it takes some minutes and 1 GB.
#   usage: contrib/test-new-user.sh
set -eu

. "$(dirname "$0")/debian-root.inc"

make_debian
in_debian apt-get install -y --no-install-recommends sudo ed
in_debian useradd --create-home --shell /bin/bash me
echo 'me ALL=(ALL) NOPASSWD: ALL' >"$debian/etc/sudoers.d/me"
git -C "$(dirname "$0")/.." archive --prefix=home/me/helios/ HEAD | tar -x -C "$debian"
in_debian chown -R me: /home/me
in_debian su - me -c 'cd helios && ./contrib/start.sh >start.log 2>&1; tail -n 20 start.log;
	./build/src/cli/helios umount && python3 tests/new_user.py'
