import {
  Approvals,
  type Attestation,
  AttestError,
  attest,
  type Choice,
  choose,
  filterDigests,
  noContainer,
  observe,
} from '@runward/attest';
import { STATE_OPTION, stateOf } from '../agent-client.js';
import { type OptionSpec, type Parsed, UsageError } from '../command.js';
import { scanContainers } from '../container-scan.js';
import { RUNTIME_OPTIONS, registryOptions } from '../runtime-options.js';

export const ATTEST_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'seccomp-filters': {
    type: 'boolean',
    doc: 'also digest the filters of system calls; the first process is stopped for a moment',
  },
  json: { type: 'boolean', doc: 'one JSON object' },
  ...STATE_OPTION,
  ...RUNTIME_OPTIONS,
};

export type Examined = { readonly subject: Parameters<typeof attest>[0]; readonly attestation: Attestation };

/** The one name a command is about; undefined: it names none. */
export function nameOf(args: Parsed, action: string): string | undefined {
  const [name, ...more] = args.rest;
  if (more.length > 0)
    throw new UsageError(
      `unexpected \`${more[0]}\``,
      `write \`runward attest ${action} CONTAINER|WORKLOAD\``,
    );
  return name;
}

/** Reads and judges the containers a name stands for, or all that run. @throws AttestError, StateError */
export async function examineContainers(args: Parsed, name: string | undefined): Promise<Choice<Examined>> {
  const found = (await scanContainers(await registryOptions(args)())).map(({ container, processes }) => ({
    subject: container,
    processes,
  }));
  const choice = name === undefined ? { chosen: found, key: '' } : choose(found, name);
  if (choice === undefined)
    throw noContainer(
      name ?? '',
      found.map(({ subject }) => subject.name || subject.id),
    );
  const approvals = await new Approvals(stateOf(args)).read();
  const chosen: Examined[] = [];
  for (const { subject, processes } of choice.chosen) {
    const [first] = processes;
    if (first === undefined) continue;
    try {
      const observation = observe({
        ...{ pid: first.pid, pids: processes.map(({ pid }) => pid), ids: [subject.id, subject.name] },
        readFilters: args.flag('seccomp-filters') ? filterDigests : undefined,
      });
      chosen.push({ subject, attestation: attest(subject, observation, approvals) });
    } catch (error) {
      // Of many one may end while it is looked at; what was named is told about.
      if (!(error instanceof AttestError && error.code === 'ATTEST_GONE' && name === undefined)) throw error;
    }
  }
  return { chosen, key: choice.key };
}
