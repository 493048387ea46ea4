import { readFileSync } from 'node:fs';
import { ClientError, ControlClient, RefusedError } from '@runward/agent/control-client';
import type { ImageTrust } from '@runward/agent/trust';
import { RunwardError } from '@runward/core';
import {
  CreationService,
  type ImageJudge,
  IndexSource,
  type OciConfig,
  readAncestorArgs,
  readCaller,
  readHookState,
  readInvocation,
  readOciConfig,
  writeRuntimeLog,
} from '@runward/oci';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
import { ociFront } from '../installation.js';

export const oci: Command = {
  name: 'oci',
  summary: 'decide about a container that is being created',
  operands: 'prepare|hook [STAGE]',
  about: `What \`runward-oci\` starts when no agent answers it, or to hear why the agent refuses; there is no need to
call it by hand. Asks the agent; without one, decides by the applied policies and their \`onFailure\`.

  prepare   for the call of the OCI runtime that the parent process makes
  hook      for the container whose state is on standard input (createRuntime, or prestart of older runtimes)

How to set the wrapper up: docs/runtime-wrapper.md.`,
  options: {},
  examples: [['runward-oci --runtime /usr/sbin/runc run -b /srv/bundle web', 'the wrapper itself, by hand']],
  run: ociCommand,
};

async function ociCommand(args: Parsed): Promise<number> {
  const [what] = args.rest;
  if (what === 'prepare') return guarded(prepare);
  if (what === 'hook') return guarded(hook);
  throw new UsageError(`unknown word \`${what ?? ''}\` for \`runward oci\``, 'write `prepare` or `hook`');
}

const message = (error: RunwardError): string =>
  `${error.message} [${error.code}]${error.help === '' ? '' : `; ${error.help}`}`;

/** Whatever goes wrong here, the container does not start: only an explicit decision lets it. */
async function guarded(work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return EXIT.ok;
  } catch (error) {
    const text = error instanceof RunwardError ? message(error) : String(error);
    process.stderr.write(`runward-oci: the container is refused: ${text}\n`);
    await tellRuntimeLog(text);
    return EXIT.failure;
  }
}

async function tellRuntimeLog(text: string): Promise<void> {
  try {
    const { args, cwd } = await readCaller(process.ppid);
    const invocation = readInvocation(args, cwd);
    if (invocation.kind !== 'other')
      writeRuntimeLog(invocation.log, `runward: the container is refused: ${text}`, new Date());
  } catch {
    // A hook's parent is no call of the wrapper; its runtime shows what the hook said.
  }
}

async function prepare(): Promise<void> {
  const config = readOciConfig(process.env);
  const problem = await agentAgrees(config, '/v1/oci/prepare', { pid: process.ppid });
  if (problem === undefined) return;
  const prepared = await serviceWithoutAgent(config, problem).prepare(await readCaller(process.ppid));
  for (const { message: note } of prepared?.notes ?? []) process.stderr.write(`runward-oci: ${note}\n`);
  if (prepared === undefined || prepared.policies.length === 0) return;
  const { rememberCreation } = await import('@runward/agent/policies');
  rememberCreation(config.state, await new IndexSource(config.state).policies(), prepared);
}

async function hook(): Promise<void> {
  const config = readOciConfig(process.env);
  const state: unknown = JSON.parse(readFileSync(0, 'utf8'));
  const problem = await agentAgrees(config, '/v1/oci/bind', state);
  if (problem === undefined) return;
  const notes = await serviceWithoutAgent(config, problem).bind(readHookState(state), await readAncestorArgs(process.pid, 4)); // biome-ignore format: one line
  for (const { message: note } of notes) process.stderr.write(`runward-oci: ${note}\n`);
}

/** The front has waited already; an agent that is well repeats itself at once. */
const AGAIN_MS = 1_500;

/** Why the agent cannot be heard; undefined when it agreed. Rejects with its refusal. */
async function agentAgrees(config: OciConfig, route: string, body: unknown): Promise<string | undefined> {
  try {
    await new ControlClient(config.socket).ask('POST', route, { body, timeoutMs: AGAIN_MS });
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError && !error.problem.code.startsWith('CONTROL_')) throw error;
    if (error instanceof RefusedError || error instanceof ClientError) return error.message;
    throw error;
  }
}

const serviceWithoutAgent = (config: OciConfig, problem: string): CreationService =>
  new CreationService({
    policies: () => new IndexSource(config.state).policies(),
    hook: { program: ociFront, socket: config.socket, state: config.state },
    images: imagesWithoutAgent(config),
    kernel: {
      problem: () => problem,
      bind: () => Promise.reject(new Error(problem)),
    },
  });

/** What an agent found out before counts; what it did not is asked here. */
function imagesWithoutAgent({ state }: OciConfig): ImageJudge {
  let trust: Promise<ImageTrust> | undefined;
  return {
    judge: async (section, workload) => {
      trust ??= import('@runward/agent/trust').then(({ ImageTrust }) => new ImageTrust({ state }));
      return (await trust).judge(section, workload);
    },
  };
}
