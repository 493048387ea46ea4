import { join, resolve } from 'node:path';
import { type Collected, poll, startTied } from './process.js';

const repository = resolve(import.meta.dirname, '../../..');

/** One line of `runward run --json`, in the shape that Falco's consumers expect. */
export interface DetectionLine {
  readonly rule: string;
  readonly priority: string;
  readonly time: string;
  readonly output: string;
  readonly source?: string;
  readonly hostname?: string;
  readonly tags?: readonly string[];
  readonly output_fields: Readonly<Record<string, unknown>>;
}

/** A line as the rules gave it: without the incident, which a replay has none of. */
export function detected(line: DetectionLine): DetectionLine {
  const { incident: _, ...rest } = line as DetectionLine & Readonly<Record<string, unknown>>;
  return rest;
}

export interface AgentOptions {
  /** Rule files or folders; the agent's own default when left out. */
  readonly rules?: readonly string[];
  /** Further arguments, after `run --json --rules …`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly readyTimeoutMs?: number;
}

export interface AgentEnd {
  readonly code: number;
  /** Everything the agent said on standard error: diagnostics, readiness, and the summary last. */
  readonly stderr: string;
  readonly detections: readonly DetectionLine[];
}

export interface TestAgent {
  readonly pid: number;
  /** From the start of the process to its saying that it is ready. */
  readonly startupMs: number;
  readonly detections: readonly DetectionLine[];
  stderr(): string;
  /** The first detection that fits, now or within `timeoutMs`; throws with what was seen instead. */
  until(fits: (line: DetectionLine) => boolean, timeoutMs?: number): Promise<DetectionLine>;
  /** Sends a signal, e.g. SIGHUP to reload the rules or SIGKILL to test a crash. */
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then the agent's end; safe to call twice. */
  stop(): Promise<AgentEnd>;
}

function isDetection(value: unknown): value is DetectionLine {
  return typeof value === 'object' && value !== null && 'rule' in value && 'output_fields' in value;
}

/** Turns growing text into detections; what is no detection (the summary) is skipped. */
class DetectionReader {
  readonly detections: DetectionLine[] = [];
  private consumed = 0;

  constructor(private readonly text: () => string) {}

  read(): DetectionLine[] {
    const text = this.text();
    const end = text.lastIndexOf('\n') + 1;
    for (const line of text.slice(this.consumed, end).split('\n')) {
      if (!line.startsWith('{')) continue;
      const value: unknown = JSON.parse(line);
      if (isDetection(value)) this.detections.push(value);
    }
    this.consumed = Math.max(this.consumed, end);
    return this.detections;
  }
}

async function end(agent: Collected, reader: DetectionReader): Promise<AgentEnd> {
  agent.child.kill('SIGTERM');
  const timer = setTimeout(() => agent.child.kill('SIGKILL'), 10_000);
  const { code, stderr } = await agent.exit;
  clearTimeout(timer);
  return { code, stderr, detections: reader.read() };
}

/** Starts `bin/runward run --json` and waits until it says that it is ready. */
export async function startAgent(options: AgentOptions = {}): Promise<TestAgent> {
  const rules = (options.rules ?? []).flatMap((path) => ['--rules', path]);
  const hasPlace = options.args?.some((arg) => arg === '--state' || arg === '--evidence') === true;
  const evidence = hasPlace ? [] : ['--no-evidence'];
  const startedAtMs = performance.now();
  const agent = startTied(
    join(repository, 'bin/runward'),
    // Tests look at each detection by itself.
    // And leave nothing in the machine's own state folder.
    ['run', '--json', '--group', '0', '--rate-limit', '0', ...rules, ...evidence, ...(options.args ?? [])],
    {
      ...(options.env === undefined ? {} : { env: options.env }),
    },
  );
  const reader = new DetectionReader(agent.stdout);
  let over: Promise<AgentEnd> | undefined;
  const stop = (): Promise<AgentEnd> => {
    over ??= end(agent, reader);
    return over;
  };
  const ready = await poll(
    () => {
      if (/\bready\b/i.test(agent.stderr())) return true;
      return agent.child.exitCode !== null || agent.child.pid === undefined ? false : undefined;
    },
    options.readyTimeoutMs ?? 30_000,
    5,
  );
  if (!ready) {
    const { code, stderr } = await stop();
    throw new Error(`the agent did not become ready (exit ${code}): ${stderr.trim() || 'it said nothing'}`);
  }
  return {
    pid: agent.child.pid ?? 0,
    startupMs: performance.now() - startedAtMs,
    get detections() {
      return reader.read();
    },
    stderr: agent.stderr,
    until: async (fits, timeoutMs = 5_000) => {
      const found = await poll(() => reader.read().find(fits), timeoutMs, 5);
      if (found !== undefined) return found;
      const seen = reader.read().map((line) => `${line.rule}: ${line.output}`);
      throw new Error(
        `no such detection in ${timeoutMs} ms; seen ${seen.length}:\n${seen.slice(-20).join('\n')}`,
      );
    },
    signal: (name) => {
      agent.child.kill(name);
    },
    stop,
  };
}
