import { beforeAll, describe, expect, it } from 'vitest';
import { testImage } from '../e2e/harness/index.js';
import { CASES } from './enforcement/cases.js';
import type { Results } from './enforcement/run-cases.js';
import {
  ATTACKS,
  HANDLES,
  NETWORK_DENIED,
  NO_HANDLES,
  NOT_OF_ROOT,
  ORDINARY,
  OTHERWISE,
  type Outcomes,
  type SectionResults,
} from './enforcement/sections.js';
import { runInVm } from './vm.js';

const node =
  'scripts/node --conditions=source --experimental-transform-types --disable-warning=ExperimentalWarning --import ./test/typescript.mjs';

const namesWith = (outcomes: Outcomes, wanted: string): string[] =>
  Object.keys(outcomes)
    .filter((name) => outcomes[name] === wanted)
    .sort();
/** The kernel cuts a process' name to this. */
const COMM = 15;

describe.each(['6.1', '6.12'] as const)('enforcement by BPF LSM on kernel %s', (kernel) => {
  let results: Results;
  let sections: SectionResults;
  let said = '';

  beforeAll(async () => {
    // Built here: the machine has no compiler.
    const { rootfs } = await testImage();
    const command = `export RUNWARD_ROOTFS=${rootfs} RUNWARD_PIN_FOLDER=/sys/fs/bpf/runward-test RUNWARD_KEEP_PINS=1
${node} test/vm/enforcement/run-cases.ts /run/enforcement
cp /run/enforcement/results.json /run/vm/
mount -t tmpfs tmpfs /tmp
${node} test/vm/enforcement/run-sections.ts /run/enforcement
cp /run/enforcement/sections.json /run/vm/`;
    const machine = await runInVm({ kernel, command, timeoutMs: 580_000 });
    said = `${machine.output}\n${machine.console.slice(-4000)}`;
    // All are our own programs'.
    results = JSON.parse(machine.file('results.json') ?? 'null') as Results;
    sections = JSON.parse(machine.file('sections.json') ?? 'null') as SectionResults;
  });

  it('enforces every section but system calls by LSM', () => {
    expect(results, said).not.toBeNull();
    for (const section of ['process', 'file', 'network', 'capabilities', 'kernelSurface', 'privilege'])
      expect(results.abilities).toContainEqual(
        expect.objectContaining({ section, mechanism: 'lsm', problem: '' }),
      );
  });

  it('has all programs that see packets', () => {
    expect(results.abilities.find(({ section }) => section === 'network')?.limits, said).toEqual([]);
  });

  it.for(CASES)('$name', ({ name, lacks }, test) => {
    if (lacks?.[kernel] !== undefined) test.skip(lacks[kernel]);
    expect(results, said).not.toBeNull();
    expect(results.cases.find((each) => each.name === name)).toEqual({ name, problem: '' });
  });

  it.for(Object.entries(HANDLES))('the attempt %s is denied as the handle %s', ([name, handle]) => {
    expect(sections, said).not.toBeNull();
    const { outcomes, verdicts } = sections.surface.denied;
    const verdict = verdicts.find(([attempt]) => attempt === name.slice(0, COMM));
    const found = [outcomes[name], ...(verdict ?? []).slice(1, 3)];
    expect(found).toEqual([OTHERWISE[name] ?? 'EPERM', handle, 'denied']);
  });

  it('denies handles to the container of the policy alone, and allows those that a line allows', () => {
    const { before, denied, beside, allowed } = sections.surface;
    for (const name of NO_HANDLES) expect.soft([name, denied.outcomes[name]]).toEqual([name, 'ok']);
    expect.soft(beside).toEqual(before);
    expect.soft(allowed.outcomes).toEqual(before);
    expect.soft(allowed.verdicts).toEqual([]);
  });

  it('ends a process at a handle whose response is kill', () => {
    const { killed } = sections.surface;
    expect(killed.outcomes).toEqual({ bpf: 'killed', perf: 'ok' });
    expect(killed.verdicts).toEqual([['bpf', 'bpf', 'killed', '']]);
  });

  it('denies network operations that a line denies, by every way, and no others', () => {
    const { before, denied, beside } = sections.network;
    expect.soft(namesWith(before, 'EPERM')).toEqual([]);
    expect.soft(namesWith(denied.outcomes, 'EPERM')).toEqual([...NETWORK_DENIED].sort());
    expect.soft(beside).toEqual(before);
    expect.soft(denied.verdicts).toContainEqual(['tcp_mapped', 'connect', 'denied', '127.0.0.2:7001']);
  });

  it('denies the use of capabilities that a line denies, and of those that a list does not allow', () => {
    const { before, denied, override, listed, beside } = sections.capabilities;
    const free = { chown_file: 'ok', chroot_here: 'ok', set_hostname: 'ok', override_mode: 'ok' };
    expect.soft(before).toEqual(free);
    expect.soft(beside).toEqual(free);
    // Without CHOWN the last one's file cannot be made another's to begin with.
    const noChown = { chown_file: 'EPERM', chroot_here: 'EPERM', override_mode: 'absent' };
    expect.soft(denied.outcomes).toEqual({ ...free, ...noChown });
    expect.soft(override.outcomes).toEqual({ ...free, override_mode: 'EACCES' });
    expect.soft(listed.outcomes).toEqual({ ...free, chroot_here: 'EPERM', set_hostname: 'EPERM' });
    expect.soft(denied.verdicts).toContainEqual(['chroot_here', 'SYS_CHROOT', 'denied', '']);
    expect.soft(listed.verdicts).toContainEqual(['set_hostname', 'SYS_ADMIN', 'denied', '']);
  });

  it('denies programs that give privileges, and no others', () => {
    const { programs, setuid, gained } = sections.privilege;
    expect
      .soft(programs)
      .toEqual({ setuid_program: 'ok', setuid_program_as_root: 'ok', plain_program: 'ok' });
    expect.soft(setuid.outcomes).toEqual({ ...programs, setuid_program: 'EPERM' });
    expect.soft(gained.outcomes).toEqual({ ...programs, setuid_program: 'EPERM' });
    expect.soft(setuid.verdicts).toContainEqual(expect.arrayContaining(['setuid-execution', 'denied']));
  });

  it('denies writing to the root and leaves what is mounted below it', () => {
    const { readOnly, files } = sections.privilege;
    expect.soft(namesWith(files, 'EPERM')).toEqual([]);
    const expected = Object.entries(files).map(([name, outcome]) => [
      name,
      NOT_OF_ROOT.includes(name) ? outcome : 'EPERM',
    ]);
    expect.soft(readOnly.outcomes).toEqual(Object.fromEntries(expected));
  });

  it('judges code by the file it is of, and memory that has none not at all', () => {
    const { before, denied } = sections.code;
    expect.soft(before).toEqual({ anonymous_code: 'ok', anonymous_protect: 'ok', code_of_file: 'ok' });
    expect.soft(denied.outcomes).toEqual({ ...before, code_of_file: 'EPERM' });
  });

  const FREE = {
    ...{ tcp: 'got_7', 'tcp-other': 'got_7', tcp6: 'got_7', 'tcp6-other': 'got_7', 'mapped-other': 'got_7' },
    ...{ udp: 'got_10', 'udp-connected': 'got_10', 'udp-other': 'got_10', 'udp6-other': 'got_10' },
    ...{ raw: 'sent', 'raw-other': 'sent', ping: 'ok', loopback: 'got_7' },
  };

  it('refuses who connects from elsewhere and is not allowed, and tells them at once', () => {
    const { ingress } = sections.packets;
    const refused = 'connect:_Connection_refused';
    expect(ingress).toEqual({
      ...FREE,
      ...{ 'tcp-other': refused, 'tcp6-other': refused, 'mapped-other': refused },
      ...{ 'udp-other': 'no_answer', 'udp6-other': 'no_answer' },
    });
  });

  it('refuses what a container may not send, by connections, datagrams and raw sockets', () => {
    const [connect, send] = ['connect:_Operation_not_permitted', 'send:_Operation_not_permitted'];
    expect(sections.packets.egress).toEqual({
      ...FREE,
      ...{ 'tcp-other': connect, 'tcp6-other': connect, 'mapped-other': connect },
      ...{ 'udp-other': send, 'udp6-other': send, 'raw-other': send },
    });
  });

  it('refuses connections beyond a limit, but for those that stay inside', () => {
    expect(sections.packets.limited).toEqual({
      many: 'connect:_Operation_not_permitted',
      loopback: 'got_7',
    });
  });

  it('ends a connection that a new policy denies, and others go on', () => {
    expect(sections.packets.tightened).toEqual({
      held: 'receive:_Connection_reset_by_peer',
      ...{ tcp: 'connect:_Connection_refused', 'tcp-other': 'got_7' },
    });
  });

  it('cuts a container off in both directions, but for whom it may go on with, until it is released', () => {
    const { isolated, ended, released } = sections.packets;
    const [connect, send] = ['connect:_Operation_not_permitted', 'send:_Operation_not_permitted'];
    expect.soft(isolated).toEqual({
      held: 'receive:_Connection_reset_by_peer',
      ...{ tcp: connect, tcp6: connect, udp: send, 'udp-other': send, 'udp6-other': send },
      ...{ raw: send, 'raw-other': 'sent', ping: 'none', loopback: connect, inwards: 'silence' },
    });
    expect.soft(ended).toBeGreaterThan(0);
    expect.soft(released).toEqual(FREE);
  });

  it.for(['baseline', 'restricted'] as const)(
    '%s leaves an ordinary container unharmed',
    async (name, test) => {
      const { free, held, before } = sections[name];
      if (before !== undefined) await test.annotate(`verdicts of the first time: ${JSON.stringify(before)}`);
      expect(free.said.filter((said) => said.endsWith('exit 0'))).toHaveLength(ORDINARY.length);
      expect(held.said).toEqual(free.said);
      expect(held.verdicts).toEqual([]);
    },
  );

  it.for(['baseline', 'restricted'] as const)('%s stops what an ordinary container does not do', (name) => {
    const { free, held } = sections[name];
    expect(Object.keys(free.attacks)).toEqual(expect.arrayContaining(ATTACKS));
    expect(namesWith(free.attacks, 'ok')).toEqual([...ATTACKS].sort());
    expect(namesWith(held.attacks, 'EPERM')).toEqual([...ATTACKS].sort());
  });
});
