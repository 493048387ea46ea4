import { describe, expect, it } from 'vitest';
import { probesOf } from './probes.js';

const KEY = 'kubectl.kubernetes.io/last-applied-configuration';
const manifest = (containers: unknown): ReadonlyMap<string, string> =>
  new Map([[KEY, JSON.stringify({ kind: 'Pod', spec: { containers } })]]);

describe('probesOf', () => {
  it('gives the commands of the named container', () => {
    const annotations = manifest([
      { name: 'proxy', livenessProbe: { exec: { command: ['false'] } } },
      {
        name: 'web',
        livenessProbe: { exec: { command: ['cat', '/tmp/alive'] } },
        readinessProbe: { httpGet: { path: '/' } },
      },
    ]);
    expect(probesOf(annotations, 'web')).toEqual({ livenessProbe: ['cat', '/tmp/alive'] });
  });

  it.each([
    ['no manifest', new Map<string, string>()],
    ['text that is no JSON', new Map([[KEY, '{']])],
    ['a list in its place', new Map([[KEY, '[1, [2], null]']])],
    ['containers that are no list', manifest({ name: 'web' })],
    ['a command that is no list', manifest([{ name: 'web', livenessProbe: { exec: { command: 'x' } } }])],
  ])('gives none for %s', (_, annotations) => {
    expect(probesOf(annotations, 'web')).toEqual({});
  });
});
