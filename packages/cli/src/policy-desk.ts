import { resolve } from 'node:path';
import type { ControlClient } from '@runward/agent/control-client';
import type { Diagnostic } from '@runward/core';
import type { RuntimePolicy } from '@runward/policy';
import type { ChangeReport, PolicyAdministration, PolicyStore, Who } from '@runward/state';
import { agentClient, SOCKET_OPTION, socketOf } from './agent-client.js';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

/** Of commands that read or change the policies of this machine. */
export const STATE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  state: {
    type: 'string',
    value: 'DIR',
    doc: 'the folder policies are kept in (default /var/lib/runward)',
  },
  ...SOCKET_OPTION,
};

export function stateOf(args: Parsed): string | undefined {
  const given = args.text('state');
  if (given === '') throw new UsageError('`--state` names no folder', 'write `--state DIR`');
  return given === undefined ? undefined : resolve(given);
}

/** Where a command's policies are: with an agent that has them in force, or only on the disk. */
export interface PolicyDesk {
  readonly store: PolicyStore;
  /** The agent that has this store; undefined when none is running. */
  readonly agent: ControlClient | undefined;
  /** In words, for people: who has the policies in force. */
  readonly standing: string;
}

export async function policyDesk(args: Parsed): Promise<PolicyDesk> {
  const { DEFAULT_STATE, PolicyStore } = await import('@runward/state');
  const asked = stateOf(args);
  const client = await agentClient(args);
  const answer = await client.askIfRunning('GET', '/v1/policies', { timeoutMs: 60_000 });
  if (answer === undefined) {
    // Who names an agent and no folder means that agent: this says that nobody is there.
    if (socketOf(args) !== undefined && asked === undefined) await client.ask('GET', '/v1/status');
    return {
      store: new PolicyStore(asked ?? DEFAULT_STATE),
      agent: undefined,
      standing: 'no agent is running: in force from the start of the next one',
    };
  }
  const { state, problem } = answer as { readonly state: string; readonly problem: string }; // the agent's route has them always
  if (asked !== undefined && asked !== state) {
    return {
      store: new PolicyStore(asked),
      agent: undefined,
      standing: `the agent at ${client.socket} has its policies in ${state}: this folder is another`,
    };
  }
  return {
    store: new PolicyStore(state),
    agent: client,
    standing:
      problem === ''
        ? `the agent at ${client.socket} has them in force`
        : `the agent at ${client.socket} has them, and the kernel does not enforce them: ${problem}`,
  };
}

/** The agent that has the policies in force. @throws ClientError CONTROL_NO_AGENT when there is none */
export async function policyAgent(args: Parsed): Promise<ControlClient> {
  const { agent, standing } = await policyDesk(args);
  if (agent !== undefined) return agent;
  await (await agentClient(args)).ask('GET', '/v1/status'); // says that nobody is there
  throw new UsageError(standing, 'name the folder that the agent has, or none');
}

/** The agent answers when the kernel has the policies: with thousands of lines on a slow machine that takes minutes. */
const CHANGE_PATIENCE_MS = 600_000;
const TOLD_AFTER_MS = 5_000;

/** Makes a change through the agent where one is running, else on the disk. */
export async function changePolicies(
  desk: PolicyDesk,
  request: { readonly path: string; readonly body: unknown },
  offline: (administration: PolicyAdministration, who: Who) => Promise<ChangeReport>,
): Promise<ChangeReport> {
  if (desk.agent !== undefined) {
    const patience = setTimeout(() => {
      process.stderr.write('runward: the agent is still putting the policies in force\n');
    }, TOLD_AFTER_MS);
    try {
      const asked = { body: request.body, timeoutMs: CHANGE_PATIENCE_MS };
      return (await desk.agent.ask('POST', request.path, asked)) as ChangeReport; // the agent answers so
    } finally {
      clearTimeout(patience);
    }
  }
  const { PolicyAdministration, whoIs } = await import('@runward/state');
  const administration = new PolicyAdministration(desk.store, 'command', compiles);
  return offline(administration, whoIs(process.pid, process.getuid?.() ?? 0));
}

/** What can be told without the machine they will be in force on: whether they fit into a kernel. */
async function compiles(policies: readonly RuntimePolicy[]): Promise<readonly Diagnostic[]> {
  const { compileForKernel, mergePolicies } = await import('@runward/policy');
  return policies.flatMap((policy) => compileForKernel(mergePolicies([policy])).diagnostics);
}

/** Prints the diagnostics of a change that is refused, and lets the refusal pass. */
export async function reporting<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const { printPolicyDiagnostics } = await import('./policy-text.js');
    printPolicyDiagnostics(diagnosticsOf(error));
    throw error;
  }
}

/** Diagnostics an error carries, from this process or from the agent. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (!(error instanceof Error)) return [];
  const { details, problem } = error as {
    readonly details?: { readonly diagnostics?: readonly Diagnostic[] };
    readonly problem?: { readonly details?: { readonly diagnostics?: readonly Diagnostic[] } };
  };
  return details?.diagnostics ?? problem?.details?.diagnostics ?? [];
}
