import { describe, expect, test } from 'vitest';
import type { FlowId } from './flow.js';
import { localAddresses, PeerBook } from './peer-book.js';

const id = (facts: Partial<FlowId>): FlowId => ({
  ...{ cgroup: 1, netns: 11, role: 'client', protocol: 'tcp', remote: '10.0.0.2', port: 80 },
  ...facts,
});

describe('who is behind an address', () => {
  test('is the container that has it', () => {
    const book = new PeerBook();
    book.note('10.0.0.2', 12, 2);
    expect(book.find(id({}), '10.0.0.1')).toEqual({ netns: 12, cgroups: [2] });
    expect(book.find(id({ remote: '10.0.0.3' }), '10.0.0.1')).toBeUndefined();
  });

  test('of a pod is the container that serves the port, and the one that asks', () => {
    const book = new PeerBook();
    for (const cgroup of [2, 3]) book.note('10.0.0.2', 12, cgroup);
    expect(book.find(id({}), '10.0.0.1')).toEqual({ netns: 12, cgroups: [2, 3] });
    book.noteFlow(id({ cgroup: 3, netns: 12, role: 'server', remote: '10.0.0.1' }), '10.0.0.2');
    expect(book.find(id({}), '10.0.0.1')).toEqual({ netns: 12, cgroups: [3] });
    book.noteFlow(id({ cgroup: 2, netns: 12, remote: '10.0.0.9', port: 5 }), '10.0.0.2');
    const seen = id({ cgroup: 9, netns: 19, role: 'server', port: 5 });
    expect(book.find(seen, '10.0.0.9')).toEqual({ netns: 12, cgroups: [2] });
  });

  test.each(['127.0.0.1', '::1', '10.0.0.1'])('of its own (%s) is in the same namespace', (remote) => {
    const book = new PeerBook();
    book.noteFlow(id({ cgroup: 4, role: 'server', remote }), '127.0.0.1');
    book.note('', 11, 1);
    expect(book.find(id({ remote }), '10.0.0.1')).toEqual({ netns: 11, cgroups: [4] });
  });

  test('that two namespaces have is where the port is served', () => {
    const book = new PeerBook();
    book.note('10.0.0.2', 12, 2);
    book.noteFlow(id({ cgroup: 3, netns: 13, role: 'server', remote: '10.0.0.1' }), '10.0.0.2');
    expect(book.find(id({}), '10.0.0.1')).toEqual({ netns: 13, cgroups: [3] });
  });

  test('is nobody once the container ended', () => {
    const book = new PeerBook();
    book.noteFlow(id({ cgroup: 2, netns: 12, role: 'server' }), '10.0.0.2');
    book.forget(new Set([2]));
    expect(book.find(id({}), '10.0.0.1')).toBeUndefined();
    expect(book.knows('10.0.0.2')).toBe(false);
  });
});

test('addresses of a namespace are read from its tables', () => {
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.88.0.0
        /16 link UNICAST
     |-- 10.88.0.2
        /32 host LOCAL
     |-- 127.0.0.1
        /32 host LOCAL
Local:
     |-- 10.88.0.2
        /32 host LOCAL
`;
  const six = 'fd000000000000000000000000000002 02 40 00 80     eth0\n';
  expect(localAddresses(trie, six)).toEqual(['10.88.0.2', 'fd00::2']);
});
