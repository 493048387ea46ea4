import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readPolicies, writePolicyIndex } from '@runward/policy';
import { startAgent, type TestAgent } from './harness/agent.js';
import type { Wrap } from './harness/fitted-runtime.js';
import { Scratch } from './harness/scratch.js';

const repository = resolve(import.meta.dirname, '../..');
export const front = join(repository, 'build/oci/runward-oci');
const digest = `sha256:${'0'.repeat(64)}`;

/** A state folder and a socket of a test's own, and the wrapper told of them. */
export class WrapperPlace {
  private readonly scratch = new Scratch('oci');
  private agent: TestAgent | undefined;

  get state(): string {
    return this.scratch.path;
  }

  get socket(): string {
    return this.scratch.below('agent.sock');
  }

  get index(): string {
    return join(this.state, 'policies/index.json');
  }

  readonly environment = (runtime: string): Record<string, string> => ({
    RUNWARD_RUNTIME: runtime,
    RUNWARD_SOCKET: this.socket,
    RUNWARD_STATE: this.state,
  });

  /** For the harness: a script in front of the runtime, since daemons hand no environment on. */
  readonly wrap: Wrap = (runtime, folder) => {
    const path = join(folder, 'wrapped');
    const settings = Object.entries(this.environment(runtime)).map(([name, value]) => `${name}='${value}'`);
    writeFileSync(path, `#!/bin/sh\nexec env ${settings.join(' ')} '${front}' "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  };

  /** Puts policies in force: `spec` parts of documents, as YAML, by name. */
  apply(policies: Readonly<Record<string, string>>): void {
    const files = Object.entries(policies).map(([name, spec]) => ({
      name: `${name}.yaml`,
      text: `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: ${name}\nspec:\n${spec.replace(/^/gm, '  ')}\n`,
    }));
    const { policies: read, diagnostics } = readPolicies(files);
    if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
    mkdirSync(join(this.state, 'policies'), { recursive: true });
    writeFileSync(this.index, writePolicyIndex({ policies: read.map((policy) => ({ policy, digest })) }));
  }

  withdraw(): void {
    rmSync(this.index, { force: true });
  }

  async startAgent(): Promise<TestAgent> {
    this.agent ??= await startAgent({ args: ['--socket', this.socket, '--state', this.state] });
    return this.agent;
  }

  async stopAgent(): Promise<void> {
    await this.agent?.stop();
    this.agent = undefined;
  }

  async close(): Promise<void> {
    await this.stopAgent();
    await this.scratch.remove();
  }
}
