import { describe, expect, test } from 'vitest';
import { conntrackIndex, parseConntrack } from './conntrack.js';

const SERVICE =
  'ipv4     2 tcp      6 431999 ESTABLISHED src=10.88.0.2 dst=10.96.0.10 sport=40000 dport=80 src=10.88.0.3 dst=10.88.0.2 sport=8080 dport=40000 [ASSURED] mark=0 use=2';
const MASQUERADED =
  'ipv4     2 udp      17 29 src=10.88.0.2 dst=192.0.2.9 sport=40000 dport=53 [UNREPLIED] src=192.0.2.9 dst=10.0.0.1 sport=53 dport=40000 mark=0 use=2';
const PLAIN =
  'ipv4     2 tcp      6 10 TIME_WAIT src=10.88.0.2 dst=10.88.0.3 sport=1 dport=80 src=10.88.0.3 dst=10.88.0.2 sport=80 dport=1 use=2';
const V6 =
  'ipv6     10 tcp      6 9 ESTABLISHED src=fd00:0000:0000:0000:0000:0000:0000:0002 dst=fd00:0000:0000:0000:0000:0000:0001:000a sport=4 dport=80 src=fd00:0000:0000:0000:0000:0000:0000:0003 dst=fd00:0000:0000:0000:0000:0000:0000:0002 sport=8080 dport=4 use=2';

describe('connection tracking', () => {
  test('tells translated connections from others', () => {
    const lines = [SERVICE, MASQUERADED, PLAIN, V6, '', 'ipv4 2 tcp src=', 'nonsense'];
    expect(parseConntrack(lines.join('\n')).map(({ target, server }) => [target, server])).toEqual([
      ['10.96.0.10', '10.88.0.3'],
      ['192.0.2.9', '192.0.2.9'],
      ['fd00::1:a', 'fd00::3'],
    ]);
  });

  test('says where a service leads, for the client that asked', () => {
    const index = conntrackIndex(parseConntrack(SERVICE));
    expect(index.backends('tcp', '10.88.0.2', '10.96.0.10', 80)).toEqual([
      { address: '10.88.0.3', port: 8080 },
    ]);
    expect(index.backends('tcp', '10.88.0.4', '10.96.0.10', 80)).toEqual([]);
  });

  test('says who is behind the address a server sees, unless several may be', () => {
    const entries = parseConntrack(MASQUERADED);
    expect(conntrackIndex(entries).origin('udp', '192.0.2.9', 53, '10.0.0.1')).toEqual({
      client: '10.88.0.2',
      target: '192.0.2.9',
      port: 53,
    });
    const two = conntrackIndex(entries.flatMap((entry) => [entry, { ...entry, source: '10.88.0.9' }]));
    expect(two.origin('udp', '192.0.2.9', 53, '10.0.0.1')).toBeUndefined();
  });
});
