import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NEEDED = ['swtpm', 'tpm2_createek'];

/** Why there are no tests of a TPM here, or undefined: continuous integration has the tools, or fails. */
export function tpmToolsMissing(): string | undefined {
  if (process.env.CI !== undefined) return undefined;
  const folders = (process.env.PATH ?? '').split(':');
  const missing = NEEDED.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
  return missing.length === 0 ? undefined : `${missing.join(', ')} missing`;
}

/** An emulated TPM at a Unix socket, with a state of its own. */
export class EmulatedTpm {
  /** Its socket. */
  readonly path: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'tpm');
  }

  /** `like`: with a copy of the state of another, which is not running. */
  static async start(like?: Pick<EmulatedTpm, 'state'>): Promise<EmulatedTpm> {
    const folder = mkdtempSync(join(tmpdir(), 'rw-tpm-'));
    const tpm = new EmulatedTpm(folder);
    mkdirSync(tpm.state);
    if (like !== undefined) cpSync(like.state, tpm.state, { recursive: true });
    await tpm.on();
    return tpm;
  }

  /** Where its memory is kept. */
  get state(): string {
    return join(this.#folder, 'state');
  }

  /** As when its machine is switched on: registers are what they are at a start. */
  async on(): Promise<void> {
    const process = spawn(
      'swtpm',
      [
        ...['socket', '--tpm2', '--tpmstate', `dir=${this.state}`, '--flags', 'not-need-init,startup-clear'],
        ...['--server', `type=unixio,path=${this.path}`, '--ctrl', `type=unixio,path=${this.path}.ctrl`],
      ],
      { stdio: 'ignore' },
    );
    this.#process = process;
    while (!existsSync(this.path)) {
      if (process.exitCode !== null) throw new Error('swtpm ended');
      await sleep(20);
    }
  }

  async off(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    await new Promise<void>((resolve) => {
      process.once('exit', () => resolve());
      process.kill('SIGTERM');
    });
    for (const path of [this.path, `${this.path}.ctrl`]) rmSync(path, { force: true });
  }

  /** One of tpm2-tools with this TPM, in its folder. Resolves to what it printed. */
  async tool(name: string, ...args: readonly string[]): Promise<string> {
    const options = { cwd: this.#folder, env: { ...process.env, TPM2TOOLS_TCTI: `swtpm:path=${this.path}` } };
    const { stdout } = await run(name, args, options);
    // No resource manager stands between: what a tool loads stays.
    if (name !== 'tpm2_flushcontext') await run('tpm2_flushcontext', ['-t'], options);
    return stdout;
  }

  /** A file the tools left, or will read. */
  file(name: string): string {
    return join(this.#folder, name);
  }

  /** Extends registers of SHA-256, `[register, digest]` each. */
  async extend(pairs: readonly (readonly [number, string])[]): Promise<void> {
    for (const [register, digest] of pairs) await this.tool('tpm2_pcrextend', `${register}:sha256=${digest}`);
  }

  async remove(): Promise<void> {
    await this.off();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
