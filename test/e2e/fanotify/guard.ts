import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { poll } from '../harness/process.js';
import type { Bound, Order, Report, Verdict } from './orders.js';

const root = join(import.meta.dirname, '../../..');

const policyOf = (spec: string): string =>
  `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: test\nspec:\n${spec.replace(/^(?=.)/gm, '  ')}`;

/** A process that guards containers by fanotify alone. */
export class GuardProcess {
  readonly reports: Report[] = [];
  stderr = '';
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;

  private constructor() {
    const script = join(import.meta.dirname, 'guard-process.ts');
    this.#child = spawn('setpriv', ['--pdeathsig', 'TERM', join(root, 'scripts/node'), script], {
      stdio: 'pipe',
    });
    this.#exit = new Promise((resolve) => this.#child.on('exit', () => resolve()));
    const { stdout, stderr } = this.#child;
    if (stdout !== null)
      createInterface({ input: stdout }).on('line', (line) => {
        this.reports.push(JSON.parse(line) as Report); // written by guard-process.ts
      });
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  static async start(): Promise<GuardProcess> {
    const guard = new GuardProcess();
    await guard.#next((report) => report.kind === 'ready', 0);
    return guard;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Puts the container of a process under a policy, given by its `spec`. */
  async bind(pid: number | undefined, spec: string): Promise<Bound> {
    if (pid === undefined) throw new Error('the container has ended');
    const report = await this.#ask({ kind: 'bind', pid, policy: policyOf(spec) });
    if (report.kind !== 'bound') throw new Error(JSON.stringify(report));
    return report;
  }

  async counts(set: number): Promise<ReadonlyMap<number, number>> {
    const report = await this.#ask({ kind: 'counts', set });
    return new Map(report.kind === 'counts' ? report.counts : []);
  }

  /** The first verdict that is so, now or soon. */
  async verdict(is: (verdict: Verdict) => boolean): Promise<Verdict> {
    const report = await this.#next((each) => each.kind === 'verdict' && is(each), 0);
    if (report.kind !== 'verdict') throw new Error('no verdict');
    return report;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#send({ kind: 'close' });
    await this.#exit;
  }

  async kill(): Promise<void> {
    process.kill(this.pid, 'SIGKILL');
    await this.#exit;
  }

  #send(order: Order): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  #ask(order: Order): Promise<Report> {
    const from = this.reports.length;
    this.#send(order);
    return this.#next(({ kind }) => kind !== 'verdict' && kind !== 'problem', from);
  }

  async #next(is: (report: Report) => boolean, from: number): Promise<Report> {
    const found = await poll(() => this.reports.slice(from).find(is), 20_000, 10);
    if (found === undefined) throw new Error(`nothing came: ${JSON.stringify(this.reports)} ${this.stderr}`);
    return found;
  }
}
