import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from '@runward/uplink';
import { type Command, EXIT, numberOption, type Parsed, UsageError } from '../command.js';
import { versionText } from '../installation.js';
import { durationOption } from '../quantity.js';
import { askServerOf, personHere, SERVER_STATE_OPTION } from '../server-options.js';
import { SessionEnd } from '../session.js';
import type { Figures } from '../sim/tally.js';
import { toJson } from '../terminal.js';

export const sim: Command = {
  name: 'sim',
  summary: 'many simulated nodes of a server, to see what it holds',
  operands: '[remove]',
  about: `Makes nodes at a server, \`NAME-0001\` and so on, of a cluster of their own, that enrol, connect and tell as agents do, over the real
protocol: detections, containers, health and incidents, all named simulated. Prints rates and how long acknowledgements take, every five
seconds and at the end. They stay nodes of the server until \`--remove\`, or \`runward sim remove\`, cuts them off; what they told stays there until
it is too old. Do not run it against a server that people rely on.

Each node needs a token: on the machine of the server they are made through its socket; elsewhere give them with --token or --tokens.`,
  options: {
    server: { type: 'string', value: 'URL', doc: 'where agents connect (default https://127.0.0.1:7443)' },
    agents: { type: 'string', value: 'N', doc: 'how many nodes (default 10)' },
    rate: { type: 'string', value: 'R', doc: 'records of each in a second (default 1)' },
    duration: { type: 'string', value: 'TIME', doc: 'for how long (default: until it is interrupted)' },
    token: { type: 'string', multiple: true, value: 'TOKEN', doc: 'for one node, repeatable' },
    tokens: {
      type: 'string',
      value: 'FILE',
      doc: 'tokens, a line each (`runward server token create --count N`)',
    },
    name: { type: 'string', value: 'NAME', doc: 'what names of nodes begin with (default sim)' },
    cluster: {
      type: 'string',
      value: 'NAME',
      doc: 'their cluster, where tokens are made here (default sim)',
    },
    folder: {
      type: 'string',
      value: 'DIR',
      doc: 'keeps their identities: run again, they are the same nodes',
    },
    remove: { type: 'boolean', doc: 'cut them off at the end; on the machine of the server' },
    json: { type: 'boolean', doc: 'the figures of the end as one JSON object' },
    ...SERVER_STATE_OPTION,
  },
  examples: [
    ['runward sim --agents 200 --rate 20 --duration 1m --remove', 'on the machine of the server'],
    ['runward sim remove', 'cuts off all nodes named `sim-…` of the cluster `sim`'],
  ],
  run: simCommand,
};

const TELL_MS = 5000;
const HOUR_MS = 3_600_000;
const MOST_IDS = 1000;
const say = (message: string): void => void process.stderr.write(`runward: ${message}\n`);

