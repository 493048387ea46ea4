import { parseAddress } from '@runward/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NetworkAction } from '../../decide/action.js';
import { decide } from '../../decide/decide.js';
import { mergePolicies } from '../../decide/merge.js';
import {
  NETWORK_FAMILIES,
  NETWORK_OPERATIONS,
  NETWORK_PROTOCOLS,
  type RuntimePolicy,
} from '../../model/policy.js';
import { testPolicy } from '../../testing/policies.js';
import { compileForKernel } from './compile.js';
import { KERNEL_LIMITS } from './limits.js';
import { classesOf } from './walk.js';
import { kernelNetworkJudge } from './walk-network.js';

const read = (spec: object, title = 'p'): RuntimePolicy =>
  testPolicy(JSON.stringify(spec), title, { warnings: true });

const cidr = fc.constantFrom(
  ...['0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '10.1.2.2/31', '127.0.0.0/8', '128.0.0.0/1'],
  ...['::/0', 'fd00::/8', 'fd00:1::/32', '::1', '::ffff:10.1.2.3', 'ffff::/16', '0.0.0.0', '::'],
);
const address = fc.constantFrom(
  ...['10.0.0.1', '10.1.0.1', '10.1.2.2', '10.1.2.3', '10.1.2.4', '127.0.0.1', '0.0.0.0', '255.255.255.255'],
  ...['::', '::1', 'fd00::1', 'fd00:1::1', 'fd00:2::1', 'fe80::1', '::ffff:10.1.2.3', '::ffff:0.0.0.0'],
  ...['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::ffff:ffff:ffff', '::1:0:0:0'],
);
const program = fc.constantFrom('/bin/a', '/bin/b', '/usr/c');
const peer = fc.constantFrom('metadata', 'kubernetes-api', { name: '*.example.com' }, { name: 'api.test' });
const line = fc
  .record({
    operation: fc.constantFrom(...NETWORK_OPERATIONS),
    families: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray([...NETWORK_FAMILIES])),
    protocols: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.subarray([...NETWORK_PROTOCOLS])),
    cidrs: fc.oneof(fc.constant([]), fc.array(cidr, { maxLength: 3 })),
    except: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(cidr, { maxLength: 2 })),
    peers: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(peer, { maxLength: 2 })),
    ports: fc.array(fc.constantFrom('80', '443', '8000-8080', '0-65535', '79-81', '81'), { maxLength: 2 }),
    from: fc.array(program, { maxLength: 1 }),
  })
  .map((one) => ({
    ...one,
    peers: one.operation === 'connect' || one.operation === 'accept' ? one.peers : [],
    from: one.operation === 'accept' ? [] : one.from,
  }));
const section = fc.record({
  mode: fc.constantFrom('protect', 'monitor'),
  default: fc.constantFrom('allow', 'deny'),
  ingress: fc.constantFrom('allow', 'deny'),
  egress: fc.constantFrom('allow', 'deny'),
  allow: fc.array(line, { maxLength: 4 }),
  deny: fc.array(line, { maxLength: 4 }),
});
const port = fc.constantFrom(0, 79, 80, 81, 443, 8040, 65_535);
const addressed = fc.record({
  operation: fc.constantFrom('connect', 'bind', 'listen', 'accept'),
  remote: fc.subarray(['name *.example.com', 'name api.test', 'kubernetes-api']),
  protocol: fc.option(fc.constantFrom(...NETWORK_PROTOCOLS), { nil: undefined }),
  ...{ address, port, by: program },
});
const unaddressed = fc
  .record({
    operation: fc.constantFrom(...NETWORK_OPERATIONS),
    family: fc.constantFrom(...NETWORK_FAMILIES),
    protocol: fc.option(fc.constantFrom(...NETWORK_PROTOCOLS), { nil: undefined }),
    by: program,
  })
  .filter(({ operation, family }) => operation === 'create' || !family.startsWith('ip'));

