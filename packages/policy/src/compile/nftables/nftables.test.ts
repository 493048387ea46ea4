import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { testPolicy } from '../../testing/policies.js';
import { exportSubject } from '../export/index.js';
import { exportNftables } from './nftables.js';

function compiled(network: string) {
  const subject = exportSubject([
    testPolicy(`network:\n${network.replace(/^/gm, '  ')}`, 'web-1', { warnings: true }),
  ]);
  if (subject === undefined) throw new Error('no policy');
  return exportNftables(subject);
}

/** In a user and network namespace of its own: `nft -c` asks the kernel, and changes nothing. */
const check = (text: string): string =>
  execFileSync('unshare', ['-rn', 'nft', '-c', '-f', '-'], { input: text, encoding: 'utf8' });

const EVERYTHING = `ingress: deny
egress: deny
allow:
  - { operation: connect, protocols: [tcp], cidrs: [10.0.0.0/8, "fd00::/8"], except: [10.9.0.0/16], ports: [443, 8000-8080], comment: "shops \\n }" }
  - { operation: connect, ports: [53] }
  - { operation: connect, protocols: [icmp] }
  - { operation: accept, families: [ipv4], protocols: [tcp, udp], ports: [8080] }
deny:
  - { operation: connect, peers: [metadata], comment: credentials }
  - { operation: connect, protocols: [udp], families: [ipv6] }
`;

describe('a ruleset', () => {
  test('cannot say limits, and tells', () => {
    const { diagnostics } = compiled('egress: deny\nlimits: { connections: 10 }');
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ['POLICY_EXPORT_WIDER', expect.stringContaining('limits of rate and bandwidth')],
    ]);
  });

  test('says lines in the order they are tried, and what holds for the rest', () => {
    const { text, diagnostics } = compiled(`egress: deny
allow:
  - { operation: connect, protocols: [tcp], cidrs: [10.0.0.0/8], ports: [443], comment: shops }
deny:
  - { operation: connect, peers: [metadata] }`);
    expect(diagnostics).toEqual([]);
    expect(text).toBe(`# Made by runward from web-1.
# To be loaded in the network namespace of the container: nsenter --net=… nft -f FILE
table inet runward_web_1
delete table inet runward_web_1
table inet runward_web_1 {
	chain refuse {
		meta l4proto tcp counter reject with tcp reset
		counter reject with icmpx admin-prohibited
	}
	chain egress {
		type filter hook output priority filter; policy accept;
		oifname "lo" accept
		ct direction reply accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept
		# the policy says so (web-1, test.yaml:11)
		ip daddr { 169.254.169.254/32 } goto refuse
		ip6 daddr { fd00:ec2::254/128 } goto refuse
		# shops (web-1, test.yaml:9)
		ip daddr { 10.0.0.0/8 } meta l4proto { tcp } th dport { 443 } counter accept
		# the policy says so (web-1, test.yaml:7)
		goto refuse
	}
}
`);
  });

  test.each([
    ['of both directions', EVERYTHING],
    ['of denials alone', 'deny: [{ operation: connect, cidrs: [10.0.0.1] }]'],
    ['of nothing that is allowed', 'default: deny'],
  ])('%s is taken by nft', (_, network) => {
    const { text = '' } = compiled(network);
    expect(text).toContain('table inet runward_web_1 {');
    expect(check(text)).toBe('');
  });
});

test.each([
  ['{ operation: connect, peers: [{ name: a.test }] }', 'allow', 'POLICY_EXPORT_NARROWER'],
  ['{ operation: connect, peers: [host] }', 'deny', 'POLICY_EXPORT_WIDER'],
  ['{ operation: connect, from: [/bin/a] }', 'deny', 'POLICY_EXPORT_WIDER'],
  ['{ operation: connect, protocols: [raw] }', 'allow', 'POLICY_EXPORT_NARROWER'],
])('what it cannot say is told: %s in %s', (line, list, code) => {
  expect(compiled(`egress: deny\n${list}: [${line}]`).diagnostics.map((each) => each.code)).toEqual([code]);
});

test('a policy that says nothing of connections makes none', () => {
  expect(compiled('deny: [{ operation: create, families: [packet] }]')).toMatchObject({
    text: undefined,
    diagnostics: [{ code: 'POLICY_EXPORT_NOTHING' }],
  });
});
