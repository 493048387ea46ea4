#!/bin/busybox sh
# First program of the test machine: the host's root read-only under a tmpfs, then the command of the test.
# @MODULES@ is replaced by the modules to load, in the order of their dependencies.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in @MODULES@; do insmod "/modules/$module" || echo "runward-vm: insmod $module failed"; done

mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro root /lower || exec poweroff -f
mount -t tmpfs -o size=75% tmpfs /upper
mkdir /upper/data /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /root

mount --move /proc /root/proc
mount --move /sys /root/sys
mount --move /dev /root/dev
mkdir -p /root/dev/pts /root/dev/shm
mount -t devpts -o ptmxmode=666 devpts /root/dev/pts
mount -t tmpfs tmpfs /root/dev/shm
mount -t tmpfs tmpfs /root/run
mount -t cgroup2 cgroup2 /root/sys/fs/cgroup
mount -t securityfs securityfs /root/sys/kernel/security
mount -t bpf bpf /root/sys/fs/bpf
mount -t tracefs tracefs /root/sys/kernel/tracing
mkdir /root/run/vm
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,rw vm /root/run/vm

exec switch_root /root /bin/sh /run/vm/boot