async function simCommand(args: Parsed): Promise<number> {
  const [what, ...more] = args.rest;
  if (more.length > 0 || (what !== undefined && what !== 'remove'))
    throw new UsageError(
      `unexpected \`${args.rest.join(' ')}\``,
      'write `runward sim` or `runward sim remove`',
    );
  const name = args.text('name') ?? 'sim';
  if (!/^[a-z0-9]([a-z0-9._-]{0,60}[a-z0-9])?$/.test(name))
    throw new UsageError(`\`--name ${name}\` is no name`, 'write small letters, digits, dots and dashes');
  if (what === 'remove') return removeNamed(args, name);
  const agents = numberOption(args, 'agents', 10, 1, 10_000);
  const tokens = tokensOf(args, agents);
  const durationMs = durationOption(args, 'duration');
  const rate = rateOf(args);
  const given = args.text('folder');
  const folder = given === undefined ? mkdtempSync(join(tmpdir(), 'runward-sim-')) : resolve(given);
  const end = new SessionEnd();
  const { SimFleet } = await import('../sim/sim-fleet.js');
  say(`these are simulated nodes, named \`${name}-0001\` and so on, and what they tell is made up`);
  try {
    const fleet = await SimFleet.open({
      ...{ server: args.text('server') ?? 'https://127.0.0.1:7443', agents, rate, name, folder },
      ...{ version: versionText(), tokens, say },
    });
    fleet.begin();
    const teller = setInterval(() => say(lineOf(fleet.figures())), TELL_MS);
    const over = durationMs === undefined ? [] : [sleep(durationMs, undefined, { ref: false })];
    await Promise.race([end.requested, ...over]);
    clearInterval(teller);
    await fleet.close();
    const figures = fleet.figures();
    process.stdout.write(`${args.flag('json') ? toJson(figures) : textOf(figures)}\n`);
    if (args.flag('remove')) await removeAll(args, fleet.identities);
    else say(`they are still nodes of the server: \`runward sim remove --name ${name}\` cuts them off`);
    return figures.waiting > 0 || figures.lost > 0 ? EXIT.failure : EXIT.ok;
  } finally {
    if (given === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function rateOf(args: Parsed): number {
  const text = args.text('rate') ?? '1';
  const rate = Number(text);
  if (!(rate > 0 && rate <= 100_000))
    throw new UsageError(`\`--rate ${text}\` is no rate`, 'write records per second, above 0: `20`, `0.5`');
  return rate;
}

/** Where tokens come from. */
function tokensOf(args: Parsed, agents: number): (count: number) => Promise<readonly string[]> {
  const file = args.text('tokens');
  const given = [...args.texts('token'), ...(file === undefined ? [] : linesOf(file))];
  if (given.length > 0)
    return async (count) => {
      if (count > given.length)
        throw new UsageError(
          `${count} of ${agents} nodes have to enrol, and there are ${given.length} tokens`,
          'make more with `runward server token create --count N`, or keep identities with `--folder`',
        );
      return given;
    };
  const cluster = args.text('cluster') ?? 'sim';
  return async (count) => {
    const order = { cluster, count, by: personHere(), validMs: HOUR_MS };
    const { tokens } = (await askServerOf(args, '/tokens/create-many', order)) as {
      readonly tokens: readonly { readonly text: string }[];
    }; // our own server's
    return tokens.map(({ text }) => text);
  };
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
  } catch (error) {
    throw new UsageError(
      `the tokens in \`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'check that it exists and may be read',
    );
  }
}

async function removeAll(args: Parsed, nodes: readonly Pick<Identity, 'id'>[]): Promise<void> {
  let revoked = 0;
  for (let at = 0; at < nodes.length; at += MOST_IDS) {
    const ids = nodes.slice(at, at + MOST_IDS).map(({ id }) => id);
    const order = { ids, why: 'simulated nodes were removed', by: personHere() };
    revoked += ((await askServerOf(args, '/nodes/revoke-many', order)) as { readonly revoked: number })
      .revoked; // our own
  }
  say(`${revoked} simulated nodes were cut off`);
}

async function removeNamed(args: Parsed, name: string): Promise<number> {
  const cluster = args.text('cluster') ?? 'sim';
  const { nodes } = (await askServerOf(args, '/nodes/list', {})) as {
    readonly nodes: readonly { readonly id: string; readonly name: string; readonly cluster: string }[];
  }; // our own server's
  const isOne = new RegExp(`^${name.replaceAll('.', '\\.')}-\\d{4,}$`);
  await removeAll(
    args,
    nodes.filter((node) => node.cluster === cluster && isOne.test(node.name)),
  );
  return EXIT.ok;
}

const lineOf = ({
  connected,
  agents,
  acknowledged,
  perSecond,
  waiting,
  latencyMs,
  errors,
}: Figures): string => {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  return `${connected}/${agents} connected, ${acknowledged} acknowledged (${perSecond}/s), ${waiting} wait, p95 ${latencyMs.p95} ms, ${failed} errors`;
};

function textOf(figures: Figures): string {
  const { latencyMs: ms, errors } = figures;
  return [
    `${figures.agents} agents (${figures.connected} connected) in ${figures.seconds} s`,
    `${figures.made} records made, ${figures.acknowledged} acknowledged as durable: ${figures.perSecond} a second`,
    `${figures.batches} batches, acknowledged within ${ms.median} ms (median), ${ms.p95} ms (p95), ${ms.p99} ms (p99), ${ms.most} ms (most)`,
    `${figures.doubled} sent again that were there, ${figures.missing} missing, ${figures.lost} without room, ${figures.waiting} not acknowledged`,
    `${figures.cpuSeconds} s of CPU here`,
    ...Object.entries(errors).map(([what, count]) => `${count} times: ${what}`),
  ].join('\n');
}
