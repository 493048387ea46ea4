import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitDockerReference, splitImageReference } from './image-reference.js';

const D = `sha256:${'ab12'.repeat(16)}`;

describe('splitImageReference', () => {
  it.each([
    ['nginx', 'nginx', '', ''],
    ['nginx:1.27', 'nginx', '1.27', ''],
    ['library/nginx:1.27-alpine', 'library/nginx', '1.27-alpine', ''],
    ['docker.io/library/nginx:1.27', 'docker.io/library/nginx', '1.27', ''],
    ['registry.test:5000/app', 'registry.test:5000/app', '', ''],
    ['registry.test:5000/team/app:v2', 'registry.test:5000/team/app', 'v2', ''],
    [`registry.test:5000/app@${D}`, 'registry.test:5000/app', '', D],
    [`registry.test:5000/app:v2@${D}`, 'registry.test:5000/app', 'v2', D],
    ['[fd00::1]:5000/app:v2', '[fd00::1]:5000/app', 'v2', ''],
    ['localhost/app:latest', 'localhost/app', 'latest', ''],
    [D, '', '', ''],
    [D.slice(7), '', '', ''],
    ['', '', '', ''],
    ['app:', '', '', ''],
    ['app:not a tag', '', '', ''],
    [`app:${'t'.repeat(129)}`, '', '', ''],
    ['app@sha256:tooshort', 'app@sha256', 'tooshort', ''],
    ['a'.repeat(2000), '', '', ''],
  ])('reads `%s`', (reference, repository, tag, digest) => {
    expect(splitImageReference(reference)).toEqual({ repository, tag, digest });
  });

  it('puts together again what it took apart', () => {
    const parts = fc.record({
      repository: fc.stringMatching(/^[a-z0-9]{1,9}(\.test:[0-9]{2,4})?(\/[a-z0-9]{1,9}){1,3}$/),
      tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
      digest: fc.constantFrom('', D),
    });
    fc.assert(
      fc.property(parts, ({ repository, tag, digest }) => {
        const reference = `${repository}:${tag}${digest === '' ? '' : `@${digest}`}`;
        expect(splitImageReference(reference)).toEqual({ repository, tag, digest });
      }),
    );
  });
});

describe('splitDockerReference', () => {
  it.each([
    ['nginx', 'latest'],
    ['registry.test:5000/app', 'latest'],
    ['nginx:1.27', '1.27'],
    [`nginx@${D}`, ''],
    [D, ''],
  ])('gives `%s` the tag `%s`', (reference, tag) => {
    expect(splitDockerReference(reference).tag).toBe(tag);
  });
});
