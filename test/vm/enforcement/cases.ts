/**
 * What enforcement is held against, as data: a policy, a line for a container's shell, and what is to come of it.
 * Longer than other files: it is a table.
 */
export interface EnforcementCase {
  /** A sentence about behaviour. */
  readonly name: string;
  /** `spec` of a RuntimePolicy; in protect unless it says otherwise. */
  readonly policy: object;
  /** Done before, with nothing enforced. */
  readonly prepare?: string;
  readonly run: string;
  /** A pattern over what it prints. */
  readonly prints: RegExp;
  /** Parts of the verdicts that come of it; undefined: none may. */
  readonly verdict?: Readonly<Record<string, unknown>>;
  readonly privileged?: true;
  /** Holds where only exec can be judged, too. */
  readonly everywhere?: true;
  /** Why it cannot be shown on a kernel, or is not so there: by series. */
  readonly lacks?: Readonly<Record<string, string>>;
  /** What is recorded about files of the container before. */
  readonly digests?: readonly string[];
}

const directory = (path: string, rest: object = {}): object => ({ directory: path, ...rest });
const path = (text: string, rest: object = {}): object => ({ path: text, ...rest });
const all = ['read', 'write', 'create', 'delete', 'rename', 'link', 'chmod', 'chown', 'mount', 'execute'];
const secret = { file: { deny: [directory('/srv/secret', { operations: all })] } };
const noRead = { file: { deny: [directory('/srv/secret', { operations: ['read'] })] } };
const refused = /EPERM|Operation not permitted|Permission denied|can't open|=EPERM/i;
const file = (operation: string, object: string | RegExp) => ({
  section: 'file',
  operation,
  object,
  outcome: 'denied',
});
const program = (object: string | RegExp) => ({ section: 'process', operation: 'start', object });
/** No program that the shell of the test itself is made of. */
const tools = [path('/bin/busybox'), path('/usr/local/bin/exercise')];

