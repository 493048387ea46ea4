#!/bin/sh
# Starts the sensor, then a scratch runc container that misbehaves harmlessly, and shows what is detected.
# Everything it does stays inside that container and a temporary folder, which go away at the end.
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo 'demo: tracing the kernel takes root, and there is no sudo' >&2; exit 1; }
  exec sudo scripts/demo.sh "$@"
fi

work=$(mktemp -d /tmp/runward-demo.XXXXXX)
name=payroll-demo-$$
agent=''
finish() {
  trap - EXIT
  [ -z "$agent" ] || kill -TERM "$agent" 2>/dev/null || true
  runc --root "$work/state" delete --force "$name" 2>/dev/null || true
  umount "$work/rootfs" 2>/dev/null || true
  umount "$work/overlay" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

# An image layer with busybox and a few account files, and a writable layer above it, as an image engine
# would mount them: a program written later is then seen not to come from the image.
mkdir -p "$work/state" "$work/upper" "$work/overlay" "$work/rootfs"
for dir in bin usr/bin etc proc dev tmp root; do mkdir -p "$work/image/$dir"; done
cp /bin/busybox "$work/image/bin/busybox"
for tool in $(/bin/busybox --list); do
  [ "$tool" = busybox ] || ln -s busybox "$work/image/bin/$tool"
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$work/image/etc/passwd"
echo 'root:*:19000:0:99999:7:::' >"$work/image/etc/shadow"
echo 'ls' >"$work/image/root/.ash_history"
mount -t tmpfs runward-demo "$work/overlay"
mkdir "$work/overlay/upper" "$work/overlay/work"
mount -t overlay runward-demo "$work/rootfs" \
  -o "lowerdir=$work/image,upperdir=$work/overlay/upper,workdir=$work/overlay/work"

cat >"$work/image/bin/payroll" <<'SCRIPT'
#!/bin/sh
step() { sleep 0.4; echo "  [container] $1" >&2; }
step 'reads the password hashes'
cat /etc/shadow >/dev/null
step 'looks up where the kernel keeps its functions'
head -n 1 /proc/kallsyms >/dev/null
step 'drops a program that is not part of its image, and runs it'
cp /bin/busybox /usr/bin/busybox-update
busybox-update id >/dev/null
step 'makes that program setuid, and runs it again'
chmod u+s /usr/bin/busybox-update
busybox-update id >/dev/null
step 'decodes text and runs it'
sh -c 'echo aWQ= | base64 -d | sh' >/dev/null
step 'starts something with the address of a mining pool (which does not exist)'
busybox-update true stratum+tcp://pool.invalid:3333
step 'plants a link to the root of the first process'
ln -s /proc/1/root /tmp/host
step 'hands a shell to a socket (on its own loopback)'
nc -l -p 4444 </dev/null >/dev/null &
sleep 0.2
nc 127.0.0.1 4444 -e /bin/sh </dev/null >/dev/null 2>&1 || true
step 'removes its shell history'
rm /root/.ash_history
SCRIPT
chmod 755 "$work/image/bin/payroll"

capabilities='"CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_FSETID","CAP_KILL","CAP_SETGID","CAP_SETUID","CAP_NET_BIND_SERVICE"'
cat >"$work/config.json" <<JSON
{
  "ociVersion": "1.0.2",
  "hostname": "payroll",
  "root": { "path": "rootfs" },
  "process": {
    "user": { "uid": 0, "gid": 0 },
    "args": ["/bin/payroll"],
    "env": ["PATH=/bin:/usr/bin", "HOME=/root"],
    "cwd": "/",
    "capabilities": {
      "bounding": [$capabilities], "effective": [$capabilities], "permitted": [$capabilities]
    }
  },
  "mounts": [
    { "destination": "/proc", "type": "proc", "source": "proc" },
    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"] }
  ],
  "linux": {
    "namespaces": [
      { "type": "pid" }, { "type": "mount" }, { "type": "ipc" }, { "type": "uts" }, { "type": "network" }
    ]
  }
}
JSON

mkfifo "$work/pipe"
: >"$work/log"
tee "$work/detections" <"$work/pipe" &
printer=$!
bin/runward run --rules "${RULES:-rules}" "$@" >"$work/pipe" 2>"$work/log" &
agent=$!
tries=0
until grep -q ready "$work/log"; do
  kill -0 "$agent" 2>/dev/null || { cat "$work/log" >&2; agent=''; exit 1; }
  tries=$((tries + 1))
  [ $tries -lt 300 ] || { cat "$work/log" >&2; echo 'demo: the sensor was not ready within 30 s' >&2; exit 1; }
  sleep 0.1
done

echo "demo: the sensor is ready; container $name starts" >&2
runc --root "$work/state" run --bundle "$work" "$name" </dev/null
sleep 1
kill -TERM "$agent"
wait "$agent" || true
agent=''
wait "$printer"
cat "$work/log" >&2

# in text form a detection has a second line, which is indented
found=$(grep -c '^[^ ]' "$work/detections" || true)
echo "demo: $found detections" >&2
[ "$found" -gt 0 ]
