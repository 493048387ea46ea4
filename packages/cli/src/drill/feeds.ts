import { Agent, type Detection, type Loss } from '@runward/agent';
import { ControlClient } from '@runward/agent/control-client';
import { NO_NOISE_CONTROL } from '@runward/detect/noise-options';
import { type DetectionFeed, epochMs, type Observed } from '@runward/drill';
import { printDiagnostics } from '../diagnostics-text.js';
import { defaultRules, sensorObject } from '../installation.js';
import { readRuleFiles } from '../rule-files.js';
import { postureOf } from './posture.js';

/** A feed, and what ends it. */
export interface OpenFeed {
  readonly feed: DetectionFeed;
  /** An agent may do something about what it detects; a sensor alone does not. */
  readonly mayRespond: boolean;
  readonly close: () => Promise<void>;
}

type Listener = (observed: Observed) => void;

const observe = ({ rule, priority, tags, container, output, time }: Detection): Observed => ({
  ...{ rule, priority, tags, output, containerId: container?.id ?? '' },
  ...{ eventAtMs: epochMs(time), arrivedAtMs: performance.timeOrigin + performance.now() },
});

const total = (lost: readonly Loss[]): number => lost.reduce((sum, { count }) => sum + count, 0);

/** The agent that runs, over its control socket; undefined when none does. */
export async function agentFeed(
  socket: string | undefined,
  onEnd: (reason: string) => void,
): Promise<OpenFeed | undefined> {
  const client = new ControlClient(socket);
  if ((await client.askIfRunning('GET', '/v1/status')) === undefined) return undefined;
  const lostSoFar = async (): Promise<number> => {
    const status = (await client.ask('GET', '/v1/status')) as {
      readonly sensor: { readonly lost: readonly Loss[] };
    }; // the agent's own route
    return total(status.sensor.lost);
  };
  const listeners: Listener[] = [];
  const abort = new AbortController();
  let missed = 0;
  const stream = client.lines('/v1/detections/stream', abort.signal);
  const pump = (async (): Promise<void> => {
    for await (const item of stream) {
      const line = item as Detection | { readonly missed: number }; // the agent's own route
      if ('missed' in line) missed += line.missed;
      else if (line.count === undefined) for (const listener of listeners) listener(observe(line));
    }
  })();
  void pump.then(
    () => abort.signal.aborted || onEnd('the agent ended'),
    (error: unknown) => abort.signal.aborted || onEnd(error instanceof Error ? error.message : String(error)),
  );
  // Asked behind the stream: once it is answered the stream is open.
  const before = await lostSoFar();
  return {
    feed: {
      origin: `the agent at ${client.socket}`,
      rules: undefined,
      follow: (listener) => void listeners.push(listener),
      lost: async () => (await lostSoFar()) - before + missed,
      posture: (results, startedAt) => postureOf(client, results, startedAt),
    },
    mayRespond: true,
    close: async () => {
      abort.abort();
      await pump.catch(() => undefined);
    },
  };
}

/** A sensor in this process, with the given rules. Undefined after their problems were printed. */
export async function ownFeed(
  rulePaths: readonly string[],
  onEnd: (reason: string) => void,
): Promise<OpenFeed | undefined> {
  const { files, problems } = await readRuleFiles(rulePaths.length > 0 ? rulePaths : [defaultRules]);
  const [{ loadRules }, { fieldCatalogue }] = await Promise.all([
    import('@runward/rules'),
    import('@runward/events'),
  ]);
  const { value: set, diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
  printDiagnostics([...problems, ...diagnostics]);
  if (problems.length > 0 || set === undefined) return undefined;
  const listeners: Listener[] = [];
  let lost: readonly Loss[] = [];
  const agent = await Agent.start(
    { mode: { kind: 'rules', files, allMatches: false, noise: NO_NOISE_CONTROL }, objectPath: sensorObject },
    {
      onDetections: (items) => {
        for (const item of items) {
          const observed = observe(item);
          for (const listener of listeners) listener(observed);
        }
      },
      onLoss: (now) => {
        lost = now;
      },
      onFailure: (error) => onEnd(error.message),
    },
  );
  const enabled = [...set.rules, ...(set.correlations ?? [])].filter(({ enabled: isEnabled }) => isEnabled);
  return {
    feed: {
      origin:
        rulePaths.length > 0
          ? `a sensor of its own with ${rulePaths.join(', ')}`
          : 'a sensor of its own with the default rules',
      rules: enabled.map(({ name }) => name),
      follow: (listener) => void listeners.push(listener),
      lost: async () => total(lost),
      posture: async () => undefined,
    },
    mayRespond: false,
    close: async () => void (await agent.stop()),
  };
}