const processCases: readonly EnforcementCase[] = [
  { name: 'a program named by its path is denied', policy: { process: { deny: [path('/opt/tools/one')] } }, run: '/opt/tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/one'), everywhere: true },
  { name: 'a program beside the denied one runs', policy: { process: { deny: [path('/opt/tools/one')] } }, run: '/opt/tools/two sleep 0', prints: /sleep: 0/, everywhere: true },
  { name: 'a folder of programs is denied, folders below it too', policy: { process: { deny: [directory('/opt/tools')] } }, run: '/opt/tools/deep/three sleep 0; /opt/other/four sleep 0', prints: /^(?!(.*sleep:){2}).*sleep: 0/s, verdict: program('/opt/tools/deep/three'), everywhere: true },
  { name: 'programs are denied by a glob', policy: { process: { deny: [{ glob: '/opt/*/t?o' }] } }, run: '/opt/tools/two sleep 0; /opt/tools/one sleep 0', prints: /^(?!(.*sleep:){2}).*sleep: 0/s, verdict: program('/opt/tools/two'), everywhere: true },
  { name: 'an exception in a line lets a program through', policy: { process: { deny: [directory('/opt/tools', { except: [path('/opt/tools/two')] })] } }, run: '/opt/tools/two sleep 0', prints: /sleep: 0/, everywhere: true },
  { name: 'what no line of an allow-list names does not run', policy: { process: { default: 'deny', allow: tools } }, run: '/opt/tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/one'), everywhere: true },
  { name: 'what a line of an allow-list names runs', policy: { process: { default: 'deny', allow: [...tools, path('/opt/tools/one')] } }, run: '/opt/tools/one sleep 0', prints: /sleep: 0/, everywhere: true },
  { name: 'a program with a denied digest does not run', policy: { process: { deny: [{ glob: '/opt/**', sha256: ['@/opt/tools/one'] }] } }, digests: ['/opt/tools/one'], run: '/opt/tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/one'), everywhere: true },
  { name: 'a program with the digest an allow-list asks for runs', policy: { process: { default: 'deny', allow: [...tools, path('/opt/tools/one', { sha256: ['@/opt/tools/one'] })] } }, digests: ['/opt/tools/one'], run: '/opt/tools/one sleep 0', prints: /sleep: 0/, everywhere: true },
  { name: 'a program with another digest than the allow-list asks for does not run', policy: { process: { default: 'deny', allow: [...tools, path('/opt/tools/dynamic', { sha256: ['@/opt/tools/one'] })] } }, digests: ['/opt/tools/dynamic'], run: '/opt/tools/dynamic && echo ran', prints: /^(?!.*ran$)/s, verdict: program('/opt/tools/dynamic'), everywhere: true },
  { name: 'a program whose digest is not known is what onFailure says: closed', policy: { process: { onFailure: 'closed', deny: [path('/opt/other/four', { sha256: ['0'.repeat(64)] })] } }, run: '/opt/other/four sleep 0', prints: /^(?!.*sleep:)/s, verdict: { section: 'process', unresolved: true }, everywhere: true },
  { name: 'a program whose digest is not known is what onFailure says: open', policy: { process: { onFailure: 'open', deny: [path('/opt/other/four', { sha256: ['0'.repeat(64)] })] } }, run: '/opt/other/four sleep 0', prints: /sleep: 0/, verdict: { section: 'process', unresolved: true, outcome: 'would-deny' }, everywhere: true },
  { name: 'arguments that match a denial end the program before it begins', policy: { process: { deny: [path('/opt/tools/one', { arguments: ['sleep 1*'] })] } }, run: '/opt/tools/one sleep 1', prints: /^(?!.*sleep:)/s, verdict: { ...program('/opt/tools/one'), outcome: 'killed' }, everywhere: true },
  { name: 'other arguments are let through', policy: { process: { deny: [path('/opt/tools/one', { arguments: ['sleep 1*'] })] } }, run: '/opt/tools/one sleep 0', prints: /sleep: 0/, everywhere: true },
  { name: 'arguments of many thousand bytes are judged to their end', policy: { process: { deny: [path('/opt/tools/one', { arguments: ['*needle'] })] } }, run: '/opt/tools/one sleep 0 $(head -c 100000 /dev/zero | tr "\\0" x) needle; /opt/tools/one sleep 0 $(head -c 100000 /dev/zero | tr "\\0" x)', prints: /^(?!(.*sleep:){2}).*sleep: 0/s, verdict: { ...program('/opt/tools/one'), outcome: 'killed' }, everywhere: true },
  { name: 'a program is denied to the descendants of another', policy: { process: { deny: [path('/opt/tools/one', { ancestors: [path('/opt/tools/two')] })] } }, run: '/opt/tools/two spawn /bin/sh -c "/opt/tools/one sleep 0; true"', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/one'), everywhere: true },
  { name: 'and not to others', policy: { process: { deny: [path('/opt/tools/one', { ancestors: [path('/opt/tools/two')] })] } }, run: '/opt/tools/one sleep 0', prints: /sleep: 0/, everywhere: true },
  { name: 'a program that is not of the image does not run where drift is denied', policy: { process: { drift: 'deny' } }, prepare: 'cp /opt/tools/one /tmp/dropped', run: '/tmp/dropped sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/tmp/dropped'), everywhere: true },
  { name: 'a program of the image that was changed is drift', policy: { process: { drift: 'deny' } }, prepare: 'echo >>/opt/tools/two', run: '/opt/tools/two sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/two'), everywhere: true },
  { name: 'a program on a writable mount is drift', policy: { process: { drift: 'deny' } }, prepare: 'cp /opt/tools/one /dev/shm/dropped', run: '/dev/shm/dropped sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/dev/shm/dropped'), everywhere: true },
  { name: 'a program of the image runs where drift is denied', policy: { process: { drift: 'deny' } }, run: '/opt/tools/one sleep 0', prints: /sleep: 0/, everywhere: true },
  { name: 'a program from memory does not run where that is denied, by its descriptor', policy: { process: { fileless: 'deny' } }, run: 'exercise memfd-exec /opt/tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: { section: 'process', operation: 'start' }, everywhere: true },
  { name: 'nor by /proc/self/fd', policy: { process: { fileless: 'deny' } }, run: 'exercise memfd-proc /opt/tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: { section: 'process', operation: 'start' }, everywhere: true },
  { name: 'nor a program whose file was removed', policy: { process: { fileless: 'deny' } }, run: 'exercise unlinked-exec /opt/tools/one /tmp/gone sleep 0', prints: /^(?!.*sleep:)/s, verdict: { section: 'process', operation: 'start' }, everywhere: true },
  { name: 'a program from memory is what no line of an allow-list names', policy: { process: { default: 'deny', allow: tools } }, run: 'exercise memfd-exec /opt/tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: { section: 'process', operation: 'start' }, everywhere: true },
  { name: 'a denied program is denied through a symbolic link', policy: { process: { deny: [path('/opt/tools/one')] } }, run: 'ln -sf /opt/tools/one /tmp/link1; /tmp/link1 sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/one'), everywhere: true },
  { name: 'a denied program is denied through /proc/self/root', policy: { process: { deny: [path('/opt/tools/one')] } }, run: '/proc/self/root/opt/tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/one'), everywhere: true },
  { name: 'a denied program is denied by execveat with a descriptor', policy: { process: { deny: [path('/opt/tools/one')] } }, run: 'exercise execveat-fd /opt/tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/one'), everywhere: true },
  { name: 'a denied program is denied below another root', policy: { process: { deny: [path('/opt/tools/one')] } }, run: 'chroot /opt /tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/one'), everywhere: true },
  { name: 'a denied interpreter runs no scripts', policy: { process: { deny: [path('/opt/tools/two')] } }, prepare: 'printf "#!/opt/tools/two sleep\\n" >/tmp/script; chmod +x /tmp/script', run: '/tmp/script 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/two'), everywhere: true },
  { name: 'a denied script does not run', policy: { process: { deny: [path('/opt/tools/script')] } }, run: '/opt/tools/script', prints: /^(?!.*ran)/s, verdict: program('/opt/tools/script') },
  { name: 'the loader does not run a denied program', policy: { process: { deny: [path('/opt/tools/dynamic')] } }, run: '/lib64/ld-linux-x86-64.so.2 --library-path /lib64 /opt/tools/dynamic && echo ran', prints: /^(?!.*ran$)/s, verdict: program('/opt/tools/dynamic') },
  { name: 'the loader runs others', policy: { process: { deny: [path('/opt/tools/one')] } }, run: '/lib64/ld-linux-x86-64.so.2 --library-path /lib64 /opt/tools/dynamic && echo ran', prints: /ran/ },
  { name: 'the loader does not run what is not of the image', policy: { process: { drift: 'deny' } }, prepare: 'cp /opt/tools/dynamic /tmp/dynamic', run: '/lib64/ld-linux-x86-64.so.2 --library-path /lib64 /tmp/dynamic && echo ran', prints: /^(?!.*ran$)/s, verdict: program('/tmp/dynamic') },
  { name: 'a loader that is not of the image is not used', policy: { process: { drift: 'deny' } }, prepare: 'cp /lib64/ld-linux-x86-64.so.2 /tmp/l && cp /tmp/l /lib64/ld-linux-x86-64.so.2', run: '/opt/tools/dynamic && echo ran', prints: /^(?!.*ran$)/s, verdict: { section: 'process' } },
  { name: 'a thread that starts a denied program gets it no further', policy: { process: { deny: [path('/opt/tools/one')] } }, run: 'exercise thread-exec /opt/tools/one sleep 0', prints: /^(?!.*sleep:)/s, verdict: program('/opt/tools/one'), everywhere: true },
  { name: 'in monitor a program runs and is reported', policy: { process: { mode: 'monitor', deny: [path('/opt/tools/one')] } }, run: '/opt/tools/one sleep 0', prints: /sleep: 0/, verdict: { ...program('/opt/tools/one'), outcome: 'would-deny' }, everywhere: true },
]; // biome-ignore format: a table

