import type { Mode, RuntimePolicy } from '@runward/policy';
import type { Decision } from '../decisions/decision.js';
import { digestOf, PolicyStore, type StoreChange } from '../store/policy-store.js';
import type { PolicyRegister } from '../store/register.js';

const span = { file: 'web.yaml', line: 4, column: 1, endLine: 9, endColumn: 1 };
const section = { default: 'allow', response: 'deny', onFailure: 'open', onMissing: 'refuse', span } as const;

export const samplePolicy = (name: string, mode: Mode = 'monitor'): RuntimePolicy => ({
  name,
  labels: new Map([['team', 'a']]),
  owner: 'o',
  description: '',
  version: '',
  selector: {
    namespaces: [],
    podLabels: new Map(),
    containerLabels: new Map([['app', name]]),
    images: [],
    digests: [],
    runtimes: [],
    containerNames: [],
  },
  capabilities: { ...section, mode, allow: [], deny: [{ span, comment: '', name: 'NET_RAW' }] },
  span,
});

export const sampleDecision = (id: string): Decision => ({
  id,
  time: '2026-01-01T00:00:00.000Z',
  action: 'apply',
  who: { uid: 0, user: 'root', program: 'runward' },
  by: 'command',
  changes: [],
});

/** Puts a policy whose text is `text`. */
export const sampleChange = (
  register: PolicyRegister,
  name: string,
  text: string,
  decision = 'd',
): StoreChange => {
  const stored = {
    name,
    revision: PolicyStore.nextRevision(register, name),
    digest: digestOf(text),
    changedAtMs: 1,
    source: 'web.yaml',
    modes: {},
    policy: samplePolicy(name),
  };
  return { put: [{ stored, text }], remove: [], decision: sampleDecision(decision) };
};