const NAME_OF: Readonly<Record<string, string>> = {
  'kubernetes-api': 'kubernetes.default.svc.cluster.local',
};
const isIpv4 = (text: string): boolean => parseAddress(text)?.length === 1;
const bit = <Name extends string>(names: readonly Name[], name: Name | undefined): number =>
  name === undefined ? 0 : 1 << names.indexOf(name);

/** What the programs make of an action before they look anything up. */
function kernelAddress({ operation, address: text }: NetworkAction): string | undefined {
  if (text === undefined || operation !== 'connect') return text;
  if (parseAddress(text)?.some((word) => word !== 0)) return text;
  return isIpv4(text) ? '127.0.0.1' : '::1';
}

describe('the network tables of the kernel', () => {
  it('answer what decide answers', () => {
    fc.assert(
      fc.property(
        fc.array(section, { minLength: 1, maxLength: 2 }),
        fc.array(fc.oneof({ weight: 3, arbitrary: addressed }, unaddressed), { minLength: 8, maxLength: 24 }),
        (sections, asked) => {
          const effective = mergePolicies(sections.map((network, at) => read({ network }, `p${at}`)));
          const { tables, diagnostics } = compileForKernel(effective);
          expect(diagnostics).toEqual([]);
          if (tables === undefined) throw new Error('not compiled');
          for (const one of asked) {
            const { protocol, ...rest } = one;
            const family = 'family' in one ? one.family : isIpv4(one.address) ? 'ipv4' : 'ipv6';
            const action: NetworkAction = {
              ...{ kind: 'network', ...rest, family },
              ...(protocol === undefined ? {} : { protocol }),
            };
            const { enforced, watched } = decide(effective, action);
            const where = kernelAddress(action);
            const answer = kernelNetworkJudge(tables, {
              operation: bit(NETWORK_OPERATIONS, action.operation),
              family: bit(NETWORK_FAMILIES, family),
              protocol: bit(NETWORK_PROTOCOLS, protocol),
              own: classesOf(tables, action.by),
              names: (action.remote ?? []).map((key) => NAME_OF[key] ?? key.replace('name ', '')),
              ...(where === undefined ? {} : { address: where }),
              ...(action.port === undefined ? {} : { port: action.port }),
            });
            const verdicts = {
              enforced: { denied: enforced.verdict === 'deny', line: enforced.line?.id ?? 0 },
              watched: { denied: watched.verdict === 'deny', line: watched.line?.id ?? 0 },
            };
            if (action.operation !== 'create') expect(answer).toEqual(verdicts);
            // Lines that say the same of creating a socket are kept once.
            else
              expect([answer.enforced.denied, answer.watched.denied]).toEqual([
                verdicts.enforced.denied,
                verdicts.watched.denied,
              ]);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('hold ten thousand networks in as many short rows', () => {
    const allow = Array.from({ length: 10_000 }, (_, at) => ({
      operation: 'connect',
      cidrs: [`10.${at >> 8}.${at & 255}.0/24`],
      ports: ['443'],
    }));
    const { tables } = compileForKernel(
      mergePolicies([read({ network: { mode: 'protect', default: 'deny', allow } })]),
    );
    expect(tables?.network.ranges.length).toBe(10_002);
    expect(tables?.network.rules.length).toBe(20_003);
  });

  it.each([
    [{ networkRowLines: 1 }, 'more than 1 lines and ranges of ports apply to one address, with this line'],
    [{ networkRules: 4 }, 'more than 4 entries are needed for lines over addresses, with this line'],
    [{ networkRanges: 2 }, 'more than 2 ranges of addresses are told apart, with this line'],
  ])('are refused with the line and the limit where they do not fit: %j', (limit, message) => {
    const deny = [
      { operation: 'connect', cidrs: ['10.0.0.0/8'] },
      { operation: 'connect', cidrs: ['10.0.0.0/16'] },
    ];
    const effective = mergePolicies([read({ mode: 'protect', network: { deny } })]);
    const { tables, diagnostics } = compileForKernel(effective, { ...KERNEL_LIMITS, ...limit });
    expect(tables).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({ code: 'POLICY_LIMIT', message });
    expect(diagnostics[0]?.span?.line).toBeGreaterThan(0);
  });
});
