import { fieldCatalogue } from '@runward/events';
import {
  type Atom,
  type Correlation,
  explainCorrelation,
  explainRule,
  loadRules,
  type RuleSet,
  withFlowRules,
} from '@runward/rules';
import { type Command, EXIT, nearest, type Parsed, UsageError } from '../command.js';
import { diagnosticsReport, printDiagnostics } from '../diagnostics-text.js';
import { correlationText, explanationText } from '../explanation-text.js';
import { defaultRules } from '../installation.js';
import { readRuleFiles } from '../rule-files.js';
import { table, visible } from '../terminal.js';
import { profileRules } from './rules-profile.js';
import { testRules } from './rules-test.js';
import { TUNE_OPTIONS, tuneRules } from './rules-tune.js';

export const rules: Command = {
  name: 'rules',
  summary: 'check, list, explain, test, tune and profile rule files',
  operands: 'check FILE… | list | explain RULE | test DIR | tune DETECTIONS… | profile --over FILE…',
  about: `check   reads the files as \`run\` would and reports every problem; 0 valid, 2 invalid
list    the rules with priority, event types and tags
explain one rule with all macros and lists resolved, and the events it looks at
test    runs the *.test.yaml beside the rule files of a folder and says which rules and exceptions no case
        exercises; 0 all pass, 1 some do not or coverage is below --coverage-min
tune    suggests exceptions for detections that were observed (JSON lines of \`run\`, or of Falco; - for standard
        input), as a rule file to be loaded behind the others; says what each would silence and could hide
profile runs the rules over recordings and says which rules, conditions and fields take the time, and which
        rules keep the kernel from leaving events out; times are estimates, to be read as shares`,
  options: {
    rules: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'for list, explain, tune and profile (default: the rules that come with runward)',
    },
    over: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      doc: 'for profile: a recording or `.scap` capture; repeatable',
    },
    host: { type: 'boolean', doc: 'for profile: events outside containers too' },
    'all-matches': {
      type: 'boolean',
      doc: 'for profile: decide all rules, not only up to the first that matches',
    },
    junit: {
      type: 'string',
      value: 'FILE',
      doc: 'test: also write a JUnit report, for CI (`-` for standard output)',
    },
    'coverage-min': {
      type: 'string',
      value: 'PERCENT',
      doc: 'test: fail when fewer of the rules and exceptions are exercised',
    },
    ...TUNE_OPTIONS,
    json: { type: 'boolean', doc: 'for machines' },
  },
  examples: [
    ['runward rules check rules.yaml local.yaml --json', 'one object with errors and warnings'],
    ["runward rules explain 'Shell with a terminal'", 'what a rule comes down to'],
    ['runward rules tune detections.jsonl > tuning.yaml', 'exceptions for what is noise here'],
    ['runward rules test rules/ --coverage-min 100 --junit report.xml', 'the cases beside the rules, in CI'],
    ['runward rules profile --over today.scap --rules local.yaml', 'what the rules cost on recorded events'],
  ],
  run: rulesCommand,
};

/** Opens are the calls whose arguments the kernel looks at; of others it knows type, outcome and process. */
const OPENS: ReadonlySet<string> = new Set(['open', 'openat', 'openat2', 'creat']);

const ACTIONS = ['check', 'list', 'explain', 'test', 'tune', 'profile'] as const;

async function rulesCommand(args: Parsed): Promise<number> {
  const [action, ...rest] = args.rest;
  switch (action) {
    case 'check':
      return check(rest, args.flag('json'));
    case 'list':
      return list(args);
    case 'explain':
      return explain(rest.join(' '), args);
    case 'test':
      return testRules(rest, args);
    case 'tune':
      return tuneRules(rest, args);
    case 'profile': {
      const set = await load(args);
      return set === undefined ? EXIT.usage : profileRules(set, args);
    }
    default: {
      const near = action === undefined ? undefined : nearest(action, ACTIONS);
      const help =
        near === undefined ? `use one of ${ACTIONS.join(', ')}` : `did you mean \`rules ${near}\`?`;
      throw new UsageError(
        action === undefined ? 'what to do with the rules is missing' : `unknown action \`${action}\``,
        help,
      );
    }
  }
}

