import type { ControlClient } from '@runward/agent/control-client';
import type { LearningStatus } from '@runward/agent/learning';
import { readProfile, type WorkloadProfile } from '@runward/policy';
import type { ProfileStore } from '@runward/state';
import { agentClient, SOCKET_OPTION, STATE_OPTION, socketOf, stateOf } from './agent-client.js';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

export const LEARN_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  ...SOCKET_OPTION,
  ...STATE_OPTION,
};

export interface Shown {
  readonly status: LearningStatus;
  readonly profile: WorkloadProfile | undefined;
}

/** What was learnt: from the agent, as it is this moment, or from the disk where none is running. */
export interface LearnDesk {
  readonly isLive: boolean;
  list(): Promise<readonly LearningStatus[]>;
  show(workload: string): Promise<Shown>;
  remove(workload: string): Promise<void>;
}

export const pathOf = (workload: string): string => `/v1/learn/${encodeURIComponent(workload)}`;

export async function learnDesk(args: Parsed): Promise<LearnDesk> {
  const client = await agentClient(args);
  const answer = await client.askIfRunning('GET', '/v1/learn');
  // The agent's route has both always.
  const told = answer as
    | { readonly state: string; readonly workloads: readonly LearningStatus[] }
    | undefined;
  const isElsewhere = args.text('state') !== undefined && told?.state !== stateOf(args);
  if (told === undefined || isElsewhere) {
    if (told === undefined && socketOf(args) !== undefined && args.text('state') === undefined)
      await client.ask('GET', '/v1/status'); // says that nobody is there
    const { ProfileStore } = await import('@runward/state');
    return new DiskDesk(new ProfileStore(stateOf(args)));
  }
  return {
    isLive: true,
    list: async () => told.workloads,
    show: async (workload) => shownOf(await client.ask('GET', pathOf(workload))),
    remove: async (workload) => {
      await client.ask('DELETE', `/v1/profiles/${encodeURIComponent(workload)}`);
    },
  };
}

/** The agent that learns. @throws UsageError when it keeps what it learns in another folder than the one named */
export async function learningAgent(args: Parsed): Promise<ControlClient> {
  const client = await agentClient(args);
  if (args.text('state') === undefined) return client;
  const { state } = (await client.ask('GET', '/v1/learn')) as { readonly state: string }; // as above
  if (state !== stateOf(args))
    throw new UsageError(
      `the agent at \`${client.socket}\` keeps what it learns in \`${state}\``,
      'leave `--state` out',
    );
  return client;
}

function shownOf(answer: unknown): Shown {
  const { status, profile } = answer as { readonly status: LearningStatus; readonly profile?: unknown }; // as above
  if (profile === undefined) return { status, profile: undefined };
  const read = readProfile(JSON.stringify(profile));
  if ('problem' in read) throw new Error(`the agent's profile ${read.problem}: it may be of another version`);
  return { status, profile: read };
}

class DiskDesk implements LearnDesk {
  readonly isLive = false;

  constructor(private readonly store: ProfileStore) {}

  async list(): Promise<readonly LearningStatus[]> {
    const { statusOf } = await import('@runward/agent/learning');
    return this.store.list().map((profile) => statusOf(profile.workload, profile, undefined));
  }

  async show(workload: string): Promise<Shown> {
    const { statusOf } = await import('@runward/agent/learning');
    const name = await workloadName(workload);
    const profile = this.store.read(name);
    if (profile === undefined)
      throw new UsageError(`nothing was learnt of \`${workload}\``, '`runward learn list` shows what was');
    return { status: statusOf(name, profile, undefined), profile };
  }

  async remove(workload: string): Promise<void> {
    if (!this.store.remove(await workloadName(workload)))
      throw new UsageError(`nothing was learnt of \`${workload}\``, '`runward learn list` shows what was');
  }
}

/** The one form a workload's name has. @throws UsageError */
export async function workloadName(written: string): Promise<string> {
  const { parseWorkloadKey } = await import('@runward/policy');
  const parsed = parseWorkloadKey(written);
  if (parsed.kind === 'problem') throw new UsageError(parsed.message, parsed.help);
  return parsed.key.text;
}

/** The one operand of a command about a workload. */
export async function workloadOf(args: Parsed, action: string): Promise<string> {
  const [workload, more] = args.rest;
  if (workload === undefined)
    throw new UsageError('the workload is missing', `write \`runward learn ${action} WORKLOAD\``);
  if (more !== undefined)
    throw new UsageError(`unexpected \`${more}\``, 'several containers are one workload: `name=web*`');
  return workloadName(workload);
}
