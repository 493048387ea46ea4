import { readPolicies } from '@runward/policy';
import { describe, expect, test } from 'vitest';
import type { Document, Version } from '../documents/index.js';
import { clusterMap } from './cluster-map.js';
import { policiesInForce } from './policies-in-force.js';
import { simulate } from './simulate.js';
import { recordedFlow } from './testing/sample-flow.js';

const policy = (name: string, network: string): string =>
  `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata: { name: ${name} }\nspec: { selector: { namespaces: [shop] }, network: ${network} }\n`;

const TEXTS: Readonly<Record<string, string>> = {
  closed: policy('closed', '{ mode: protect, egress: deny }'),
  elsewhere: policy('elsewhere', '{ mode: protect, deny: [{ operation: connect }] }'),
  draft: policy('draft', '{ mode: protect, deny: [{ operation: connect }] }'),
  hidden: policy('hidden', '{ mode: protect, deny: [{ operation: connect }] }'),
};
const document = (name: string, cluster: string, inForce: number | null): Document => ({
  ...{ id: name, kind: 'policy', name, owner: 'me', createdAt: 0, inForce, cluster, namespace: '*' },
  latest: { number: 3, state: 'draft' },
});
const documents = {
  list: async () => [
    ...[document('closed', 'main', 2), document('elsewhere', 'other', 1), document('draft', '*', null)],
    document('hidden', '*', 1),
  ],
  version: async (id: string, number: number) => ({ number, text: TEXTS[id] ?? '' }) as Version, // all that is read
};
const inForce = () => policiesInForce(documents, ({ name }) => name !== 'hidden');

describe('policies that documents have in force', () => {
  test('are those of the cluster that whoever asks sees', async () => {
    const found = await inForce();
    expect(found.documents.map(({ name }) => name)).toEqual(['closed', 'elsewhere']);
    expect(found.of('main').map(({ name }) => name)).toEqual(['closed']);
    expect(found.of('other').map(({ name }) => name)).toEqual(['elsewhere']);
  });

  test('make of a line that allows what it is for', async () => {
    const { of } = await inForce();
    const { edges } = clusterMap([recordedFlow()]);
    const after = (text: string) => {
      const { policies } = readPolicies([{ name: 'p', text }]);
      return simulate(edges, (cluster) => [...policies, ...of(cluster)]).ends.map((each) => each.after);
    };
    const open = policy('open', '{ mode: protect, allow: [{ operation: connect, ports: [443] }] }');
    expect(after(open)).toEqual(['denied']);
    expect(after(open.replace('443', '5432'))).toEqual(['allowed']);
  });
});
