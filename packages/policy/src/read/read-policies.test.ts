import { describe, expect, it } from 'vitest';
import type { PolicyDiagnostic } from '../diagnostics/codes.js';
import { LIMITS } from '../model/limits.js';
import { readPolicies } from './read-policies.js';

const HEAD = 'apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: p\nspec:\n';
const read = (text: string) => readPolicies([{ name: 'p.yaml', text }]);
const readSpec = (spec: string) => read(HEAD + spec.replace(/^(?=.)/gm, '  '));
const show = ({ span, severity, code, message, help, path }: PolicyDiagnostic): string =>
  `${span.line}:${span.column} ${severity} ${code} ${path} | ${message} | ${help}`;

const FULL = `owner: team-a
description: what a shop may do
version: "3"
selector:
  namespaces: [shop-*]
  podLabels: {app: web}
  containerLabels: {tier: front}
  images: ["docker.io/*/shop:*"]
  digests: ["sha256:*"]
  runtimes: [containerd]
  containerNames: [web]
mode: protect
onFailure: closed
response: kill
process:
  default: deny
  drift: deny
  fileless: deny
  allow:
    - /usr/sbin/nginx
    - /usr/lib/nginx/
    - {glob: /opt/*/bin/**, except: [/opt/x/bin/nc], sha256: [${'ab'.repeat(32)}], arguments: ["-c *"], ancestors: [/usr/sbin/nginx], comment: because}
  deny:
    - {arguments: ["*/dev/tcp/*"]}
file:
  mode: monitor
  allow:
    - /etc/nginx/**
  deny:
    - {directory: /etc, operations: [modify, execute], ownerOnly: true, from: [/usr/bin/dash]}
network:
  deny:
    - {operation: connect, cidrs: [169.254.169.254], ports: [80, 8000-8080], protocols: [tcp], families: [ipv4], from: [/usr/bin/curl]}
capabilities:
  allow: [CAP_CHOWN, {name: NET_BIND_SERVICE, comment: port 80}]
  default: deny
syscalls:
  deny: [mount]
kernelSurface:
  onMissing: alert
  deny: [bpf]
privilege:
  noNewPrivileges: true
  setuidExecution: deny
  readOnlyRoot: true
`;

