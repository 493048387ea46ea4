import { resolve } from 'node:path';
import type { ControlClient } from '@runward/agent/control-client';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

/** Of commands that speak with a running agent. */
export const SOCKET_OPTION: Readonly<Record<string, OptionSpec>> = {
  socket: {
    type: 'string',
    value: 'PATH',
    doc: 'the control socket of the agent (default /run/runward/agent.sock)',
  },
};

/** Of commands that read or change the applied policies. */
export const STATE_OPTION: Readonly<Record<string, OptionSpec>> = {
  state: { type: 'string', value: 'DIR', doc: 'where policies are kept (default /var/lib/runward)' },
};

/** The state folder, absolute. */
export function stateOf(args: Parsed): string {
  const given = args.text('state') ?? '/var/lib/runward';
  if (given === '') throw new UsageError('`--state` names no folder', 'write `--state DIR`');
  return resolve(given);
}

/** Of commands that reach the kernel's enforcement itself. */
export const PINS_OPTION: Readonly<Record<string, OptionSpec>> = {
  pins: {
    type: 'string',
    value: 'DIR',
    doc: 'where enforcement is pinned, in a BPF file system (default below /sys/fs/bpf, by the state folder)',
  },
};

/** The folder that was named; undefined for that of the state folder. */
export function pinsOf(args: Parsed): string | undefined {
  const given = args.text('pins');
  if (given === '') throw new UsageError('`--pins` names no folder', 'write `--pins DIR`');
  return given === undefined ? undefined : resolve(given);
}

/** The socket that was named; undefined for the default one. */
export function socketOf(args: Parsed): string | undefined {
  const given = args.text('socket');
  if (given === '') throw new UsageError('`--socket` names no path', 'write `--socket PATH`');
  return given === undefined ? undefined : resolve(given);
}

/** Loaded here, so that commands that need no agent do not load what speaks with it. */
export async function agentClient(args: Parsed): Promise<ControlClient> {
  const socket = socketOf(args);
  const { ControlClient } = await import('@runward/agent/control-client');
  return new ControlClient(socket);
}
