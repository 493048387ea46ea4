import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DetectionLine, startAgent } from './harness/agent.js';
import { missingDoor } from './harness/host.js';
import { requireRuntime, runtimes, uniqueName } from './harness/index.js';
import { Scratch } from './harness/scratch.js';

/** Every event of a test program, with all that says where it happened and how it got there. */
const RULES = `
- macro: programs
  condition: (proc.name in (exercise, uring, calls32, int80, other))
- rule: open
  desc: any open
  condition: evt.type in (open, openat, openat2, creat) and programs
  output: "%evt.type %fd.name %fd.nameraw %fd.hostpath %evt.rawres %evt.is_open_write %evt.is_truncated %evt.is_io_uring %proc.cmdline %proc.name %container.name"
  priority: INFO
- rule: name
  desc: any change of a name
  condition: >
    evt.type in (unlink, unlinkat, rename, renameat, renameat2, mkdir, mkdirat, rmdir, link, linkat, symlink, symlinkat)
    and programs
  output: "%evt.type %evt.abspath %evt.abspath.src %evt.abspath.dst %evt.arg.target %evt.arg.oldpath %evt.arg.newpath %evt.rawres %evt.is_io_uring %proc.cmdline %container.name"
  priority: INFO
- rule: socket
  desc: sockets and their peers
  condition: evt.type in (socket, connect) and programs
  output: "%evt.type %fd.type %fd.rip %fd.rport %evt.arg.domain %evt.is_io_uring %proc.cmdline %container.name"
  priority: INFO
- rule: move
  desc: data that moves
  condition: evt.type in (readv, writev, pipe2) and programs
  output: "%evt.type %fd.name %evt.is_io_uring %proc.cmdline %container.name"
  priority: INFO
- rule: exec
  desc: programs that start
  condition: evt.type in (execve, execveat) and programs
  output: "%evt.type %proc.name %proc.exepath %evt.is_truncated %proc.cmdline %container.name"
  priority: INFO
`;

const PREPARE = `set -e
mkdir -p /srv/a /srv/b /srv/jail /mnt/bound /srv/old /srv/c
for name in secret u1 u2 u3 u4 u5 r1 r2 r3 r4 r5 l1 l2; do echo text >/srv/a/$name; done
ln -s /srv/a /srv/link
ln -s secret /srv/a/soft
ln -s ../a/secret /srv/b/relative
ln -s /srv/b/relative /srv/b/chain
echo text >/srv/old/inside
echo text >"$(printf '/srv/c/new\\nline')"
echo text >"$(printf '/srv/c/\\033[31mred')"
echo text >"$(printf '/srv/c/\\377\\376')"
mount --bind /srv/a /mnt/bound
`;

interface Case {
  /** What the container runs; the command line of its event unless \`by\` says otherwise. */
  readonly command: string;
  readonly by?: string;
  readonly rule?: 'open' | 'name' | 'socket' | 'move' | 'exec';
  readonly fields: Readonly<Record<string, unknown>>;
  /** Why this cannot be seen here. */
  readonly lacks?: string;
}

const opens = (command: string, path: unknown, more: Case['fields'] = {}): Case => ({
  command,
  fields: { 'fd.name': path, ...more },
});

const deep = (length: number): string => {
  let path = '/tmp';
  const name = `leaf${length}`;
  while (path.length + name.length + 1 < length) {
    const room = length - path.length - name.length - 2;
    if (room < 1) break;
    path += `/${'d'.repeat(Math.min(room, 200))}`;
  }
  return `${path}/${name}`;
};

