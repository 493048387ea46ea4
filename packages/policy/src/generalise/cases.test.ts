import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { decide } from '../decide/decide.js';
import { mergePolicies } from '../decide/merge.js';
import { FILE_OPERATIONS, type FileOperation } from '../model/policy.js';
import type { FileObservation, WorkloadProfile } from '../profile/profile.js';
import { fileAction } from '../testing/profile-actions.js';
import { generalise } from './generalise.js';

interface Case {
  readonly what: string;
  readonly seen: readonly string[];
  readonly lines: readonly string[];
  readonly denied: readonly string[];
}
const folder = join(import.meta.dirname, '../../../../test/cases/generalise');
const cases = parse(readFileSync(join(folder, 'files.yaml'), 'utf8')) as readonly Case[]; // our own file

const split = (text: string): readonly [string, string] => {
  const at = text.indexOf(' ');
  return [text.slice(0, at), text.slice(at + 1)];
};

function observation(text: string): FileObservation {
  const [operations, path] = split(text);
  return {
    ...{ path, operations: operations.split(','), by: ['/usr/bin/app'], ownerOnly: false, mount: 'root' },
    ...{ count: 3, firstMs: 1, lastMs: 9, startup: true, steady: true, replicas: 1 },
  };
}

const profileOf = (files: readonly FileObservation[]): WorkloadProfile => ({
  ...{ format: 1, workload: 'app', images: [], imageDigests: [], namespaces: [], containerNames: ['app'] },
  coverage: {
    ...{ firstMs: 1, lastMs: 600_001, watchedMs: 600_000, replicas: 2, starts: 2, sessions: 1 },
    ...{ lastNewMs: 60_000, lostRecords: 0 },
  },
  ...{ processes: [], files, network: [], capabilities: [], syscalls: [], kernelSurface: [] },
  privilege: { setuidExecution: false, gainedPrivileges: false, wroteRoot: false, uids: [1000] },
});

const isOperation = (text: string): text is FileOperation => FILE_OPERATIONS.some((name) => name === text);
function action(text: string, by = '/usr/bin/app') {
  const [operation, path] = split(text);
  if (!isOperation(operation)) throw new Error(`no operation: ${text}`);
  return { ...fileAction(operation, path), by };
}

describe('of files seen', () => {
  test.each(cases.map((one) => [one.what, one] as const))('%s', (_, { seen, lines, denied }) => {
    const { policy } = generalise(profileOf(seen.map(observation)));
    const made = policy.file?.allow.map(
      ({ operations, pattern }) => `${operations.join(',')} ${pattern.kind} ${pattern.text}`,
    );
    expect(made).toEqual(lines);
    const effective = mergePolicies([policy]);
    const wrong = denied.filter((text) => decide(effective, action(text)).watched.verdict === 'allow');
    expect(wrong).toEqual([]);
  });

  test('a sensitive one is for whom it was seen with alone', () => {
    const effective = mergePolicies([generalise(profileOf([observation('read /etc/shadow')])).policy]);
    const verdict = (by: string): string => decide(effective, action('read /etc/shadow', by)).watched.verdict;
    expect([verdict('/usr/bin/app'), verdict('/usr/bin/cat')]).toEqual(['allow', 'deny']);
  });
});
