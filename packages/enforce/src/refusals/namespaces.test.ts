import { readlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { NetworkNamespaces } from './namespaces.js';

const own = Number(/\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0]);

it('a network namespace is found by a process that is in it', () => {
  const path = new NetworkNamespaces().pathOf(own) ?? '';
  expect(readlinkSync(path)).toBe(`net:[${own}]`);
});

it('one that nobody is in is not found, and all processes are gone through once a second at most', () => {
  const namespaces = new NetworkNamespaces();
  expect(namespaces.pathOf(1, 0)).toBeUndefined();
  expect(namespaces.pathOf(1, 999)).toBeUndefined();
  // What that look found is known.
  expect(namespaces.pathOf(own, 999)).toBeDefined();
  expect(namespaces.pathOf(1, 1000)).toBeUndefined();
});