const WAYS: readonly Case[] = [
  opens('exercise open /srv/a/soft', '/srv/a/secret', { 'fd.nameraw': '/srv/a/soft' }),
  opens('exercise open /srv/link/secret', '/srv/a/secret', { 'fd.nameraw': '/srv/link/secret' }),
  opens('exercise open /srv/b/chain', '/srv/a/secret'),
  opens('exercise open-relative /srv/a secret', '/srv/a/secret', { 'fd.nameraw': 'secret' }),
  opens('exercise open-relative /srv/link ../b/relative', '/srv/a/secret'),
  opens('exercise open-at /srv/a ../a/secret', '/srv/a/secret', { 'fd.nameraw': '../a/secret' }),
  opens('exercise open /srv/b/.././a//secret', '/srv/a/secret', { 'fd.nameraw': '/srv/b/.././a//secret' }),
  opens('exercise open /../../srv/a/secret', '/srv/a/secret'),
  opens('exercise open /proc/self/root/srv/a/secret', '/srv/a/secret'),
  opens('exercise open /proc/1/root/srv/a/secret', '/srv/a/secret'),
  opens('exercise open-relative /proc/self/cwd/srv a/secret', '/srv/a/secret'),
  opens('exercise open /mnt/bound/secret', '/mnt/bound/secret'),
  opens('exercise openat2 /srv/link/secret', '/srv/a/secret', { 'evt.type': 'openat2' }),
  opens('exercise open-legacy /srv/link/secret', '/srv/a/secret', { 'evt.type': 'open' }),
  opens('exercise creat /srv/link/created', '/srv/a/created', { 'evt.type': 'creat', 'evt.is_open_write': true }),
  opens('exercise -e ENOENT open /srv/link/absent', '/srv/a/absent', { 'evt.rawres': -2 }),
  { ...opens("(cd /srv/old && mv /srv/old /srv/renamed && exercise open inside)", '/srv/renamed/inside'),
    by: 'exercise open inside' },
  { ...opens('exercise open "$(printf \'/srv/c/new\\nline\')"', '/srv/c/new\nline'), by: 'exercise open /srv/c/new\nline' },
  { ...opens('exercise open "$(printf \'/srv/c/\\033[31mred\')"', '/srv/c/\u001b[31mred'),
    by: 'exercise open /srv/c/\u001b[31mred' },
  { ...opens('exercise open "$(printf \'/srv/c/\\377\\376\')"', '/srv/c/\ufffd\ufffd'), by: 'exercise open /srv/c/\ufffd\ufffd' },
  opens('exercise deep-create /tmp 4000 leaf4000', deep(4000), { 'evt.is_truncated': false, 'evt.is_open_write': true }),
  opens('exercise deep-open /tmp 4000 leaf4000', deep(4000), { 'evt.is_truncated': false }),
  opens('exercise deep-create /tmp 4090 leaf4090', deep(4090), { 'evt.is_truncated': false }),
  opens('exercise deep-create /tmp 6000 leaf6000', expect.stringMatching(/^\/d{100}.*\/leaf6000$/), { 'evt.is_truncated': true }),
  opens('exercise chroot-open /srv/a /secret', '/srv/a/secret'),
  { command: 'exercise exec-link /usr/local/bin/exercise /srv/other sleep 1', by: 'other sleep 1', rule: 'exec',
    fields: { 'proc.exepath': '/usr/local/bin/exercise', 'proc.name': 'other' } },
  { command: 'exercise unlink /srv/link/u1', rule: 'name', fields: { 'evt.abspath': '/srv/a/u1' } },
  { command: 'exercise unlinkat /srv/link ../link/u2', rule: 'name', fields: { 'evt.abspath': '/srv/a/u2' } },
  { command: 'exercise rename /srv/link/r1 /mnt/../srv/b/r1', rule: 'name',
    fields: { 'evt.abspath.src': '/srv/a/r1', 'evt.abspath.dst': '/srv/b/r1' } },
  { command: 'exercise link /srv/link/l1 /srv/b/../b/l1', rule: 'name',
    fields: { 'evt.arg.oldpath': '/srv/a/l1', 'evt.arg.newpath': '/srv/b/l1' } },
  { command: 'exercise symlink /srv/a/secret /srv/link/s1', rule: 'name',
    fields: { 'evt.abspath': '/srv/a/s1', 'evt.arg.target': '/srv/a/secret' } },
  { command: 'exercise mkdir /srv/link/m1', rule: 'name', fields: { 'evt.abspath': '/srv/a/m1' } },
  { command: 'exercise rmdir /srv/link/m1', rule: 'name', fields: { 'evt.abspath': '/srv/a/m1' } },
]; // biome-ignore format: a table

const SECRET = { 'fd.name': '/srv/a/secret' };
const PEER = { 'evt.type': 'connect', 'fd.type': 'ipv4', 'fd.rip': '127.0.0.1' };
const PACKET = {
  'evt.type': 'socket',
  'fd.type': 'packet',
  'evt.arg.domain': expect.stringContaining('AF_PACKET'),
};

