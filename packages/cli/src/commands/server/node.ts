import type { ListedNode } from '@runward/server/admin-client';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { durationOption, sizeText } from '../../quantity.js';
import { askApiOf, askServerOf, nodeIdOf, personHere, SERVER_STATE_OPTION } from '../../server-options.js';
import { table, toJson, visible } from '../../terminal.js';

export const node: Command = {
  name: 'server node',
  summary: 'list nodes, trust one again, cut one off, have one respond',
  operands: 'list | trust NODE | history NODE | revoke NODE | respond NODE ACTION CONTAINER | undo NODE ID',
  about: `\`list\` says of each node whether it is what it is expected to be, when it was last seen, what waits on its disk, what was lost and how
its clock differs. \`trust\` lets a node that failed prove itself again; \`history\` says what was thought of it, and why. \`revoke\` cuts a
node off at once: it has to enrol again. \`respond\` has a node do what \`runward respond ACTION CONTAINER\` does there, \`undo\` takes a
response back. NODE is a name or an id. Asks the server of this machine.`,
  options: {
    cluster: { type: 'string', value: 'NAME', doc: 'of the node, where several have its name' },
    why: { type: 'string', value: 'TEXT', doc: 'the reason, for the record' },
    for: { type: 'string', value: 'TIME', doc: 'respond isolate: how long; without it until undone' },
    allow: {
      type: 'string',
      multiple: true,
      value: 'CIDR',
      doc: 'respond isolate: what stays reachable, repeatable',
    },
    pid: { type: 'string', value: 'PID', doc: 'respond kill-process: of the host’s numbers' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SERVER_STATE_OPTION,
  },
  examples: [
    ['runward server node list', 'who is there, and how they are'],
    ['runward server node respond web-1 pause shop --why "somebody is inside"', 'from the server'],
    ['runward server node trust web-1 --why "kernel was updated"', 'once the reference has the new kernel'],
    ['runward server node revoke web-1 --why stolen', 'its certificate is worth nothing from now on'],
  ],
  run: nodeCommand,
};

async function nodeCommand(args: Parsed): Promise<number> {
  const [what, name, ...rest] = args.rest;
  if (what === 'list' && name === undefined) return list(args);
  const cluster = args.text('cluster');
  const which = { node: name, ...(cluster === undefined ? {} : { cluster }), by: personHere() };
  const why = args.text('why') ?? '';
  if (what === 'revoke' && name !== undefined && rest.length === 0) {
    const revoked = (await askServerOf(args, '/nodes/revoke', { ...which, why })) as ListedNode; // our own server's
    process.stdout.write(`${args.flag('json') ? toJson(revoked) : `node \`${revoked.name}\` is cut off`}\n`);
    return EXIT.ok;
  }
  if (name !== undefined && rest.length === 0) {
    if (what === 'trust') return trustAgain(args, name, why);
    if (what === 'history') return history(args, name);
  }
  const [first, container, ...more] = rest;
  if (what === 'respond' && container !== undefined && more.length === 0)
    return answered(
      args,
      await askServerOf(args, '/nodes/respond', { ...which, container, order: orderOf(args, first), why }),
    );
  if (what === 'undo' && first !== undefined && container === undefined)
    return answered(args, await askServerOf(args, '/nodes/undo', { ...which, id: first }));
  throw new UsageError(
    what === undefined
      ? 'what to do with nodes is missing'
      : `\`server node ${args.rest.join(' ')}\` is not understood`,
    'write `runward server node list`, `trust NODE`, `history NODE`, `revoke NODE`, `respond NODE ACTION CONTAINER` or `undo NODE ID`',
  );
}

/** Read by the node, which knows its actions. */
function orderOf(args: Parsed, action: string | undefined): Readonly<Record<string, unknown>> {
  const pid = args.text('pid');
  if (pid !== undefined && !/^\d{1,10}$/.test(pid))
    throw new UsageError(`\`--pid ${pid}\` is no process`, 'write `--pid 4711`');
  const forMs = durationOption(args, 'for');
  const allow = args.texts('allow').flatMap((text) => text.split(','));
  return {
    action,
    ...(pid === undefined ? {} : { pid: Number(pid) }),
    ...(forMs === undefined ? {} : { forMs }),
    ...(allow.length === 0 ? {} : { allow }),
  };
}

function answered(args: Parsed, told: unknown): number {
  const { ok, problem } = told as { readonly ok: boolean; readonly problem: string }; // our own server's
  const text = ok ? 'done' : `not done: ${visible(problem)}`;
  process.stdout.write(`${args.flag('json') ? toJson(told) : text}\n`);
  return ok ? EXIT.ok : EXIT.failure;
}

async function list(args: Parsed): Promise<number> {
  const answer = (await askServerOf(args, '/nodes/list', {})) as { readonly nodes: readonly ListedNode[] }; // our own server's
  const rows = answer.nodes.map(({ name, cluster, revoked, seen, trust }) => {
    const hello = seen?.hello;
    return [
      ...[visible(name), visible(cluster)],
      revoked !== null ? 'revoked' : seen?.connected === true ? 'connected' : 'away',
      trust.reason === '' ? trust.state : `${trust.state} (${trust.reason})`,
      seen === null ? '-' : new Date(seen.lastSeenMs).toISOString(),
      seen === null ? '-' : `${seen.skewMs} ms`,
      hello == null ? '-' : `${hello.queued} (${sizeText(hello.queuedBytes)})`,
      hello == null ? '-' : String(hello.lost + hello.rejected),
      hello == null ? '-' : String(hello.dropped),
      hello == null ? '-' : visible(hello.version),
    ];
  });
  const head = [
    'NODE',
    'CLUSTER',
    'STATE',
    'TRUST',
    'LAST SEEN',
    'CLOCK',
    'WAITING',
    'LOST',
    'EVENTS LOST',
    'VERSION',
  ];
  process.stdout.write(`${args.flag('json') ? toJson(answer) : table([head, ...rows])}\n`);
  return EXIT.ok;
}

async function trustAgain(args: Parsed, name: string, why: string): Promise<number> {
  if (why.trim() === '')
    throw new UsageError('the reason is missing', 'write `--why TEXT`: it is put on record');
  await askApiOf(args, 'trustNode', { params: { id: await nodeIdOf(args, name) }, body: { why } });
  process.stdout.write(`\`${visible(name)}\` may prove itself again\n`);
  return EXIT.ok;
}

async function history(args: Parsed, name: string): Promise<number> {
  const told = (await askApiOf(args, 'getNodeTrust', {
    params: { id: await nodeIdOf(args, name) },
  })) as NodeTrust; // our own server's
  const rows = told.history.map(({ atMs, state, reason, by, detail }) =>
    [new Date(atMs).toISOString(), state, reason || '-', by || '-', detail].map(visible),
  );
  process.stdout.write(
    `${args.flag('json') ? toJson(told) : table([['SINCE', 'STATE', 'REASON', 'BY', 'DETAIL'], ...rows])}\n`,
  );
  return EXIT.ok;
}

interface NodeTrust {
  readonly history: readonly {
    readonly atMs: number;
    readonly state: string;
    readonly reason: string;
    readonly by: string;
    readonly detail: string;
  }[];
}
