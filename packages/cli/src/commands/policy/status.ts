import type { ContainerStanding, EnforcementReport } from '@runward/agent/policies';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { policyAgent, STATE_OPTIONS } from '../../policy-desk.js';
import { table, toJson, visible } from '../../terminal.js';

export const status: Command = {
  name: 'policy status',
  summary: 'what is in force in which container, and by what',
  operands: '[POLICY]',
  about: `For each container that policies select: every section, its mode, and by which mechanism it is enforced or
reported, or why it is not. \`creation\` is what its specification was given before it started. Then what all of it takes
in the kernel. Ends with 1 when a section in protect is not enforced in some container.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...STATE_OPTIONS },
  examples: [
    ['runward policy status', 'every container'],
    ['runward policy status web', 'those that `web` selects'],
  ],
  run: statusCommand,
};

async function statusCommand(args: Parsed): Promise<number> {
  const [policy, ...more] = args.rest;
  if (more.length > 0)
    throw new UsageError(`unexpected \`${more[0]}\``, 'write `runward policy status [POLICY]`');
  const agent = await policyAgent(args);
  const report = (await agent.ask('GET', '/v1/enforcement', { timeoutMs: 60_000 })) as EnforcementReport; // the routes answer so
  const query = policy === undefined ? '' : `?policy=${encodeURIComponent(policy)}`;
  const { containers: all } = (await agent.ask('GET', `/v1/enforcement/containers${query}`, {
    timeoutMs: 60_000,
  })) as {
    readonly containers: readonly ContainerStanding[];
  };
  const containers = all.filter(({ policies }) => policies.length > 0);
  const isHeld = containers.every(({ sections }) =>
    sections.every(({ mode, problem }) => mode !== 'protect' || problem === ''),
  );
  if (args.flag('json')) process.stdout.write(`${toJson({ ...report, containers })}\n`);
  else process.stdout.write(`${[...containerText(containers), summary(report)].join('\n')}\n`);
  return isHeld ? EXIT.ok : EXIT.failure;
}

function containerText(containers: readonly ContainerStanding[]): readonly string[] {
  if (containers.length === 0) return ['no running container is selected by a policy'];
  const rows = containers.flatMap(({ container, policies, sections }) =>
    sections.map(({ section, mode, mechanism, problem }, i) => [
      i === 0 ? visible(container.name || container.id) : '',
      i === 0 ? visible(policies.join(', ')) : '',
      section,
      mode,
      problem === '' ? mechanism : `not enforced: ${visible(problem)}`,
    ]),
  );
  return [table([['CONTAINER', 'POLICIES', 'SECTION', 'MODE', 'BY'], ...rows])];
}

const STATES = {
  on: 'the kernel enforces',
  idle: 'nothing is in force: no policy has a section in monitor or protect',
  unavailable: 'nothing is enforced in the kernel',
  detached: 'nothing is enforced in the kernel',
} as const;

function summary({ state, problem, sets, bytes, dropped }: EnforcementReport): string {
  const why = problem === '' ? '' : `: ${visible(problem)}`;
  const lost = Object.entries(dropped).filter(([, count]) => count > 0);
  return [
    `${STATES[state]}${why}`,
    ...(sets.length === 0 ? [] : [`${sets.length} sets of policies, ${Math.ceil(bytes / 1024)} KiB`]),
    ...lost.map(
      ([section, count]) => `${count} verdicts of ${section} were not told: there were too many at once`,
    ),
  ].join('\n');
}