/** The same acts through a 32-bit call, of a 32-bit program and of a 64-bit one. */
const doors32 = (program: string, at: number): readonly Case[] => [
  { command: `${program} open /srv/link/secret`, fields: { 'evt.type': 'open', ...SECRET } },
  { command: `${program} openat /srv/link/secret`, fields: { 'evt.type': 'openat', ...SECRET } },
  { command: `${program} openat2 /srv/link/secret`, fields: { 'evt.type': 'openat2', ...SECRET } },
  { command: `${program} creat /srv/link/${program}`, fields: { 'evt.type': 'creat', 'fd.name': `/srv/a/${program}` } },
  { command: `${program} execve /usr/local/bin/exercise sleep 1`, by: 'exercise sleep 1', rule: 'exec',
    fields: { 'evt.type': 'execve', 'proc.exepath': '/usr/local/bin/exercise' } },
  { command: `${program} unlink /srv/link/u${at}`, rule: 'name', fields: { 'evt.type': 'unlink', 'evt.abspath': `/srv/a/u${at}` } },
  { command: `${program} rename /srv/link/r${at} /srv/b/r${at}`, rule: 'name',
    fields: { 'evt.type': 'rename', 'evt.abspath.src': `/srv/a/r${at}`, 'evt.abspath.dst': `/srv/b/r${at}` } },
  { command: `${program} mkdir /srv/link/d${at}`, rule: 'name', fields: { 'evt.type': 'mkdir', 'evt.abspath': `/srv/a/d${at}` } },
  { command: `${program} symlink /srv/a/secret /srv/b/y${at}`, rule: 'name',
    fields: { 'evt.type': 'symlink', 'evt.arg.target': '/srv/a/secret', 'evt.abspath': `/srv/b/y${at}` } },
  { command: `${program} connect self 0`, rule: 'socket', fields: PEER },
  { command: `${program} socketcall-connect self 0`, rule: 'socket', fields: PEER },
  { command: `${program} socket-packet`, rule: 'socket', fields: PACKET },
  { command: `${program} socketcall-packet`, rule: 'socket', fields: PACKET },
]; // biome-ignore format: a table

function throughDoor(program: 'calls32' | 'int80', at: number): readonly Case[] {
  const lacks = missingDoor(program);
  return doors32(program, at).map((each) => (lacks === undefined ? each : { ...each, lacks }));
}

const viaRing = (flags: string, at: number): readonly Case[] => {
  const ring = { 'evt.is_io_uring': true };
  const uring = `uring ${flags}`.trim();
  return [
    { command: `${uring} openat /srv/link/secret`, fields: { 'evt.type': 'openat', ...SECRET, ...ring } },
    { command: `${uring} openat2 /srv/link/secret`, fields: { 'evt.type': 'openat2', ...SECRET, ...ring } },
    { command: `${uring} fixed-open /srv/link/secret`, fields: { 'evt.type': 'openat', ...SECRET, ...ring } },
    { command: `${uring} creat /srv/link/ring${at}`, fields: { 'evt.type': 'openat', 'fd.name': `/srv/a/ring${at}`, 'evt.is_open_write': true, ...ring } },
    { command: `${uring} unlinkat /srv/link/ring${at}`, rule: 'name', fields: { 'evt.type': 'unlinkat', 'evt.abspath': `/srv/a/ring${at}`, ...ring } },
    { command: `${uring} mkdirat /srv/link/q${at}`, rule: 'name', fields: { 'evt.type': 'mkdirat', 'evt.abspath': `/srv/a/q${at}`, ...ring } },
    { command: `${uring} renameat /srv/link/q${at} /srv/b/q${at}`, rule: 'name',
      fields: { 'evt.type': 'renameat2', 'evt.abspath.src': `/srv/a/q${at}`, 'evt.abspath.dst': `/srv/b/q${at}`, ...ring } },
    { command: `${uring} linkat /srv/link/l2 /srv/b/k${at}`, rule: 'name',
      fields: { 'evt.type': 'linkat', 'evt.arg.oldpath': '/srv/a/l2', 'evt.arg.newpath': `/srv/b/k${at}`, ...ring } },
    { command: `${uring} symlinkat /srv/a/secret /srv/b/z${at}`, rule: 'name',
      fields: { 'evt.type': 'symlinkat', 'evt.arg.target': '/srv/a/secret', 'evt.abspath': `/srv/b/z${at}`, ...ring } },
    { command: `${uring} connect self 0`, rule: 'socket', fields: { ...PEER, ...ring } },
    { command: `${uring} socket-packet`, rule: 'socket', fields: { ...PACKET, ...ring } },
    { command: `${uring} readv-fixed /srv/link/secret`, rule: 'move', fields: { 'evt.type': 'readv', ...SECRET, ...ring } },
    { command: `${uring} writev-fixed /srv/link/w${at} text`, rule: 'move', fields: { 'evt.type': 'writev', 'fd.name': `/srv/a/w${at}`, ...ring } },
    { command: `${uring} pipe`, rule: 'move', fields: { 'evt.type': 'pipe2', ...ring } },
  ];
}; // biome-ignore format: a table

