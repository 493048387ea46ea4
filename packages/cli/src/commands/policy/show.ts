import type { Decision, StoredPolicy } from '@runward/state';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { type PolicyDesk, policyDesk, STATE_OPTIONS } from '../../policy-desk.js';
import { changeText, modesText } from '../../policy-text.js';
import { evidenceText } from '../../promotion-evidence.js';
import { toJson, visible } from '../../terminal.js';

export const show: Command = {
  name: 'policy show',
  summary: 'one policy: its text, where it is in force, its history',
  operands: 'NAME',
  about: `Prints the text as it was applied to standard output, so that it can be kept and applied again. What is known
beside it goes to standard error: modes that were set by hand, the containers it is in force in and by which mechanism,
and, with --history, who changed it when and why.`,
  options: {
    json: { type: 'boolean', doc: 'everything in one JSON object' },
    history: { type: 'boolean', doc: 'also the decisions about it' },
    ...STATE_OPTIONS,
  },
  examples: [
    ['runward policy show web > web.yaml', 'the text again'],
    ['runward policy show web --history', 'who changed it'],
  ],
  run: showCommand,
};

async function showCommand(args: Parsed): Promise<number> {
  const [name, ...more] = args.rest;
  if (name === undefined || more.length > 0)
    throw new UsageError('one policy is to be named', 'write `runward policy show NAME`');
  const desk = await policyDesk(args);
  const { known } = await import('@runward/state');
  const stored = known(await desk.store.read(), name);
  const text = desk.store.text(stored);
  const decisions = decisionsAbout(desk, name);
  if (args.flag('json')) {
    const containers = await containersOf(desk, name);
    process.stdout.write(`${toJson({ ...stored, text, containers, decisions })}\n`);
    return EXIT.ok;
  }
  process.stdout.write(text ?? '');
  if (text === undefined) process.stderr.write('runward: its text is not kept any more\n');
  process.stderr.write(`${(await describe(stored, desk)).map(visible).join('\n')}\n`);
  if (args.flag('history'))
    for (const decision of decisions) process.stderr.write(`${visible(decisionText(decision, name))}\n`);
  return EXIT.ok;
}

const decisionsAbout = (desk: PolicyDesk, name: string): readonly Decision[] =>
  desk.store.decisions.read().filter(({ changes }) => changes.some((change) => change.name === name));

interface ContainerStanding {
  readonly container: { readonly name: string; readonly id: string };
  readonly sections: readonly {
    readonly section: string;
    readonly mode: string;
    readonly mechanism: string;
    readonly problem: string;
  }[];
}

/** Containers a policy is in force in, as the agent knows them; undefined without one. */
async function containersOf(
  desk: PolicyDesk,
  name: string,
): Promise<readonly ContainerStanding[] | undefined> {
  const path = `/v1/enforcement/containers?policy=${encodeURIComponent(name)}`;
  const answer = (await desk.agent?.ask('GET', path, { timeoutMs: 60_000 })) as
    | { readonly containers: readonly ContainerStanding[] } // the agent's route answers so
    | undefined;
  return answer?.containers;
}

async function describe(stored: StoredPolicy, desk: PolicyDesk): Promise<readonly string[]> {
  const byHand = Object.entries(stored.modes).map(([section, mode]) => `${section} ${mode}`);
  const containers = await containersOf(desk, stored.name);
  return [
    `revision ${stored.revision}, from ${stored.source}: ${modesText(stored.policy)}`,
    ...(byHand.length === 0 ? [] : [`set by hand: ${byHand.join(', ')}`]),
    ...(containers === undefined ? [desk.standing] : standing(containers)),
  ];
}

function standing(containers: readonly ContainerStanding[]): readonly string[] {
  if (containers.length === 0) return ['no running container is selected by it'];
  return containers.flatMap(({ container, sections }) => [
    `in ${container.name || container.id}:`,
    ...sections.map(({ section, mode, mechanism, problem }) => {
      const how = problem === '' ? `by ${mechanism}` : `not enforced: ${problem}`;
      return `  ${section} ${mode} ${how}`;
    }),
  ]);
}

function decisionText({ time, action, who, by, changes, evidence }: Decision, name: string): string {
  const person = who.loginUser ?? who.sudoUser ?? (who.user || `uid ${who.uid}`);
  const where = who.terminal === undefined ? '' : ` on ${who.terminal}`;
  const what = changes.filter((change) => change.name === name).map(changeText);
  const grounds = action === 'promote' ? evidenceText(evidence) : '';
  return `${time} ${action} by ${person}${where} (${who.program}, ${by}): ${what.join('; ')}${grounds === '' ? '' : `; ${grounds}`}`;
}
