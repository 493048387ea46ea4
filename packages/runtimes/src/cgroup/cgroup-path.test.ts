import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CgroupIdentity, parseCgroupPath } from './cgroup-path.js';

interface Case {
  readonly name: string;
  readonly path: string;
  readonly expect: CgroupIdentity | null;
}

const url = new URL('../../../../test/cases/cgroup-paths.json', import.meta.url);
// The file is ours and its shape is asserted by every case below.
const cases = JSON.parse(readFileSync(url, 'utf8')) as readonly Case[];

describe('parseCgroupPath', () => {
  it.each(cases)('$name', ({ path, expect: expected }) => {
    expect(parseCgroupPath(path) ?? null).toEqual(expected);
  });

  it('never throws and never invents an id that is not in the path', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'docker',
        'default',
        'kubepods',
        'kubepods.slice',
        '..',
        '.',
        'a'.repeat(64),
        'init.scope',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.stringMatching(/^(docker|libpod|crio|crio-conmon)-[0-9a-f]{63,65}(\.scope)?$/),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const path = `/${parts.join('/')}`;
        const found = parseCgroupPath(path);
        expect(found === undefined || path.includes(found.id)).toBe(true);
      }),
    );
  });

  it('gives everything below a container to that container', () => {
    const id = '5e'.repeat(32);
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z0-9@:._-]{1,70}$/), { maxLength: 6 }), (below) => {
        fc.pre(!below.includes('..') && !below.includes('.'));
        expect(parseCgroupPath(['/docker', id, ...below].join('/'))?.id).toBe(id);
      }),
    );
  });
});