const GROUPS: readonly (readonly [string, readonly Case[]])[] = [
  ['a path is the one of the object', WAYS],
  ...(process.arch === 'x64'
    ? ([
        ['a 32-bit program is seen as a native one', throughDoor('calls32', 4)],
        ['int 0x80 in a 64-bit program is seen as a native call', throughDoor('int80', 5)],
      ] as const)
    : []),
  ['io_uring is seen as a native call', viaRing('', 1)],
  ['io_uring through a kernel worker is seen as a native call', viaRing('--async', 2)],
  ['io_uring without completions is seen as a native call', viaRing('--skip', 3)],
  ['io_uring through a polling kernel thread is seen as a native call', viaRing('--sqpoll', 4)],
  ['io_uring in memory of a silent request is seen as a native call', viaRing('--reuse', 5)],
];

describe('what a process did to a file or a peer', () => {
  const runtime = runtimes.runc();
  const scratch = new Scratch('paths');
  const name = uniqueName();
  let lines: readonly DetectionLine[] = [];
  beforeEach((test) => requireRuntime(runtime, test));
  beforeAll(async () => {
    if ((await runtime.available()) !== undefined) return;
    const rules = scratch.below('rules.yaml');
    writeFileSync(rules, RULES);
    mkdirSync(scratch.below('host'));
    writeFileSync(scratch.below('host/file'), 'text\n');
    const agent = await startAgent({ rules: [rules] });
    const commands = GROUPS.flatMap(([, cases]) => cases.map(({ command }) => command));
    const last = 'exercise open /last';
    const script = `${PREPARE}set +e\n${[...commands, 'exercise open /data/file', last].join('\n')}\n`;
    await runtime.runToEnd({
      name,
      args: ['sh', '-c', script],
      privileged: true,
      mounts: [{ source: scratch.below('host'), target: '/data', readonly: true }],
    });
    const mine = (line: DetectionLine): boolean => line.output_fields['container.name'] === name;
    await agent.until((line) => mine(line) && line.output_fields['proc.cmdline'] === last);
    lines = (await agent.stop()).detections.filter(mine);
  });
  afterAll(async () => {
    await runtime.close();
    await scratch.remove();
  });

  const eventsOf = ({ command, by, rule = 'open' }: Case): DetectionLine['output_fields'][] => {
    const line = by ?? command.replace(' -e ENOENT', '');
    return lines
      .filter(
        (each) => each.rule === rule && [line, command].includes(`${each.output_fields['proc.cmdline']}`),
      )
      .map((each) => each.output_fields);
  };

  describe.each(GROUPS)('%s', (_, cases) => {
    it.for(cases)('$command', (each, test) => {
      if (each.lacks !== undefined) test.skip(each.lacks);
      expect(eventsOf(each)).toContainEqual(expect.objectContaining(each.fields));
    });
  });

  it('has the path of the host for what the host has mounted', () => {
    expect(eventsOf({ command: 'exercise open /data/file', fields: {} })).toEqual([
      expect.objectContaining({ 'fd.name': '/data/file', 'fd.hostpath': scratch.below('host/file') }),
    ]);
  });
});
