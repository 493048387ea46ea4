import {
  type Action,
  type EffectivePolicy,
  explainAction,
  mergePolicies,
  parseActions,
  type RuntimePolicy,
  selectPolicies,
  type Workload,
} from '@runward/policy';
import { agentWorkloads, goesBy } from '../../agent-workloads.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { policyDesk, STATE_OPTIONS } from '../../policy-desk.js';
import { effectiveText, explanationRow, explanationText, lineRow } from '../../policy-explain-text.js';
import { soundPolicies } from '../../policy-files.js';
import { paintFor, toJson, visible } from '../../terminal.js';
import { FACT_OPTIONS, factsOf } from '../../workload-facts.js';

export const explain: Command = {
  name: 'policy explain',
  summary: 'which line of which policy decides about an action, and why',
  operands: '[WORKLOAD] [ACTION]',
  about: `Says whether a workload may do something, by which line of which policy, and what else was considered. Without
ACTION it says what the policies of the workload come to together.

WORKLOAD is a container the running agent knows: its name, the beginning of its id, its image, pod or Deployment. Without
an agent, tell who it is with --image, --label and the like. The policies are those that are applied, or those of
--policies; with --policies alone, all of these, whomever they select.

ACTION is one argument: \`[PROGRAM] OPERATION [owned] PATH\` with read, write, create, delete, rename, link, chmod,
chown, mount or execute; \`[PROGRAM…] exec [drifted] [fileless] PATH [ARGUMENT…]\`, the programs being those
above it; \`[PROGRAM] connect|bind|listen ADDRESS:PORT/PROTOCOL\` or \`unix:PATH\`; \`socket FAMILY/PROTOCOL\`;
\`capability NAME\`; \`syscall NAME\`; \`kernel HANDLE\`; \`privilege NAME\`. Exit code 0, whatever the answer.`,
  options: {
    policies: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'policies of files instead; repeatable',
    },
    ...FACT_OPTIONS,
    json: { type: 'boolean', doc: 'one JSON object' },
    ...STATE_OPTIONS,
  },
  examples: [
    ['runward policy explain payments-api "/bin/dash write /etc/cron.d/x"', 'would it be allowed?'],
    ['runward policy explain --policies web.yaml "exec /usr/bin/curl -s x"', 'before the policy is applied'],
    ['runward policy explain --image shop/web:2 --namespace prod', 'all that holds for it'],
  ],
  run: explainCommand,
};

async function explainCommand(args: Parsed): Promise<number> {
  const files = args.texts('policies');
  const facts = factsOf(args);
  const { workload: name, action } = operandsOf(args.rest, files.length > 0 || facts !== undefined);
  const actions = action === undefined ? undefined : actionsOf(action);
  const desk = files.length > 0 && name === undefined ? undefined : await policyDesk(args);
  const policies =
    files.length > 0
      ? soundPolicies(files)
      : (await desk?.store.read())?.policies.map(({ policy }) => policy);
  if (policies === undefined) return EXIT.usage;
  const subjects = name === undefined ? [{ name: '', workload: facts }] : await found(name, desk?.agent);
  const effective = new Map<string, { policy: EffectivePolicy; names: string[] }>();
  for (const subject of subjects) {
    const merged = mergePolicies(selected(policies, subject.workload));
    const known = effective.get(merged.id);
    if (known === undefined) effective.set(merged.id, { policy: merged, names: [subject.name] });
    else known.names.push(subject.name);
  }
  const results = [...effective.values()].map(({ policy, names }) => ({ policy, names, actions }));
  if (args.flag('json')) process.stdout.write(`${toJson({ results: results.map(row) })}\n`);
  else process.stdout.write(`${results.map(text).join('\n\n')}\n`);
  return EXIT.ok;
}

interface Result {
  readonly policy: EffectivePolicy;
  readonly names: readonly string[];
  readonly actions: readonly Action[] | undefined;
}

function text({ policy, names, actions }: Result): string {
  const paint = paintFor(process.stdout);
  const head = names.filter((name) => name !== '').map(visible);
  const body =
    actions === undefined
      ? effectiveText(policy)
      : actions.map((action) => explanationText(explainAction(policy, action), paint)).join('\n');
  return head.length === 0 ? body : `${head.join(', ')}:\n${body}`;
}

const row = ({ policy, names, actions }: Result) => ({
  workloads: names.filter((name) => name !== ''),
  effective: policy.id,
  policies: policy.policies.map(({ name }) => name),
  ...(actions === undefined
    ? {
        sections: Object.fromEntries(
          [...policy.sections].map(([name, section]) => [
            name,
            { ...section, lines: section.lines.map(lineRow) },
          ]),
        ),
      }
    : { actions: actions.map((action) => explanationRow(explainAction(policy, action))) }),
});

/** An operand that stands alone is the action where it is told otherwise who acts. */
function operandsOf(
  rest: readonly string[],
  told: boolean,
): { readonly workload?: string; readonly action?: string } {
  const [first, second, ...more] = rest;
  if (more.length > 0)
    throw new UsageError(`unexpected \`${more[0]}\``, 'put the action in quotes: `"/bin/dash write /etc/x"`');
  if (first === undefined) {
    if (told) return {};
    throw new UsageError(
      'no workload is named',
      'name a container, tell who it is with `--image` and the like, or name policies with `--policies FILE`',
    );
  }
  if (second !== undefined) return { workload: first, action: second };
  return told ? { action: first } : { workload: first };
}

function actionsOf(action: string): readonly Action[] {
  const { actions, problem } = parseActions(action);
  if (actions !== undefined) return actions;
  const at = problem.offset > 0 ? ` (character ${problem.offset + 1})` : '';
  throw new UsageError(visible(`the action \`${action}\` ${problem.message}${at}`), problem.help);
}

const selected = (
  policies: readonly RuntimePolicy[],
  workload: Workload | undefined,
): readonly RuntimePolicy[] => (workload === undefined ? policies : selectPolicies(policies, workload));

async function found(
  name: string,
  agent: Parameters<typeof agentWorkloads>[0] | undefined,
): Promise<readonly { readonly name: string; readonly workload: Workload }[]> {
  if (agent === undefined)
    throw new UsageError(
      `who \`${name}\` is only a running agent knows, and none is running with these policies`,
      'tell who it is with `--image`, `--namespace`, `--label` and the like',
    );
  const all = await agentWorkloads(agent);
  const matching = all.filter((container) => goesBy(container, name));
  if (matching.length > 0)
    return matching.map(({ id, workload }) => ({ name: workload.name || id.slice(0, 12), workload }));
  const names = all.map(({ id, workload }) => workload.name || id.slice(0, 12)).slice(0, 10);
  throw new UsageError(
    `the agent knows no container \`${name}\``,
    names.length === 0
      ? 'it knows none at all'
      : `it knows ${names.join(', ')}${all.length > 10 ? ', …' : ''}`,
  );
}
