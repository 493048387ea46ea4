import { Detector } from '@runward/detect';
import { type EventView, fieldCatalogue } from '@runward/events';
import {
  type TestEvent,
  testContainer,
  testExecutable,
  testProcess,
  testView,
} from '@runward/events/testing';
import { loadRules, type RuleSet } from '@runward/rules';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interestOfRules } from './interest.js';
import { kernelSends } from './testing/kernel-model.js';

/** Few values, so that rules and events meet. */
const CHECKS = [
  'evt.type in (open, openat, openat2, creat)',
  'evt.type = openat',
  'evt.type in (connect, sendto)',
  'evt.type in (dup2, accept4)',
  'evt.type in (unlink, unlinkat)',
  'evt.type in (execve, execveat)',
  'evt.type != mkdir',
  'evt.is_open_write = true',
  'evt.is_open_read = true',
  'evt.is_open_read != true',
  'evt.failed = false',
  'evt.failed != false',
  'evt.rawres >= 0',
  'evt.rawres < 0',
  'evt.rawres in (0, 1, 2)',
  'evt.rawres = -13',
  'evt.res = SUCCESS',
  'evt.res != SUCCESS',
  'evt.res in (SUCCESS, EACCES)',
  'fd.num >= 0',
  'fd.num = -1',
  'fd.name = /etc/shadow',
  'fd.name in (/tmp/a, /etc/passwd)',
  'fd.name startswith /etc/',
  'fd.directory = /etc',
  'fd.filename = a',
  'fd.name contains shadow',
  'fd.nameraw contains ../',
  'evt.arg.flags contains O_TRUNC',
  'fd.typechar in (4, 6)',
  'fd.typechar = u',
  'fd.typechar = f',
  'fd.type != unix',
  'fd.type exists',
  'fd.sockfamily = ip',
  'fd.sip = 10.0.0.1',
  'fd.rip != 10.0.0.1',
  'fd.rport = 80',
  'fd.l4proto != udp',
  'proc.name = cat',
  'proc.name in (cat, sh)',
  'proc.name startswith c',
  'proc.exepath = /usr/bin/cat',
  'proc.exepath = val(fd.name)',
  'proc.args contains x',
  'proc.cmdline endswith x',
  'proc.pname = sh',
  'proc.aname in (sh, init)',
  'proc.is_exe_upper_layer = true',
  'proc.is_exe_upper_layer != true',
  'user.uid = 0',
  'container.id != host',
  'container.id = host',
  'container.image.repository = nginx',
  'container.image.repository exists',
  'container.name startswith web',
  'container.privileged = true',
  'k8s.ns.name = prod',
] as const;

const conditions: fc.Arbitrary<string> = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4 },
    { weight: 3, arbitrary: fc.constantFrom(...CHECKS) },
    { weight: 1, arbitrary: tie('text').map((text) => `not (${text})`) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom('and', 'or'),
          fc.array(
            tie('text').map((text) => `(${text})`),
            { minLength: 2, maxLength: 4 },
          ),
        )
        .map(([word, terms]) => terms.join(` ${word} `)),
    },
  ),
})).text;

/** Most rules name their event types, so that there is something to withhold. */
const usual = fc
  .tuple(
    fc.constantFrom('', ...CHECKS.filter((c) => c.startsWith('evt.type')).map((c) => `${c} and `)),
    conditions,
  )
  .map(([type, condition]) => `${type}(${condition})`);

const ruleSets: fc.Arbitrary<RuleSet> = fc.array(usual, { minLength: 1, maxLength: 4 }).map((all) => {
  const text = all
    .map(
      (condition, i) =>
        `- rule: r${i}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: INFO\n`,
    )
    .join('');
  const { value, diagnostics } = loadRules([{ name: 'r.yaml', text }], { catalogue: fieldCatalogue });
  if (value === undefined) throw new TypeError(diagnostics.map((d) => d.message).join('; '));
  return value;
});