const fileCases: readonly EnforcementCase[] = [
  { name: 'reading is denied', policy: secret, run: 'cat /srv/secret/a', prints: refused, verdict: file('read', '/srv/secret/a') },
  { name: 'reading beside it is not', policy: secret, run: 'cat /srv/data/a', prints: /data\/a/ },
  { name: 'writing is denied', policy: secret, run: 'exercise -e EPERM open /srv/secret/a w', prints: /EPERM/, verdict: file('write', '/srv/secret/a') },
  { name: 'truncating is denied', policy: secret, run: 'exercise -e EPERM truncate /srv/secret/a 0', prints: /EPERM/, verdict: file('write', '/srv/secret/a') },
  { name: 'only what a line names is denied', policy: { file: { deny: [directory('/srv/secret', { operations: ['write'] })] } }, run: 'cat /srv/secret/a', prints: /secret\/a/ },
  { name: 'creating is denied, by open', policy: secret, run: 'exercise -e EPERM creat /srv/secret/new', prints: /EPERM/, verdict: file('create', '/srv/secret/new') },
  { name: 'creating is denied, of folders', policy: secret, run: 'exercise -e EPERM mkdir /srv/secret/new', prints: /EPERM/, verdict: file('create', '/srv/secret/new') },
  { name: 'creating is denied, of pipes and sockets', policy: secret, run: 'exercise -e EPERM mknod /srv/secret/new', prints: /EPERM/, verdict: file('create', '/srv/secret/new') },
  { name: 'creating is denied, of symbolic links', policy: secret, run: 'exercise -e EPERM symlink /x /srv/secret/new', prints: /EPERM/, verdict: file('create', '/srv/secret/new') },
  { name: 'deleting is denied', policy: secret, run: 'exercise -e EPERM unlink /srv/secret/a', prints: /EPERM/, verdict: file('delete', '/srv/secret/a') },
  { name: 'deleting is denied, of folders', policy: secret, run: 'exercise -e EPERM rmdir /srv/secret/sub', prints: /EPERM/, verdict: file('delete', '/srv/secret/sub') },
  { name: 'renaming is denied', policy: secret, run: 'exercise -e EPERM rename /srv/secret/a /srv/secret/z', prints: /EPERM/, verdict: file('rename', '/srv/secret/a') },
  { name: 'linking is denied', policy: secret, run: 'exercise -e EPERM link /srv/secret/a /srv/data/z', prints: /EPERM/, verdict: file('link', '/srv/secret/a') },
  { name: 'changing the mode is denied', policy: secret, run: 'exercise -e EPERM chmod /srv/secret/a 777', prints: /EPERM/, verdict: file('chmod', '/srv/secret/a') },
  { name: 'changing the mode is denied, by a descriptor', policy: { file: { deny: [directory('/srv/secret', { operations: ['chmod'] })] } }, run: 'exercise -e EPERM fchmod /srv/secret/a 777', prints: /EPERM/, verdict: file('chmod', '/srv/secret/a') },
  { name: 'changing the owner is denied', policy: secret, run: 'exercise -e EPERM chown /srv/secret/a 1 1', prints: /EPERM/, verdict: file('chown', '/srv/secret/a') },
  { name: 'mounting is denied', policy: secret, privileged: true, run: 'exercise -e EPERM mount tmpfs /srv/secret/sub tmpfs', prints: /EPERM/, verdict: file('mount', '/srv/secret/sub') },
  { name: 'mounting is denied, by move_mount', policy: secret, privileged: true, run: 'exercise -e EPERM move-mount /srv/data /srv/secret/sub', prints: /EPERM/, verdict: file('mount', '/srv/secret/sub') },
  { name: 'mapping as code is denied', policy: { file: { deny: [directory('/srv/data', { operations: ['execute'] })] } }, run: 'exercise -e EPERM map-code /srv/data/a', prints: /EPERM/, verdict: file('execute', '/srv/data/a') },
  { name: 'mapping as code later is denied', policy: { file: { deny: [directory('/srv/data', { operations: ['execute'] })] } }, run: 'exercise -e EPERM map-code /srv/data/a later', prints: /EPERM/, verdict: file('execute', '/srv/data/a') },
  { name: 'a default denies what no line allows', policy: { file: { default: 'deny', allow: [{ glob: '/{bin,lib64,proc,dev,usr,etc}/**', operations: all }, directory('/srv/data', { operations: ['read'] }), path('/', { operations: ['read'] })] } }, run: 'cat /srv/data/a; cat /srv/data/sub/c; cat /srv/secret/a', prints: /data\/a\ndata\/sub\/c\n.*not permitted/s, verdict: file('read', '/srv/secret/a') },
  { name: 'a line for owners lets the owner through', policy: { file: { deny: [directory('/srv/data', { operations: ['read'] , ownerOnly: true })] } }, prepare: 'chown 65534 /srv/data/b', run: 'cat /srv/data/b', prints: /data\/b/ },
  { name: 'a line for owners judges the owner', policy: { file: { deny: [directory('/srv/data', { operations: ['read'] , ownerOnly: true })] } }, run: 'cat /srv/data/a', prints: refused, verdict: file('read', '/srv/data/a') },
  { name: 'a line for a program judges it alone', policy: { file: { deny: [directory('/srv/data', { operations: ['read'], from: [path('/opt/tools/one')] })] } }, run: '/opt/tools/one -e EPERM open /srv/data/a && cat /srv/data/a', prints: /EPERM.*data\/a/s, verdict: file('read', '/srv/data/a') },
  { name: 'in monitor what a line denies happens and is reported', policy: { file: { mode: 'monitor', deny: [directory('/srv/secret', { operations: all })] } }, run: 'cat /srv/secret/b', prints: /secret\/b/, verdict: { ...file('read', '/srv/secret/b'), outcome: 'would-deny' } },
  { name: 'a response of kill ends the process besides', policy: { file: { response: 'kill', deny: [directory('/srv/secret', { operations: ['read'] })] } }, run: 'cat /srv/secret/a; echo $?', prints: /137/, verdict: { ...file('read', '/srv/secret/a'), outcome: 'killed' } },
]; // biome-ignore format: a table

