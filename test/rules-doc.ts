import type { Correlation, Rule } from '@runward/rules';

/** A rule, or a sequence or threshold: what the page says of each. */
export type Listed = Pick<
  Rule,
  'name' | 'description' | 'priority' | 'tags' | 'eventTypes' | 'span' | 'exceptions'
>;

export function listedCorrelation(correlation: Correlation): Listed {
  const triggers =
    correlation.kind === 'threshold'
      ? [correlation.trigger]
      : correlation.steps.flatMap((step) => [step, ...step.without]);
  return { ...correlation, eventTypes: [...new Set(triggers.flatMap((trigger) => trigger.eventTypes))] };
}

/** Themes in the order of an attack, with the ATT&CK tactic (or what comes nearest) as the title. */
const THEMES: readonly (readonly [file: string, title: string])[] = [
  ['execution', 'Execution'],
  ['persistence', 'Persistence'],
  ['privilege-escalation', 'Privilege escalation'],
  ['escape', 'Escape from the container'],
  ['defense-evasion', 'Defence evasion'],
  ['credential-access', 'Credential access'],
  ['discovery', 'Discovery'],
  ['lateral-movement', 'Lateral movement'],
  ['command-and-control', 'Command and control'],
  ['exfiltration', 'Exfiltration'],
  ['impact', 'Impact'],
  ['workload-drift', 'Workload drift'],
  ['chains', 'Chains and counts of events'],
];

/** An exception as an operator writes it; a test holds that it works. */
export const EXCEPTION_EXAMPLE = `- rule: Compiler started in a running container
  exceptions:
    - name: image_and_program
      values:
        - [registry.example.org/builder, gcc]
  override:
    exceptions: append
`;

const HEAD = `# Default rules

What Runward reports without being told anything, theme by theme. The rules are in \`rules/\`, in the rule language
[shown construct by construct](language.md); what counts and puts together several events is described in [sequences.md](sequences.md); each theme has its cases beside it (\`rules/THEME.test.yaml\`).

All rules look at containers only. To silence a rule for one image and program, append to its exception in a file
that is loaded later:

\`\`\`yaml
${EXCEPTION_EXAMPLE}\`\`\`

To switch one off: \`enabled: false\` with \`override: { enabled: replace }\`. Lists (\`package_managers\`, \`debuggers\`, …)
and macros (\`container_settling\`, …) of \`rules/00-common.yaml\` can be appended to and replaced in the same way.

This page is rendered from the rules: \`UPDATE_DOCS=1 npx vitest run --project unit test/rules.test.ts\`.
`;

export const themeOf = (rule: Listed): string => rule.span.file.replace(/^.*\//, '').replace(/\.yaml$/, '');

/** The two paragraphs of a description, each on one line. */
export function paragraphs(rule: Listed): { readonly meaning: string; readonly response: string } {
  const [meaning = '', response = ''] = rule.description
    .split('Response:')
    .map((p) => p.replace(/\s+/g, ' ').trim());
  return { meaning, response };
}

export const techniques = (rule: Listed): readonly string[] =>
  rule.tags.filter((tag) => /^T\d{4}(\.\d{3})?$/.test(tag));

const techniqueLink = (id: string): string =>
  `[${id}](https://attack.mitre.org/techniques/${id.replace('.', '/')}/)`;
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const cell = (text: string): string => text.replaceAll('|', '\\|');

function row(rule: Listed): string {
  const { meaning, response } = paragraphs(rule);
  const events = rule.eventTypes.map((type) => `\`${type}\``).join(' ');
  const attack = techniques(rule).map(techniqueLink).join(' ');
  const cells = [
    `**${rule.name}**<br>${meaning}`,
    rule.priority.toLowerCase(),
    attack,
    events,
    sentence(response),
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** The page `docs/rules.md`. */
export function renderRulesMarkdown(rules: readonly Listed[]): string {
  const sections = THEMES.map(([file, title]) => {
    const rows = rules.filter((rule) => themeOf(rule) === file).map(row);
    return [
      `## ${title}`,
      '',
      '| Rule | Priority | ATT&CK | Events | What to do when it fires |',
      '|---|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  });
  return `${HEAD}\n${sections.join('\n')}`;
}