/** What is fixed from one exec to the next. */
const programs: fc.Arbitrary<TestEvent> = fc
  .record({
    comm: fc.constantFrom('cat', 'sh', 'init'),
    path: fc.constantFrom('/usr/bin/cat', '/bin/sh', ''),
    args: fc.constantFrom(['cat', 'x'], ['sh', '-c', 'y'], []),
    upperLayer: fc.boolean(),
    container: fc.constantFrom(
      undefined,
      testContainer(),
      testContainer({ name: 'db', imageRepository: '', privileged: true }),
      testContainer({ metadata: 'path-only', imageRepository: '', name: 'guess', privileged: undefined }),
    ),
  })
  .map(({ comm, path, args, upperLayer, container }) => ({
    container,
    process: testProcess({ comm, args, executable: testExecutable({ path, upperLayer }) }),
  }));

const IP = {
  objectKind: 'ipv4',
  socketFamily: 2,
  transport: 'tcp',
  localIp: '10.0.0.2',
  localPort: 4000,
} as const;
const OBJECTS: readonly TestEvent[] = [
  {},
  { objectKind: 'file', paths: ['/etc/passwd'] },
  { ...IP, remoteIp: '10.0.0.1', remotePort: 80 },
  { ...IP, objectKind: 'ipv6', socketFamily: 10, transport: 'udp' },
  { objectKind: 'unix', socketFamily: 1, unixPath: '/run/x' },
  { objectKind: 'netlink', socketFamily: 16 },
  { objectKind: 'pipe' },
];

/** What may differ between two events of one program: the act, the user, the parents. */
const acts: fc.Arbitrary<TestEvent & { readonly pname: string; readonly uid: number }> = fc
  .record({
    type: fc.constantFrom(
      'open',
      'openat',
      'creat',
      'open_by_handle_at',
      'connect',
      'sendto',
      'dup2',
      'accept4',
      'unlink',
      'mkdir',
      'execve',
    ),
    failed: fc.boolean(),
    error: fc.constantFrom(-2, -13),
    value: fc.constantFrom(0, 3),
    path: fc.constantFrom('/etc/shadow', '/etc/passwd', '/tmp/a', '/etc/ssh/a', '/a'),
    raw: fc.constantFrom('/etc/../etc/shadow', 'a'),
    openFlags: fc.constantFrom(0, 1, 2, 0o1001, 0o101),
    object: fc.constantFrom(...OBJECTS),
    pname: fc.constantFrom('sh', 'init'),
    uid: fc.constantFrom(0, 1000),
  })
  .map(({ type, failed, error, value, path, raw, openFlags, object, pname, uid }) => {
    const opens = type.startsWith('open') || type === 'creat';
    const flags = type === 'creat' ? 0o1101 : openFlags;
    const result = failed ? error : value;
    const about = opens
      ? { objectKind: 'file' as const, paths: [path], rawPaths: [raw], openFlags: flags, fd: failed ? -1 : 3 }
      : type === 'unlink' || type === 'mkdir' || type === 'execve'
        ? { paths: [path], rawPaths: [raw] }
        : { fd: 3, ...object };
    return { type, result, pname, uid, ...about };
  });

function viewOf(
  program: TestEvent,
  { pname, uid, ...act }: TestEvent & { pname: string; uid: number },
): EventView {
  const parent = testProcess({ pid: 7, comm: pname });
  return testView({
    ...act,
    container: program.container,
    process: { ...(program.process ?? testProcess()), parent, uid },
  });
}

const verdicts = (detector: Detector, view: EventView): string[] => {
  const found: string[] = [];
  detector.judge(view, (d) => found.push(d.rule));
  return found;
};

test.each([false, true])(
  'every event that a rule matches is sent, before and after its process is judged (host: %s)',
  (host) => {
    let withheld = 0;
    fc.assert(
      fc.property(
        ruleSets,
        programs,
        acts,
        fc.array(acts, { minLength: 4, maxLength: 12 }),
        (rules, program, first, later) => {
          if (!host && program.container === undefined) return;
          const interest = interestOfRules(rules, host);
          const detector = new Detector(rules, { host, allMatches: true });
          const narrowing = interest.processes?.of(viewOf(program, first));
          for (const act of later) {
            const view = viewOf(program, act);
            if (kernelSends(interest, view, narrowing)) continue;
            withheld += 1;
            expect(verdicts(detector, view)).toEqual([]);
          }
        },
      ),
      { numRuns: 120 },
    );
    expect(withheld).toBeGreaterThan(10);
  },
);
