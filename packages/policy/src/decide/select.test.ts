import { expect, it } from 'vitest';
import { testPolicy, testWorkload } from '../testing/policies.js';
import { selects } from './select.js';

const workload = testWorkload({
  labels: new Map([['tier', 'front']]),
  pod: { namespace: 'shop-eu', labels: new Map([['app', 'web']]) },
});

it.each([
  ['{}', true],
  ['{namespaces: [other, shop-*]}', true],
  ['{namespaces: [shop]}', false],
  ['{podLabels: {app: web}}', true],
  ['{podLabels: {app: web, x: y}}', false],
  ['{containerLabels: {tier: front}}', true],
  ['{containerLabels: {tier: back}}', false],
  ['{images: ["docker.io/library/nginx"]}', true],
  ['{images: ["docker.io/*:1.2?"]}', true],
  ['{images: ["nginx"]}', false],
  ['{digests: ["sha256:aaa*"]}', true],
  ['{runtimes: [docker]}', false],
  ['{containerNames: [web], runtimes: [containerd], namespaces: ["*"]}', true],
  ['{containerNames: [web], runtimes: [docker]}', false],
])('selector %s', (selector, expected) => {
  const { selector: read } = testPolicy(`selector: ${selector}\nfile: {deny: [/a]}\n`);
  expect(selects(read, workload)).toBe(expected);
});

it('a container outside Kubernetes has no namespace and no pod labels', () => {
  const outside = testWorkload();
  for (const selector of ['{namespaces: ["*"]}', '{podLabels: {app: web}}']) {
    const { selector: read } = testPolicy(`selector: ${selector}\nfile: {deny: [/a]}\n`);
    expect(selects(read, outside)).toBe(false);
  }
});
