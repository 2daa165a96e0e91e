#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A machine for the commands of the operations guide: this one with layers over /etc, /usr and /var/lib, an empty state
# and an empty /mnt, in which the built programs are installed. It is made for one command, and gone with all its processes
# when that ends; nothing of it reaches what lies below. Root only; exits with 77 where the layers cannot be made.
#   guide_machine.bash SOURCE_DIR BIN_DIR COMMAND…
set -euo pipefail
umask 022 # a machine has its own

if [[ $1 != --inside ]]; then
    own_mounts=$(dirname "$0")/../own-mounts
    bash "$own_mounts" --own-processes unshare --net true 2>/dev/null || {
        echo "skipped: only root can make such a machine, and not without CAP_SYS_ADMIN"
        exit 77
    }
    layers=$(mktemp --directory /tmp/valhalla-guide.XXXXXX) # overlay's options know no strange names
    trap 'rmdir "$layers"' EXIT
    code=0
    # Its networks are its own too, so that the gateway can listen where it usually does.
    bash "$own_mounts" --own-processes unshare --net bash "$(realpath "$0")" --inside "$layers" "$@" || code=$?
    exit "$code"
fi

layers=$2 source=$3 programs=$4
shift 4
over() { # DIRECTORY: what is written there lies in memory
    mkdir -p "$layers/upper$1" "$layers/work$1"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$layers/upper$1,workdir=$layers/work$1" "$1" || {
        echo "skipped: no overlay over $1"
        exit 77
    }
}
mount -t tmpfs -o mode=0755,size=8G tmpfs "$layers" # more than there is: health counts the free space
for directory in /etc /usr/bin /usr/share /var/lib; do over "$directory"; done
for directory in /run /mnt; do mount -t tmpfs -o mode=0755 tmpfs "$directory"; done
mkdir -p /var/lib/valhalla
mount -t tmpfs -o size=8G tmpfs /var/lib/valhalla # perhaps more than there is: health counts the free space

packaging=$source/packaging
for program in valhallad valhallactl valhalla-verify valhalla-gateway; do
    strip --strip-debug -o "/usr/bin/$program" "$programs/$program" # into memory
    chmod 0755 "/usr/bin/$program"
done
install --mode=0755 "$source/tests/packaging/guide_systemctl.py" /usr/bin/systemctl
install -D --mode=0644 -t /etc/valhalla "$packaging"/{valhallad,gateway}.toml
install -D --mode=0644 -t /usr/share/doc/valhallad/examples "$packaging"/{policy,playbook}.toml
install -D --mode=0644 -t /run/units "$packaging"/systemd/*.{service,socket,timer}
systemd-sysusers "$packaging/sysusers.d/valhalla.conf" 2>/dev/null
systemd-tmpfiles --create "$packaging/tmpfiles.d/valhalla.conf"
install --directory --owner=valhalla --group=valhalla /run/valhalla
python3 - <<'END'
# Up, loopback.
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING
END
cat >/usr/bin/journalctl <<'END'
#!/bin/sh
# journalctl --unit=NAME --lines=N, without what a build that measures coverage complains of
unit=${*##*--unit=}
grep -v '^profiling:' "/run/${unit%% *}.log" | tail -n "${*##*--lines=}"
END
chmod 0755 /usr/bin/journalctl
for user in alice mallory; do userdel "$user" 2>/dev/null || true; done
useradd --groups valhalla alice
useradd mallory

systemctl start valhallad.socket valhallad.service
# Not in the place of this shell, which as the first process waits for those that lost their parents.
"$@"
