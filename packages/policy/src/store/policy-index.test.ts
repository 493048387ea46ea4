import { describe, expect, it } from 'vitest';
import type { RuntimePolicy } from '../model/policy.js';
import { readPolicyIndex, writePolicyIndex } from './policy-index.js';

const span = { file: 'p.yaml', line: 1, column: 1, endLine: 9, endColumn: 1 };
const base = { mode: 'protect', default: 'allow', response: 'deny', onFailure: 'closed', onMissing: 'refuse', span } as const; // biome-ignore format: one line reads better
const policy = (name: string): RuntimePolicy => ({
  name,
  labels: new Map([['team', 'a']]),
  owner: 'o',
  description: '',
  version: '1',
  selector: {
    namespaces: ['*'],
    podLabels: new Map([['app', 'web']]),
    containerLabels: new Map(),
    images: [],
    digests: [],
    runtimes: [],
    containerNames: [],
  },
  capabilities: { ...base, allow: [], deny: [{ span, comment: '', name: 'NET_RAW' }] },
  network: { ...base, allow: [], deny: [], ingress: 'allow', egress: 'allow', limits: { connections: 9 } },
  privilege: { ...base, noNewPrivileges: true, setuidExecution: 'allow', readOnlyRoot: true },
  span,
});
const digest = `sha256:${'a'.repeat(64)}`;
const entry = (name: string) => ({ policy: policy(name), digest });

describe('the index of policies', () => {
  it('reads back what was written', () => {
    const index = { policies: [entry('a'), entry('b')] };
    expect(readPolicyIndex(writePolicyIndex(index))).toEqual(index);
    expect(writePolicyIndex({ policies: index.policies.toReversed() })).toBe(writePolicyIndex(index));
  });

  const text = writePolicyIndex({ policies: [entry('a')] });
  it.each([
    ['nothing', '', /not JSON/],
    ['half a file', text.slice(0, 200), /not JSON/],
    ['a list', '[]', /not a JSON object/],
    ['another format', text.replace('"format":1', '"format":2'), /format 2; this version reads 1/],
    ['no policies', '{"format":1}', /no list `policies`/],
    ['a policy that is none', '{"format":1,"policies":[null]}', /number 1\) that is no object/],
    ['no digest', text.replace(digest, 'x'), /without a sha256 digest/],
    ['an unknown mode', text.replace('"mode":"protect"', '"mode":"protected"'), /another shape/],
    ['a line without a name', text.replace('"name":"NET_RAW"', '"nam":"NET_RAW"'), /another shape/],
    ['a limit that is none', text.replace('"connections":9', '"connections":"9"'), /another shape/],
    ['a section that is null', text.replace('"privilege":{', '"privilege":null,"rest":{'), /another shape/],
    ['a policy twice', text.replace(/\[(\{"digest".*\})\]/, '[$1,$1]'), /`a` twice/],
  ])('says what is wrong with %s', (_, broken, problem) => {
    expect(readPolicyIndex(broken)).toEqual({ problem: expect.stringMatching(problem) });
  });
});