const elsewhere =
  'mkdir -p /tmp/cg; [ -d /tmp/cg/elsewhere ] || { mount -t cgroup2 cgroup2 /tmp/cg && mkdir /tmp/cg/elsewhere; }';
const bypassCases: readonly EnforcementCase[] = [
  { name: 'a symbolic link', policy: noRead, run: 'exercise -e EPERM open-link /srv/secret/a /tmp/link2', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a link of a parent folder', policy: noRead, run: 'ln -sfn /srv/secret /tmp/link3; exercise -e EPERM open /tmp/link3/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'dots', policy: noRead, run: 'exercise -e EPERM open /srv/data/../data/./../secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a working directory', policy: noRead, run: 'exercise -e EPERM open-relative /srv/secret a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a descriptor of the folder', policy: { file: { deny: [{ glob: '/srv/secret/*', operations: ['read'] }] } }, run: 'exercise -e EPERM open-at /srv/secret a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a hard link made under the policy', policy: noRead, run: 'exercise -e EPERM link /srv/secret/a /srv/data/hard; cat /srv/data/hard', prints: /EPERM/, verdict: { section: 'file', operation: 'link', moved: true } },
  { name: 'a rename under the policy', policy: noRead, run: 'exercise -e EPERM rename /srv/secret/a /srv/data/moved; cat /srv/data/moved', prints: /EPERM/, verdict: { section: 'file', operation: 'rename', moved: true } },
  { name: 'an exchange of two names', policy: noRead, run: 'exercise -e EPERM renameat2 /srv/data/a /srv/secret/a exchange', prints: /EPERM/, verdict: { section: 'file', operation: 'rename', moved: true } },
  { name: 'a renamed parent folder', policy: noRead, run: 'exercise -e EPERM rename /srv/secret /srv/open', prints: /EPERM/, verdict: { section: 'file', operation: 'rename', moved: true } },
  { name: 'a renamed folder further up', policy: noRead, run: 'exercise -e EPERM rename /srv /srv2', prints: /EPERM/, verdict: { section: 'file', operation: 'rename', moved: true } },
  { name: 'a rename onto what may not be written', policy: { file: { deny: [path('/srv/data/a', { operations: ['write'] })] } }, run: 'cp /srv/data/b /srv/data/new; exercise -e EPERM rename /srv/data/new /srv/data/a', prints: /EPERM/, verdict: { section: 'file', object: '/srv/data/a', moved: true } },
  { name: 'a link to where nothing may be created', policy: { file: { deny: [directory('/srv/data/sub', { operations: ['create'] })] } }, run: 'exercise -e EPERM link /srv/data/b /srv/data/sub/z', prints: /EPERM/, verdict: { section: 'file', object: '/srv/data/sub/z', moved: true } },
  { name: 'a file without a name that gets one there', lacks: { '6.1': 'its overlay file system has no files without a name' }, policy: { file: { deny: [directory('/srv/data/sub', { operations: ['create'] })] } }, run: 'exercise -e EPERM link-tmpfile /srv/data /srv/data/sub/z', prints: /EPERM/, verdict: { section: 'file', object: '/srv/data/sub/z', moved: true } },
  { name: '/proc/self/root', policy: noRead, run: 'exercise -e EPERM open /proc/self/root/srv/secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: '/proc/PID/root', policy: noRead, run: 'exercise -e EPERM open /proc/1/root/srv/secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: '/proc/PID/cwd', policy: noRead, run: 'cd /srv/secret && exercise -e EPERM open /proc/self/cwd/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a descriptor for the path alone, opened again', policy: noRead, run: 'exercise -e EPERM reopen /srv/secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a descriptor opened again for writing', policy: { file: { deny: [directory('/srv/secret', { operations: ['write'] })] } }, run: 'exercise -e EPERM reopen /srv/secret/a w', prints: /EPERM/, verdict: file('write', '/srv/secret/a') },
  { name: 'another root', policy: noRead, run: 'exercise -e EPERM chroot-open /srv /secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'openat2', policy: noRead, run: 'exercise -e EPERM openat2 /srv/secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'open itself', policy: noRead, run: 'exercise -e EPERM open-legacy /srv/secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'io_uring', policy: noRead, run: 'uring openat /srv/secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'int 0x80', policy: noRead, run: 'int80 open /srv/secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a 32-bit program', policy: noRead, run: 'calls32 open /srv/secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a file handle', policy: noRead, privileged: true, run: 'exercise -e EPERM open-handle /tmp/v/secret /tmp/v', prepare: 'mkdir -p /tmp/v; mount -t tmpfs tmpfs /tmp/v; echo s >/tmp/v/secret; mkdir -p /srv/secret/v; mount --bind /tmp/v /srv/secret/sub', prints: /EPERM|not permitted/, verdict: { section: 'file', operation: 'read', otherName: true } },
  { name: 'a bind mount of the folder elsewhere', policy: noRead, privileged: true, run: 'mkdir -p /tmp/bind && mount --bind /srv/secret /tmp/bind && exercise -e EPERM open /tmp/bind/a; umount /tmp/bind', prints: /EPERM/, verdict: { section: 'file', operation: 'read', otherName: true } },
  { name: 'a bind mount of the file elsewhere', policy: noRead, privileged: true, run: 'touch /tmp/bindfile && mount --bind /srv/secret/a /tmp/bindfile && exercise -e EPERM open /tmp/bindfile; umount /tmp/bindfile', prints: /EPERM/, verdict: { section: 'file', operation: 'read', otherName: true } },
  { name: 'a clone of a mount that is attached nowhere', policy: noRead, privileged: true, run: 'exercise -e EPERM open-tree-at /srv/secret a', prints: /EPERM/, verdict: { section: 'file', operation: 'read' } },
  { name: 'a mount namespace of its own', policy: noRead, privileged: true, run: 'unshare -m sh -c "mkdir -p /tmp/ns && mount --bind /srv/secret /tmp/ns && exercise -e EPERM open /tmp/ns/a"', prints: /EPERM/, verdict: { section: 'file', operation: 'read' } },
  { name: 'a user namespace of its own', policy: noRead, run: 'unshare -Urm sh -c "mkdir -p /tmp/ns2 && mount --bind /srv/secret /tmp/ns2 && exercise -e EPERM open /tmp/ns2/a"', prints: /EPERM|unshare/, verdict: { section: 'file', operation: 'read' } },
  { name: 'a file system of its own over an allowed folder', policy: { process: { default: 'deny', allow: [...tools, directory('/opt/other')] } }, privileged: true, run: 'unshare -m sh -c "mount -t tmpfs tmpfs /opt/other && cp /opt/tools/one /opt/other/four && /opt/other/four sleep 0"', prints: /^(?!.*sleep:)/s, verdict: { section: 'process', operation: 'start' } },
  { name: 'a copy made by writing, which moves the file to the upper layer', policy: { file: { deny: [path('/srv/secret/b', { operations: ['read'] })] } }, run: 'echo more >>/srv/secret/b; exercise -e EPERM open /srv/secret/b', prints: /EPERM/, verdict: file('read', '/srv/secret/b') },
  { name: 'a descriptor that a program that may open it sends', policy: { file: { deny: [directory('/srv/secret', { operations: ['read'], from: [path('/usr/local/bin/exercise')] })] } }, run: '(/opt/tools/one send-file /srv/secret/a /tmp/socket1 & sleep 1; exercise -e EPERM receive-file /tmp/socket1)', prints: /receive-file: EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a move into another cgroup', policy: noRead, privileged: true, prepare: elsewhere, run: 'echo $$ >/tmp/cg/elsewhere/cgroup.procs && exercise -e EPERM open /srv/secret/a', prints: /EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a child that is made in another cgroup', policy: noRead, privileged: true, prepare: elsewhere, run: 'exercise spawn-into /tmp/cg/elsewhere /usr/local/bin/exercise -e EPERM open /srv/secret/a', prints: /open: EPERM/, verdict: file('read', '/srv/secret/a') },
  { name: 'a path of 4,095 bytes', policy: { file: { deny: [{ glob: '/tmp/deep/**/end', operations: ['read'] }] } }, prepare: 'mkdir -p /tmp/deep; exercise deep-create /tmp/deep 4095 end', run: 'exercise -e EPERM deep-open /tmp/deep 4095 end', prints: /EPERM/, verdict: { section: 'file', operation: 'read', object: /^\/tmp\/deep\/.{4000,}\/end$/ } },
  { name: 'a path of more than 4,096 bytes', policy: { file: { deny: [directory('/tmp/deeper', { operations: ['write', 'create'] })] } }, prepare: 'mkdir -p /tmp/deeper', run: 'exercise -e EPERM deep-create /tmp/deeper 5000 end', prints: /EPERM|not permitted/, verdict: { section: 'file' } },
]; // biome-ignore format: a table

export const CASES: readonly EnforcementCase[] = [
  ...processCases,
  ...fileCases,
  ...bypassCases.map((each) => ({ ...each, name: `a denial is not got around by ${each.name}` })),
];
