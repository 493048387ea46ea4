import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '@runward/agent/control-client';
import type { LineReport } from '@runward/agent/policies';
import { type Command, EXIT, numberOption, type Parsed, UsageError } from '../../command.js';
import { policyAgent, STATE_OPTIONS } from '../../policy-desk.js';
import { table, toJson, visible } from '../../terminal.js';

export const top: Command = {
  name: 'policy top',
  summary: 'which lines of policies decide, and how often',
  operands: '[POLICY]',
  about: `Lists the lines of the policies in force that decided something, allowing or denying, with how often and when last;
those that did most first. A line in monitor counts what it would deny. Counts are the kernel's own: they include what was
not reported, and go on over restarts of the agent as long as the policies stay as they are.`,
  options: {
    follow: { type: 'boolean', short: 'f', doc: 'again and again, until interrupted' },
    every: { type: 'string', value: 'SECONDS', doc: 'with --follow: how often (default 2)' },
    json: { type: 'boolean', doc: 'one JSON object; with --follow one per look' },
    ...STATE_OPTIONS,
  },
  examples: [
    ['runward policy top', 'which lines speak at all'],
    ['runward policy top web --follow', 'watch one policy'],
  ],
  run: topCommand,
};

const CLEAR = '\u001b[H\u001b[2J';

async function topCommand(args: Parsed): Promise<number> {
  const [policy, ...more] = args.rest;
  if (more.length > 0)
    throw new UsageError(`unexpected \`${more[0]}\``, 'write `runward policy top [POLICY]`');
  const everyMs = numberOption(args, 'every', 2, 1, 3600) * 1000;
  const agent = await policyAgent(args);
  const show = async (): Promise<void> => {
    const lines = await linesOf(agent, policy);
    if (args.flag('json')) process.stdout.write(`${toJson({ timeMs: Date.now(), lines })}\n`);
    else process.stdout.write(`${args.flag('follow') && process.stdout.isTTY ? CLEAR : ''}${text(lines)}\n`);
  };
  await show();
  if (!args.flag('follow')) return EXIT.ok;
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort());
  while (!end.signal.aborted) {
    await sleep(everyMs, undefined, { signal: end.signal }).catch(() => undefined);
    if (!end.signal.aborted) await show();
  }
  return EXIT.ok;
}

async function linesOf(agent: ControlClient, policy: string | undefined): Promise<readonly LineReport[]> {
  const query = policy === undefined ? '' : `?policy=${encodeURIComponent(policy)}`;
  const { lines } = (await agent.ask('GET', `/v1/enforcement/lines${query}`)) as {
    readonly lines: readonly LineReport[];
  }; // the route answers so
  return lines;
}

const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

function text(lines: readonly LineReport[]): string {
  if (lines.length === 0) return 'no line has decided anything yet';
  const rows = lines.map(({ hits, lastMs, policy, section, verdict, mode, file, line, text: what }) => [
    String(hits),
    time(lastMs),
    visible(policy),
    section,
    verdict === 'deny' && mode === 'monitor' ? 'would deny' : verdict,
    `${visible(file)}:${line}`,
    visible(what),
  ]);
  return table([['HITS', 'LAST (UTC)', 'POLICY', 'SECTION', 'VERDICT', 'WHERE', 'WHAT'], ...rows]);
}
