import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const nowMs = (): number => performance.timeOrigin + performance.now();

/** A line on the agent's standard output and when it arrived, milliseconds since the Unix epoch. */
export interface Arrival {
  readonly atMs: number;
  readonly line: string;
}

/** The counters of the summary an agent prints when it stops. */
export interface Summary {
  readonly events: number;
  readonly drops: number;
}

/** The agent under measurement: any command that says `ready` on standard error once it detects. */
export class Agent {
  readonly arrivals: Arrival[] = [];
  readonly spawnedAtMs = nowMs();
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #stderr = '';
  #partial = '';
  #readyAtMs: number | undefined;

  private constructor(command: readonly string[]) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', kill);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code) => {
        process.off('exit', kill);
        resolve(code);
      });
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#onOutput(text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      if (this.#readyAtMs === undefined && /\bready\b/i.test(this.#stderr)) this.#readyAtMs = nowMs();
    });
  }

  static async start(command: readonly string[]): Promise<Agent> {
    const agent = new Agent(command);
    while (agent.#readyAtMs === undefined) {
      if (agent.#child.exitCode !== null) throw new Error(`the agent ended at once:\n${agent.#stderr}`);
      if (nowMs() - agent.spawnedAtMs > 30_000) {
        agent.#child.kill('SIGKILL');
        throw new Error(`the agent was not ready within 30 s:\n${agent.#stderr}`);
      }
      await sleep(2);
    }
    return agent;
  }

  get startupMs(): number {
    return (this.#readyAtMs ?? Number.NaN) - this.spawnedAtMs;
  }

  /** CPU time of all its threads so far, from the scheduler's own nanosecond count. */
  get cpuNs(): number {
    const tasks = `/proc/${this.#child.pid}/task`;
    return readdirSync(tasks)
      .map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]))
      .reduce((sum, ns) => sum + ns, 0);
  }

  /** Resident memory now and at its highest, megabytes of 2^20 bytes. */
  get memoryMb(): { readonly now: number; readonly highest: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const of = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
    return { now: of('VmRSS'), highest: of('VmHWM') };
  }

  /** Stops it and returns what it counted. */
  async stop(): Promise<Summary> {
    this.#child.kill('SIGTERM');
    const code = await this.#ended;
    if (code !== 0) throw new Error(`the agent ended with ${code}:\n${this.#stderr}`);
    const lines = [...this.arrivals.map((arrival) => arrival.line), ...this.#stderr.split('\n')];
    const summary = lines.map(summaryIn).findLast((found) => found !== undefined);
    if (summary === undefined) throw new Error(`the agent printed no summary:\n${this.#stderr}`);
    return summary;
  }

  #onOutput(text: string): void {
    const atMs = nowMs();
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.arrivals.push({ atMs, line });
  }
}

/** The summary in a line of output: `events`, and `drops` or `lost` as a number or as counts per type and CPU. */
function summaryIn(line: string): Summary | undefined {
  if (!line.startsWith('{') || !line.includes('"events"')) return undefined;
  // Output of the agent under measurement; what does not fit the checks below is no summary.
  const whole = JSON.parse(line) as { readonly summary?: Readonly<Record<string, unknown>> };
  const value = whole.summary ?? (whole as Readonly<Record<string, unknown>>);
  const drops = countOf(value.drops ?? value.lost);
  return typeof value.events === 'number' && drops !== undefined
    ? { events: value.events, drops }
    : undefined;
}

function countOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (!Array.isArray(value)) return undefined;
  return value.reduce((sum: number, row: { readonly count?: number }) => sum + (row.count ?? Number.NaN), 0);
}