async function check(paths: readonly string[], json: boolean): Promise<number> {
  if (paths.length === 0) throw new UsageError('no rule file is named', 'write `runward rules check FILE…`');
  const { files, problems } = await readRuleFiles(paths);
  const { diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
  const all = [...problems, ...diagnostics];
  const report = diagnosticsReport(all);
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    printDiagnostics(all);
    process.stdout.write(
      `${report.valid ? 'valid' : 'invalid'}: ${report.errors.length} errors, ${report.warnings.length} warnings\n`,
    );
  }
  return report.valid ? EXIT.ok : EXIT.usage;
}

async function load(args: Parsed): Promise<RuleSet | undefined> {
  const paths = args.texts('rules').length > 0 ? args.texts('rules') : [defaultRules];
  const { files, problems } = await readRuleFiles(paths);
  const { value, diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
  printDiagnostics([...problems, ...diagnostics.filter((d) => d.severity === 'error')]);
  return problems.length > 0 ? undefined : value;
}

/** Rules, sequences and thresholds alike. */
const listed = (set: RuleSet) => [
  ...withFlowRules(set).rules.map((rule) => ({ ...rule, kind: 'rule' as const })),
  ...(set.correlations ?? []).map((correlation) => ({ ...correlation, eventTypes: typesOf(correlation) })),
];

const typesOf = (correlation: Correlation): readonly string[] => [
  ...new Set(explainCorrelation(correlation).triggers.flatMap((trigger) => trigger.eventTypes)),
];

async function list(args: Parsed): Promise<number> {
  const set = await load(args);
  if (set === undefined) return EXIT.usage;
  if (args.flag('json')) {
    const rows = listed(set).map(
      ({ name, kind, priority, enabled, source, tags, eventTypes, description, span }) => ({
        name,
        kind,
        priority,
        enabled,
        source,
        tags,
        eventTypes,
        description,
        file: span.file,
        line: span.line,
      }),
    );
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return EXIT.ok;
  }
  const events = (types: readonly string[]): string =>
    types.length > 4 ? `${types.length} event types` : types.join(' ');
  const rows = listed(set).map((r) => [
    r.enabled ? r.priority : 'disabled',
    visible(r.name),
    events(r.eventTypes),
    r.tags.join(' '),
  ]);
  process.stdout.write(`${table(rows)}\n${rows.length} rules\n`);
  return EXIT.ok;
}

async function explain(name: string, args: Parsed): Promise<number> {
  const set = await load(args);
  if (set === undefined) return EXIT.usage;
  const correlation = set.correlations?.find((c) => c.name === name);
  if (correlation !== undefined) {
    const explained = explainCorrelation(correlation);
    const text = args.flag('json') ? JSON.stringify(explained, null, 2) : correlationText(explained);
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  }
  const rule = withFlowRules(set).rules.find((r) => r.name === name);
  if (rule === undefined) {
    const near = nearest(
      name,
      listed(set).map((r) => r.name),
    );
    throw new UsageError(
      `there is no rule \`${name}\``,
      near === undefined ? '`runward rules list` names them' : `did you mean \`${near}\`?`,
    );
  }
  // Only here: the sensor brings the foreign function interface with it.
  const { isKernelTestable } = await import('@runward/sensor');
  const isKernelAtom = (atom: Atom, type: string): boolean =>
    OPENS.has(type) && isKernelTestable({ ...atom, negated: false });
  const explained = explainRule(rule, set, { isKernelAtom });
  process.stdout.write(
    args.flag('json') ? `${JSON.stringify(explained, null, 2)}\n` : `${explanationText(explained)}\n`,
  );
  return EXIT.ok;
}
