import { type Command, EXIT, UsageError } from '../../../command.js';
import { durationOption } from '../../../quantity.js';
import { apiOf, SERVER_API_OPTIONS } from '../../../server-api.js';
import { table, toJson, visible } from '../../../terminal.js';

export const compare: Command = {
  name: 'server compare',
  summary: 'what differs between two environments',
  operands: 'LEFT RIGHT',
  about: `Says which documents nodes of one environment are to hold and those of another not, or in another version; and what the policies
of LEFT that differ would have made of the recorded connections of RIGHT. Connections alone are tried: what else a policy judges is not
recorded whole (docs/documents.md).`,
  options: {
    since: { type: 'string', value: 'TIME', doc: 'connections of so long ago and later (default 24h)' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SERVER_API_OPTIONS,
  },
  examples: [['runward server compare dev prod --since 7d', 'before what is in dev goes to prod']],
  run: async (args) => {
    const [left, right, ...more] = args.rest;
    if (left === undefined || right === undefined || more.length > 0)
      throw new UsageError('two environments are compared', 'write `runward server compare dev prod`');
    const hours = (durationOption(args, 'since') ?? 86_400_000) / 3_600_000;
    const ask = await apiOf(args);
    const answer = (await ask('compareEnvironments', { query: { left, right, hours } })) as Comparison; // the answer of the operation
    process.stdout.write(args.flag('json') ? `${toJson(answer)}\n` : textOf(answer, left, right));
    return EXIT.ok;
  },
};

type Versions = readonly (number | null)[];

interface Comparison {
  readonly same: number;
  readonly differences: readonly {
    readonly document: { readonly kind: string; readonly name: string };
    readonly left: Versions;
    readonly right: Versions;
  }[];
  readonly tried: {
    readonly policies: readonly string[];
    readonly connections: Readonly<Record<string, number>>;
    readonly notSelected: number;
    readonly linesOfPrograms: number;
    readonly isWhole: boolean;
    readonly ends: readonly {
      readonly client: string;
      readonly server: string;
      readonly protocol: string;
      readonly port: number;
      readonly connections: number;
      readonly after: string;
      readonly line: { readonly policy: string; readonly words: string } | null;
    }[];
  } | null;
}

const shown = (versions: Versions): string => versions.map((each) => each ?? 'none').join(', ');

function textOf({ same, differences, tried }: Comparison, left: string, right: string): string {
  const rows = differences.map(({ document: { kind, name }, ...each }) => [
    ...[`${kind}/${name}`, shown(each.left), shown(each.right)],
  ]);
  const heading = table([['DOCUMENT', left.toUpperCase(), right.toUpperCase()], ...rows]);
  const first = `${differences.length === 0 ? 'no document differs' : heading}\n${same} are the same\n`;
  if (tried === null) return first;
  const counts = Object.entries(tried.connections).filter(([, count]) => count > 0);
  const bad = tried.ends.filter(({ after }) => after !== 'allowed');
  return [
    first,
    `connections of ${right}, had ${tried.policies.map(visible).join(', ')} been in force: ${counts.map(([after, count]) => `${count} ${after}`).join(', ') || 'none'}; ${tried.notSelected} not selected`,
    ...(tried.linesOfPrograms > 0
      ? [`${tried.linesOfPrograms} lines name programs, which are not recorded`]
      : []),
    ...(tried.isWhole ? [] : ['there were more flows than were looked at']),
    bad.length === 0 ? '' : table([['AFTER', 'COUNT', 'FROM', 'TO', 'PORT', 'LINE'], ...bad.map(endRow)]),
    '',
  ].join('\n');
}

type Ends = NonNullable<Comparison['tried']>['ends'];
const endRow = ({
  after,
  connections,
  client,
  server,
  port,
  protocol,
  line,
}: Ends[number]): readonly string[] => [
  ...[after, String(connections), visible(client), visible(server), `${port}/${protocol}`],
  line === null ? '-' : visible(`${line.policy}: ${line.words}`),
];
