import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Action, PRIVILEGES } from '../decide/action.js';
import { mergePolicies } from '../decide/merge.js';
import { FILE_OPERATIONS, KERNEL_SURFACE, NETWORK_PROTOCOLS } from '../model/policy.js';
import { readPolicies } from '../read/read-policies.js';
import { actionText } from './action-text.js';
import { lineLabel } from './line-label.js';
import { lineWords } from './line-words.js';
import { parseActions } from './parse-action.js';

const file = { kind: 'file', by: '', owner: false } as const;
const exec = { kind: 'exec', arguments: '', ancestors: [], drifted: false, fileless: false } as const;
const network = { kind: 'network', by: '' } as const;

describe('an action as text', () => {
  test.each<[string, readonly Action[]]>([
    ['/bin/sh write /etc/cron.d/x', [{ ...file, operation: 'write', path: '/etc/cron.d/x', by: '/bin/sh' }]],
    ['read owned "/a b"', [{ ...file, operation: 'read', path: '/a b', owner: true }]],
    [
      'create+write /x',
      [
        { ...file, operation: 'create', path: '/x' },
        { ...file, operation: 'write', path: '/x' },
      ],
    ],
    ['exec /usr/bin/curl -s x', [{ ...exec, path: '/usr/bin/curl', arguments: '-s x' }]],
    [
      '/sbin/nginx /bin/dash exec drifted fileless /tmp/x',
      [{ ...exec, path: '/tmp/x', ancestors: ['/bin/dash', '/sbin/nginx'], drifted: true, fileless: true }],
    ],
    ['exec /bin/dash -c "id  -u"', [{ ...exec, path: '/bin/dash', arguments: '-c id  -u' }]],
    ['exec /bin/x drifted', [{ ...exec, path: '/bin/x', arguments: 'drifted' }]],
    [
      '/bin/sh connect 10.0.0.1:443/tcp',
      [
        {
          ...network,
          operation: 'connect',
          family: 'ipv4',
          protocol: 'tcp',
          address: '10.0.0.1',
          port: 443,
          by: '/bin/sh',
        },
      ],
    ],
    [
      'connect [::1]:53/udp',
      [{ ...network, operation: 'connect', family: 'ipv6', protocol: 'udp', address: '::1', port: 53 }],
    ],
    ['connect fd00::1', [{ ...network, operation: 'connect', family: 'ipv6', address: 'fd00::1' }]],
    [
      'listen :80',
      [{ ...network, operation: 'listen', family: 'ipv4', protocol: 'tcp', address: '0.0.0.0', port: 80 }],
    ],
    [
      'connect unix:/run/x.sock',
      [{ ...network, operation: 'connect', family: 'unix', address: '/run/x.sock' }],
    ],
    ['socket packet', [{ ...network, operation: 'create', family: 'packet' }]],
    ['socket ipv4/raw', [{ ...network, operation: 'create', family: 'ipv4', protocol: 'raw' }]],
    ['bind netlink', [{ ...network, operation: 'bind', family: 'netlink' }]],
    ['capability cap_net_raw', [{ kind: 'capability', name: 'NET_RAW' }]],
    ['syscall mount', [{ kind: 'syscall', name: 'mount' }]],
    ['kernel bpf', [{ kind: 'kernel', handle: 'bpf' }]],
    ['privilege root-write', [{ kind: 'privilege', privilege: 'root-write' }]],
  ])('%s', (text, actions) => expect(parseActions(text)).toEqual({ actions }));

  test.each([
    ['', 'ends where what is done belongs', 'write it as', 0],
    ['/bin/sh', 'ends where what is done belongs', 'write it as', 7],
    ['writ /etc/x', 'has `writ` where it should say what is done', 'did you mean `write`?', 0],
    ['write etc/x', 'has the path `etc/x`, which is not absolute', 'begin it with `/`', 6],
    ['write /etc/../x', 'has the path `/etc/../x`, which is not normalised', 'write it without', 6],
    ['read /a /b', 'has `/b` at its end, which says nothing', 'write several', 8],
    ['connect example.org:443', 'has `example.org:443` where an address belongs', 'not looked up', 8],
    ['connect 10.0.0.1:99999', 'has the port 99999', 'write a port', 8],
    ['connect 10.0.0.1:1/tcpp', 'has `tcpp` where a protocol belongs', 'did you mean `tcp`?', 8],
    ['socket ipv5', 'has `ipv5` where a family belongs', 'did you mean `ipv4`?', 7],
    ['kernel ptrac', 'has `ptrac`, which is not a handle of the kernel', 'did you mean `ptrace`?', 7],
    ['capability NET_ADMINS', 'has `NET_ADMINS`, which is not a capability', 'did you mean `NET_ADMIN`?', 11],
    ['exec "/bin/x', 'has a " that is not closed', 'close it', 5],
    ['exec', 'ends where the program that is started belongs', 'write it as', 4],
  ])('`%s` is no action, and it says why', (text, message, help, offset) => {
    const { problem } = parseActions(text);
    expect(problem?.message).toContain(message);
    expect(problem?.help).toContain(help);
    expect(problem?.offset).toBe(offset);
  });

  const path = fc
    .string({ unit: fc.constantFrom('a', 'b', ' ', '"', "'", '\\', '*', 'ä', '.x'), minLength: 1 })
    .map((text) => `/${text}`);
  const by = fc.option(path, { nil: '' });
  const address = fc.constantFrom(
    { family: 'ipv4', address: '10.1.2.3' },
    { family: 'ipv6', address: 'fe80::1' },
  );
  const protocol = fc.constantFrom(...NETWORK_PROTOCOLS);
  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.record({
      kind: fc.constant('file'),
      operation: fc.constantFrom(...FILE_OPERATIONS),
      path,
      by,
      owner: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('exec'),
      ...{ path, arguments: fc.string(), ancestors: fc.array(path, { maxLength: 3 }) },
      ...{ drifted: fc.boolean(), fileless: fc.boolean() },
    }),
    fc
      .tuple(fc.constantFrom('connect', 'bind', 'listen'), address, protocol, fc.nat({ max: 65_535 }), by)
      .map(([operation, place, name, port, from]) => ({
        ...{ kind: 'network', operation, ...place, protocol: name, port, by: from },
      })),
    fc.constantFrom(...KERNEL_SURFACE).map((handle) => ({ kind: 'kernel', handle })),
    fc.constantFrom(...PRIVILEGES).map((privilege) => ({ kind: 'privilege', privilege })),
  ) as fc.Arbitrary<Action>; // its literals are those of the type

  test('is read back as it was printed', () => {
    fc.assert(
      fc.property(action, (one) => {
        expect(parseActions(actionText(one))).toEqual({ actions: [one] });
      }),
    );
  });

  test('never makes reading throw, whatever it holds', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => void parseActions(text)));
  });
});

