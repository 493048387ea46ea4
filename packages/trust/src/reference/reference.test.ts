import { describe, expect, test } from 'vitest';
import { nameOf, readReference, referenceText } from './reference.js';

const digest = `sha256:${'a'.repeat(64)}`;

describe('a reference is read as Docker reads it', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['team/app:1', 'docker.io/team/app:1'],
    ['index.docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['127.0.0.1:5000/a/b/c:v1.2', '127.0.0.1:5000/a/b/c:v1.2'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    [`registry.test/app@${digest}`, `registry.test/app@${digest}`],
    [`registry.test/app:1@${digest}`, `registry.test/app:1@${digest}`],
  ])('%s', (text, whole) => {
    const reference = readReference(text);
    expect(referenceText(reference)).toBe(whole);
    expect(whole.startsWith(nameOf(reference))).toBe(true);
  });
});

describe('what is no reference is refused', () => {
  test.each([
    '',
    'UPPER/case',
    'a//b',
    'app:',
    'app:-x',
    'app@sha256:short',
    '../../etc',
    'a/../b',
    'host.test/',
    `app@${digest}@${digest}`,
    'x'.repeat(2000),
  ])('`%s`', (text) => expect(() => readReference(text)).toThrow(/is no image reference/));
});