describe('readPolicies', () => {
  it('reads everything a policy can say', () => {
    const { policies, diagnostics } = readSpec(FULL);
    expect(diagnostics.map(show)).toEqual([]);
    const [policy] = policies;
    expect(policy).toMatchObject({
      ...{ name: 'p', owner: 'team-a', description: 'what a shop may do', version: '3' },
      selector: { namespaces: ['shop-*'], podLabels: new Map([['app', 'web']]), runtimes: ['containerd'] },
      process: {
        ...{ mode: 'protect', default: 'deny', response: 'kill', onFailure: 'closed', onMissing: 'refuse' },
        ...{ drift: 'deny', fileless: 'deny' },
        allow: [
          { pattern: { kind: 'path', text: '/usr/sbin/nginx' }, span: { line: 25, column: 9 } },
          { pattern: { kind: 'directory', text: '/usr/lib/nginx' } },
          { pattern: { kind: 'glob', text: '/opt/*/bin/**' }, comment: 'because', arguments: ['-c *'] },
        ],
        deny: [{ pattern: { kind: 'directory', text: '/' }, arguments: ['*/dev/tcp/*'] }],
      },
      file: {
        mode: 'monitor',
        allow: [{ operations: ['read'] }],
        deny: [
          {
            operations: ['write', 'create', 'delete', 'rename', 'link', 'chmod', 'chown', 'execute'],
            ...{ ownerOnly: true, from: [{ kind: 'path', text: '/usr/bin/dash' }] },
          },
        ],
      },
      network: {
        deny: [
          {
            operation: 'connect',
            ports: [
              { first: 80, last: 80 },
              { first: 8000, last: 8080 },
            ],
          },
        ],
      },
      capabilities: { allow: [{ name: 'CHOWN' }, { name: 'NET_BIND_SERVICE', comment: 'port 80' }] },
      kernelSurface: { onMissing: 'alert', deny: [{ name: 'bpf' }] },
      privilege: { noNewPrivileges: true, setuidExecution: 'deny', readOnlyRoot: true },
    });
    expect(policy?.process?.keys?.drift).toMatchObject({ line: 22, column: 5 });
  });

  it('has safe defaults', () => {
    const { policies } = readSpec('process:\n  deny: [/usr/bin/nc.openbsd]\nfile:\n  deny: [/etc/shadow]\n');
    expect(policies[0]?.process).toMatchObject({ mode: 'monitor', default: 'allow', response: 'deny', onFailure: 'open', onMissing: 'refuse', drift: 'allow', fileless: 'allow' }); // biome-ignore format: one line reads better
    expect(policies[0]?.file?.deny[0]?.operations).toHaveLength(10);
  });

  it('says all that is wrong at once, and leaves the policy out', () => {
    const { policies, diagnostics } = readSpec(`mod: protect
mode: protekt
process:
  alow: []
  deny:
    - bin/sh
    - {path: /a, glob: /b}
    - {comment: x}
    - {path: /a, sha256: [abc]}
    - [a]
file:
  deny:
    - /a/../b
    - {path: /a, operations: [wriet]}
    - {operations: [read]}
    - {path: /a, ownerOnly: "yes"}
network:
  allow:
    - {operation: conect}
    - {operation: bind, ports: [70000], cidrs: [10.0.0.0/33]}
capabilities:
  deny: [ALL, NET_ADMINN]
syscalls:
  deny: [opennat]
kernelSurface:
  deny: [epbf]
version: 1.0
`);
    expect(policies).toEqual([]);
    expect(diagnostics.map(show)).toMatchInlineSnapshot(`
      [
        "6:3 error POLICY_KEY_UNKNOWN spec | unknown key \`mod\` in \`spec\` | did you mean \`mode\`?",
        "7:9 error POLICY_VALUE spec.mode | \`protekt\` is not known for \`mode\` | did you mean \`protect\`?",
        "9:5 error POLICY_KEY_UNKNOWN spec.process | unknown key \`alow\` in \`process\` | did you mean \`allow\`?",
        "11:9 error POLICY_VALUE spec.process.deny[0] | \`bin/sh\` is not an absolute path | begin it with \`/\`: paths are those below the root of the container",
        "12:9 error POLICY_VALUE spec.process.deny[1] | only one of \`path\`, \`directory\`, \`glob\` can be given | write a line for each",
        "13:9 error POLICY_KEY_MISSING spec.process.deny[2] | \`deny[2]\` says nothing: none of \`path\`, \`directory\`, \`glob\`, \`sha256\`, \`arguments\`, \`ancestors\` is there | add one",
        "14:29 error POLICY_VALUE spec.process.deny[3].sha256[0] | \`abc\` is not a SHA-256 digest | write 64 hexadecimal digits, as \`sha256sum\` prints",
        "15:9 error POLICY_VALUE_TYPE spec.process.deny[4] | \`deny[4]\` must be a mapping | it has the keys path, directory, glob, except, sha256, arguments, ancestors, comment",
        "18:9 error POLICY_PATTERN spec.file.deny[0] | \`/a/../b\` is not normalised | write it without \`//\`, \`/./\` and \`/../\`",
        "19:33 error POLICY_VALUE spec.file.deny[1].operations[0] | \`wriet\` is not known for \`operations[0]\` | one of read, write, create, delete, rename, link, chmod, chown, mount, execute, all, modify",
        "20:9 error POLICY_KEY_MISSING spec.file.deny[2] | one of \`path\`, \`directory\`, \`glob\` is missing in \`deny[2]\` | add one of them",
        "21:31 error POLICY_VALUE_TYPE spec.file.deny[3].ownerOnly | \`ownerOnly\` must be true or false, not \`yes\` | write \`true\` or \`false\`, without quotes",
        "24:21 error POLICY_VALUE spec.network.allow[0].operation | \`conect\` is not known for \`operation\` | did you mean \`connect\`?",
        "25:35 error POLICY_VALUE spec.network.allow[1].ports[0] | \`70000\` is not a port or a range of ports | write \`443\`, or \`8000-8080\`",
        "25:51 error POLICY_VALUE spec.network.allow[1].cidrs[0] | \`10.0.0.0/33\` is not a network | write \`10.0.0.0/8\`, or an address",
        "27:12 error POLICY_VALUE spec.capabilities.deny[0] | \`ALL\` is not known for \`deny[0]\` | names are those of capabilities(7); for all of them write \`default: deny\`",
        "27:17 error POLICY_VALUE spec.capabilities.deny[1] | \`NET_ADMINN\` is not known for \`deny[1]\` | did you mean \`NET_ADMIN\`?",
        "29:12 error POLICY_VALUE spec.syscalls.deny[0] | \`opennat\` is not known for \`deny[0]\` | did you mean \`openat\`?",
        "31:12 error POLICY_VALUE spec.kernelSurface.deny[0] | \`epbf\` is not known for \`deny[0]\` | one of modules, bpf, ptrace, perf, userfaultfd, mount, pivot-root, setns, unshare-user, unshare, io-uring, keyctl, kexec, raw-devices, kernel-memory, core-pattern, modprobe-path, uevent-helper, release-agent, cgroup-files, binfmt-misc, sysrq, sysctl, kernel-log, signal-outside, runtime-socket, host-process-files",
        "32:12 error POLICY_VALUE_TYPE spec.version | \`version\` must be text; \`1.0\` without quotes is none | write \`"1.0"\`",
      ]
    `);
  });

  it.each([
    ['nothing', '', '1:1 error POLICY_DOCUMENT  | the file holds no policy'],
    ['a text', 'hello', '1:1 error POLICY_DOCUMENT  | a policy is a mapping, not a scalar'],
    ['a list', '- a', '1:1 error POLICY_DOCUMENT  | a policy is a mapping, not a list'],
    ['no name', 'apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata: {}\nspec: {}\n', '3:11 error POLICY_KEY_MISSING metadata | `name` is missing in `metadata`'], // biome-ignore format: a row
    ['another kind', HEAD.replace('RuntimePolicy', 'Pod'), '2:7 error POLICY_VALUE kind | `Pod` is not known for `kind`'], // biome-ignore format: a row
    ['a broken file', 'a: [', '1:5 error POLICY_YAML_SYNTAX'],
    ['a key twice', `${HEAD}  mode: off\n  mode: off\n`, '7:3 error POLICY_KEY_DUPLICATE  | key `mode` is given twice'], // biome-ignore format: a row
    ['a section that says nothing', `${HEAD}  file: {mode: protect}\n`, '6:9 warning POLICY_SECTION_EMPTY spec.file'], // biome-ignore format: a row
    ['no section', `${HEAD}  mode: protect\n`, '1:1 warning POLICY_SECTION_EMPTY spec | policy `p` has no section'], // biome-ignore format: a row
    ['too small a limit', `${HEAD}  network: {limits: {egress: 1KiB}}\n`, '6:30 error POLICY_VALUE spec.network.limits.egress | `1KiB` is not a number of bytes from 65536 to 1099511627776 | write it like `65536`, `512KiB` or `10MB`'], // biome-ignore format: a row
    ['a limit that is no number', `${HEAD}  network: {limits: {connections: many}}\n`, '6:35 error POLICY_VALUE spec.network.limits.connections | `many` is not a whole number from 1 to 1000000'], // biome-ignore format: a row
    ['a name that is a link', `${HEAD}  process: {deny: [/bin/sh]}\n`, '6:20 warning POLICY_LINK_NAME spec.process.deny[0] | `/bin/sh` is mostly a link'], // biome-ignore format: a row
  ])('says what is wrong with %s', (_, text, expected) => {
    expect(show(read(text).diagnostics[0] ?? never())).toContain(expected);
  });

  it('reads several documents, and says where a name is taken', () => {
    const both = `${HEAD}  file: {deny: [/a]}\n---\n${HEAD}  file: {deny: [/b]}\n---\n${HEAD.replace('p\n', 'q\n')}  file: {deny: [/c]}\n`;
    const { policies, diagnostics } = read(both);
    expect(policies.map(({ name }) => name)).toEqual(['p', 'q']);
    expect(diagnostics.map(show)).toEqual([
      '8:1 error POLICY_NAME_TAKEN metadata.name | policy `p` exists already, at p.yaml:1 | give this one another name',
    ]);
  });

  it('keeps a sound document beside one that is not', () => {
    const { policies, diagnostics } = read(`${HEAD}  fil: {}\n---\n${HEAD}  file: {deny: [/b]}\n`);
    expect([policies.length, diagnostics.length]).toEqual([1, 1]);
  });

  it.each([
    ['lines', `file:\n  deny:\n${'    - /a\n'.repeat(LIMITS.lines + 1)}`, `\`deny\` has ${LIMITS.lines + 1} entries; the limit is ${LIMITS.lines}`, LIMITS.lines + 8], // biome-ignore format: a row
    ['a long pattern', `file:\n  deny: [/${'a'.repeat(4096)}]\n`, '`deny[0]` has 4097 characters; the limit is 4096', 7], // biome-ignore format: a row
    ['a pattern of many bytes', `file:\n  deny: [/${'\u{e9}'.repeat(2048)}]\n`, 'has 4097 bytes; the limit is 4096', 7], // biome-ignore format: a row
    ['a long name', '', 'the limit is 200', 4],
  ])('names the line and the limit: %s', (what, spec, message, line) => {
    const { diagnostics, policies } = what === 'a long name' ? read(HEAD.replace('name: p', `name: ${'p'.repeat(201)}`)) : readSpec(spec); // biome-ignore format: one line reads better
    expect(policies).toEqual([]);
    expect(diagnostics[0]?.message).toContain(message);
    expect(diagnostics[0]?.span.line).toBe(line);
  });

  it('stops counting problems at a thousand, and says so', () => {
    const { diagnostics } = readSpec(`file:\n  deny:\n${'    - a\n'.repeat(3000)}`);
    expect(diagnostics).toHaveLength(1001);
    expect(diagnostics.at(-1)?.message).toBe('more than 1000 problems; the rest is left out');
  });
});

function never(): never {
  throw new Error('no diagnostic');
}
