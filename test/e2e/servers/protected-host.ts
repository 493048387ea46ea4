import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import type { Wrap } from '../harness/fitted-runtime.js';
import { type Collected, type CommandResult, poll, run, startTied, stop } from '../harness/process.js';
import { Scratch } from '../harness/scratch.js';

const repository = resolve(import.meta.dirname, '../../..');
const command = join(repository, 'bin/runward');

/** A verdict of a policy, as the agent's detections tell it. */
export interface VerdictLine {
  readonly policy: string;
  readonly section: string;
  readonly line: number;
  readonly outcome: string;
  readonly mechanism: string;
  readonly operation: string;
  readonly object: string;
  readonly process: string;
  readonly container: string;
}

function verdictOf(text: string): VerdictLine | undefined {
  if (!text.startsWith('{') || !text.includes('"policy.name"')) return undefined;
  // Our own command's output; what is missing reads as ''.
  const line = JSON.parse(text) as { output_fields?: Readonly<Record<string, unknown>> };
  const fields = line.output_fields ?? {};
  const word = (name: string): string => String(fields[name] ?? '');
  return {
    policy: word('policy.name'),
    section: word('policy.section'),
    line: Number(fields['policy.line'] ?? 0),
    outcome: word('policy.outcome'),
    mechanism: word('policy.mechanism'),
    operation: word('policy.operation'),
    object: word('policy.object'),
    process: word('proc.exepath'),
    container: word('container.id') || word('container.name'),
  };
}

/** A socket that a killed agent left behind is there, and answers nobody. */
const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', end(true)).on('error', end(false));
  });

/**
 * An agent with a state and a socket of its own, and pins that follow from its state, so that it meets no other on the
 * machine.
 */
export class ProtectedHost {
  private readonly scratch = new Scratch('host');
  private agent: Collected | undefined;
  private consumed = 0;
  private seen: VerdictLine[] = [];

  private get places(): string[] {
    return ['--state', this.scratch.below('state'), '--socket', this.scratch.below('agent.sock')];
  }

  get folder(): string {
    return this.scratch.path;
  }

  /** For a runtime of the harness: the wrapper, told of this agent. */
  readonly wrap: Wrap = (runtime, folder) => {
    const path = join(folder, 'wrapped');
    const settings = [
      `RUNWARD_RUNTIME='${runtime}'`,
      `RUNWARD_SOCKET='${this.scratch.below('agent.sock')}'`,
      `RUNWARD_STATE='${this.scratch.below('state')}'`,
    ];
    const wrapper = join(repository, 'build/oci/runward-oci');
    writeFileSync(path, `#!/bin/sh\nexec env ${settings.join(' ')} '${wrapper}' "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  };

  get pid(): number {
    return this.agent?.child.pid ?? 0;
  }

  /** `extra`: further options of `runward run`. */
  async start(...extra: readonly string[]): Promise<void> {
    mkdirSync(this.scratch.below('state'), { recursive: true });
    this.consumed = 0;
    this.seen = [];
    this.agent = startTied(command, [
      'run',
      '--json',
      '--group',
      '0',
      '--rate-limit',
      '0',
      ...this.places,
      ...extra,
    ]);
    const { agent } = this;
    const ready = await poll(
      async () =>
        (/\bready after\b/.test(agent.stderr()) && (await isAnswered(this.scratch.below('agent.sock')))) ||
        (agent.child.exitCode === null ? undefined : false),
      120_000,
    );
    if (!ready) throw new Error(`the agent did not become ready: ${(await stop(agent)).stderr}`);
  }

  log(): string {
    return this.agent?.stderr() ?? '';
  }

  /** A subcommand that knows the state folder and this agent. */
  ask(...args: readonly string[]): Promise<CommandResult> {
    return run(command, [...args, ...this.places], { timeoutMs: 180_000 });
  }

  /** As {@link ask}; throws with what it said unless it succeeded. */
  async tell(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.ask(...args);
    if (code !== 0) throw new Error(`runward ${args.join(' ')} exited ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** All verdicts of the agent that runs, or ran last. */
  verdicts(): readonly VerdictLine[] {
    const text = this.agent?.stdout() ?? '';
    const end = text.lastIndexOf('\n') + 1;
    for (const line of text.slice(this.consumed, end).split('\n')) {
      const verdict = verdictOf(line);
      if (verdict !== undefined) this.seen.push(verdict);
    }
    this.consumed = Math.max(this.consumed, end);
    return this.seen;
  }

  /** The first verdict that fits; throws with what was seen instead. */
  async verdict(fits: (verdict: VerdictLine) => boolean, timeoutMs = 10_000): Promise<VerdictLine> {
    const found = await poll(() => this.verdicts().find(fits), timeoutMs, 20);
    if (found !== undefined) return found;
    throw new Error(`no such verdict; seen: ${JSON.stringify(this.verdicts().slice(-10))}; ${this.log()}`);
  }

  /** Ends the agent; what it pinned stays until `policy detach --all`. */
  async stop(): Promise<void> {
    if (this.agent !== undefined) await stop(this.agent, 15_000);
    this.agent = undefined;
  }

  /** Ends the agent as a crash would. */
  async kill(): Promise<void> {
    this.agent?.child.kill('SIGKILL');
    await this.agent?.exit;
    this.agent = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await run(command, ['policy', 'detach', '--all', ...this.places]);
    await this.scratch.remove();
  }
}