test('lines have a label that stays when they move, and say what they do in plain words', () => {
  const { policies, diagnostics } = readPolicies([
    {
      name: 'p.yaml',
      text: `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: p }
spec:
  process:
    default: deny
    drift: deny
    allow: [{ path: /bin/x, ancestors: [/bin/init], arguments: ["-a*"], sha256: ["${'ab'.repeat(32)}"] }]
  file: { deny: [/etc/x, { directory: /data, except: [/data/y], operations: [read, write], from: [/bin/z], ownerOnly: true }] }
  network: { default: deny, allow: [{ operation: connect, cidrs: [10.0.0.0/8], protocols: [tcp], ports: [80, 8000-8080] }] }
  capabilities: { default: deny, allow: [CHOWN] }
  kernelSurface: { deny: [bpf] }
  privilege: { setuidExecution: deny }
`,
    },
  ]);
  expect(diagnostics).toEqual([]);
  const { lines } = mergePolicies(policies);
  expect(lines.map((line) => [lineLabel(line), lineWords(line)])).toEqual([
    ['process drift', 'denies programs that are not in the image, or were changed since'],
    [
      'process allow /bin/x',
      `allows starting /bin/x, with the digest ${'ab'.repeat(32)}, with arguments like \`-a*\`, below /bin/init`,
    ],
    ['process default', 'denies every program that no line allows'],
    ['file deny /etc/x', 'denies everything on /etc/x'],
    [
      'file deny /data',
      'denies read, write on /data/ and below, except /data/y, by the owner of the file, by /bin/z',
    ],
    ['network allow connect tcp 10.0.0.0/8 80,8000-8080', 'allows connect tcp 10.0.0.0/8 80,8000-8080'],
    ['network default', 'denies every socket and connection that no line allows'],
    ['capabilities allow CHOWN', 'allows the capability CHOWN'],
    ['capabilities default', 'denies every capability that no line allows'],
    ['kernelSurface deny bpf', 'denies the kernel handle bpf'],
    ['privilege setuid-execution', 'denies starting setuid, setgid and file-capability programs'],
  ]);
});
