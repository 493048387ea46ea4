import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DrillError } from '../error.js';
import { DEFAULT_STEP_TIMEOUT, type Scenario, type Step } from '../scenario/scenario.js';
import { specification } from './bundle.js';
import { type CommandEnd, runCommand } from './command.js';
import { Fate } from './fate.js';
import { removeCgroup } from './leftovers.js';
import { ScratchNetwork } from './network.js';
import { type RootFs, writeFileIn } from './root-fs.js';

export interface Workshop {
  readonly runc: string;
  /** script(1), for steps on a terminal. */
  readonly script: string | undefined;
  readonly root: RootFs;
  /** Everything of this run lies below it. */
  readonly folder: string;
  readonly lifeSeconds: number;
}

const START_TIMEOUT_MS = 120_000;
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const stepFile = (index: number): string => `/drill/step-${index + 1}`;

/** One container of one scenario, with a layer of its own over the shared root. */
export class ScratchContainer {
  readonly id: string;
  readonly #workshop: Workshop;
  readonly #folder: string;
  readonly #network = new ScratchNetwork();
  #startedAtMs = 0;
  #fate: Fate | undefined;
  #removed: Promise<void> | undefined;

  constructor(workshop: Workshop, id: string) {
    this.id = id;
    this.#workshop = workshop;
    this.#folder = join(workshop.folder, 'containers', id);
  }

  get ageMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  /** @throws DrillError DRILL_CONTAINER_FAILED */
  async start(scenario: Scenario, signal: AbortSignal): Promise<void> {
    const { runc, root, folder, lifeSeconds } = this.#workshop;
    for (const part of ['rootfs', 'upper', 'work', 'layer'])
      mkdirSync(join(this.#folder, part), { recursive: true });
    const layer = join(this.#folder, 'layer');
    for (const { path, text, mode } of scenario.container?.files ?? [])
      writeFileIn(layer, path, text, Number.parseInt(mode ?? '0644', 8));
    for (const [i, { run }] of scenario.steps.entries()) writeFileIn(layer, stepFile(i), run, 0o755);
    const privileged = scenario.container?.privileged ?? false;
    const spec = specification({ id: this.id, scenario: scenario.id, privileged, lifeSeconds });
    writeFileSync(join(this.#folder, 'config.json'), JSON.stringify(spec));
    const below = (name: string): string => join(this.#folder, name);
    const layers = `lowerdir=${layer}:${root.folder},upperdir=${below('upper')},workdir=${below('work')}`;
    await this.#must('mount', ['-t', 'overlay', 'overlay', '-o', layers, below('rootfs')], signal);
    const pidFile = below('pid');
    const args = ['run', '--detach', '--bundle', this.#folder, '--pid-file', pidFile, this.id];
    await this.#must(runc, ['--root', join(folder, 'state'), ...args], signal);
    this.#startedAtMs = performance.now();
    if (scenario.network === undefined) return;
    await this.#network.open(scenario.network, { pid: this.#pid(), busybox: root.busybox ?? '', signal });
  }

  /** From now on it is noticed when somebody else ends or freezes it. */
  watchFate(): void {
    this.#fate ??= new Fate(this.#pid(), this.id);
  }

  /** When somebody did, milliseconds since the epoch. */
  get metFateAtMs(): number | undefined {
    return this.#fate?.metAtMs;
  }

  #pid(): number {
    return Number(readFileSync(join(this.#folder, 'pid'), 'utf8'));
  }

  /** Whether its first process is still there. */
  async isRunning(): Promise<boolean> {
    const { code, output } = await this.#runc(['state', this.id]);
    return code === 0 && /"status": *"running"/.test(output);
  }

  step(step: Step, index: number, signal: AbortSignal): Promise<CommandEnd> {
    const timeoutMs = (step.timeout ?? DEFAULT_STEP_TIMEOUT) * 1000;
    const terminal = step.terminal === true ? ['--tty'] : [];
    const args = ['exec', ...terminal, this.id, '/bin/sh', stepFile(index)];
    if (step.terminal !== true) return this.#runc(args, { timeoutMs, signal });
    const whole = [this.#workshop.runc, '--root', this.#state, ...args].map(quote).join(' ');
    return runCommand(this.#workshop.script ?? 'script', ['-qefc', whole, '/dev/null'], {
      timeoutMs,
      signal,
    });
  }

  /** Idempotent; never rejects on what is gone already. */
  remove(): Promise<void> {
    this.#removed ??= this.#remove();
    return this.#removed;
  }

  async #remove(): Promise<void> {
    this.#fate?.close();
    this.#network.close();
    await this.#runc(['delete', '--force', this.id]);
    await runCommand('umount', ['-l', join(this.#folder, 'rootfs')]);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    await removeCgroup(this.id);
  }

  get #state(): string {
    return join(this.#workshop.folder, 'state');
  }

  #runc(args: readonly string[], options: Parameters<typeof runCommand>[2] = {}): Promise<CommandEnd> {
    return runCommand(this.#workshop.runc, ['--root', this.#state, ...args], options);
  }

  async #must(program: string, args: readonly string[], signal: AbortSignal): Promise<void> {
    const { code, output } = await runCommand(program, args, { timeoutMs: START_TIMEOUT_MS, signal });
    if (code === 0) return;
    throw new DrillError(
      'DRILL_CONTAINER_FAILED',
      `the scratch container could not be made: ${program} ended with ${code}: ${output.trim().slice(-500)}`,
      { help: 'drills need root, runc and overlay mounts; `--scratch DIR` names another place for them' },
    );
  }
}
