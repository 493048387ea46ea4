import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ControlClient } from '@runward/agent/control-client';
import { isolationFolderOf } from '@runward/agent/isolation';
import { pinFolderOf } from '@runward/agent/policies';
import { PinnedEnforcement } from '@runward/enforce';
import { Isolation } from '@runward/enforce/isolation';
import { type Collected, poll, startTied } from './process.js';
import { Scratch } from './scratch.js';

export const command = resolve(import.meta.dirname, '../../../bin/runward');

/** An agent that is asked over its control socket, in a network namespace if one is given. */
export class AskedAgent {
  readonly client: ControlClient;
  #agent: Collected;
  readonly #scratch: Scratch;

  private constructor(
    private readonly launch: () => Collected,
    scratch: Scratch,
    socket: string,
  ) {
    this.#agent = launch();
    this.#scratch = scratch;
    this.client = new ControlClient(socket);
  }

  static async start(
    options: {
      readonly args?: readonly string[];
      readonly inside?: (c: string, a: readonly string[]) => readonly [string, readonly string[]];
    } = {},
  ): Promise<AskedAgent> {
    const scratch = new Scratch('asked-agent');
    const socket = join(scratch.path, 'agent.sock');
    const args = [
      'run',
      '--json',
      '--socket',
      socket,
      '--state',
      scratch.below('state'),
      ...(options.args ?? []),
    ];
    const [program, argv] = options.inside?.(command, args) ?? [command, args];
    const asked = new AskedAgent(() => startTied(program, argv), scratch, socket);
    await asked.#becomeReady();
    return asked;
  }

  async #becomeReady(): Promise<void> {
    const status = async (): Promise<true | undefined | false> => {
      if (this.#agent.child.exitCode !== null) return false;
      const answer = (await this.client.ask('GET', '/v1/status').catch(() => undefined)) as
        | { readonly flows?: unknown }
        | undefined; // the agent's own route
      return answer?.flows !== undefined || undefined;
    };
    if ((await poll(status, 60_000, 50)) === true) return;
    const said = this.#agent.stderr();
    await this.stop();
    throw new Error(`the agent did not become ready: ${said}`);
  }

  /** Kills it, and starts another with the same options. */
  async restart(): Promise<void> {
    // What is tied is `setpriv`, which becomes the launcher, which becomes the agent: one process.
    this.#agent.child.kill('SIGKILL');
    await this.#agent.exit;
    this.#agent = this.launch();
    await this.#becomeReady();
  }

  get stderr(): string {
    return this.#agent.stderr();
  }

  /** What a command of `runward` prints when it asks this agent. */
  argv(...args: readonly string[]): readonly string[] {
    return [...args, '--socket', this.client.socket];
  }

  /** Where it keeps what it was told. */
  get state(): string {
    return join(this.#scratch.path, 'state');
  }

  /** What it put in force goes with it. */
  async stop(): Promise<void> {
    this.#agent.child.kill('SIGTERM');
    await this.#agent.exit;
    PinnedEnforcement.detachAll(pinFolderOf(this.state));
    Isolation.releaseAll(isolationFolderOf(this.state));
    await this.#scratch.remove();
    rmSync(this.client.socket, { force: true });
  }
}
