import type { FieldArgument, FieldCatalogue, FieldSpec } from '../field.js';

/** What each class of fields speaks about; a class without an entry gets no sentence. */
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['evt', 'The event itself: what was called, when, with which arguments and result.'],
  ['syscall', 'System calls only.'],
  ['proc', 'The process that acts, its ancestors and its executable. After an exec, the new image.'],
  ['thread', 'The thread that acts.'],
  ['fd', 'The file or socket behind the descriptor an event takes or makes.'],
  ['fs', 'The paths of calls that name files, when they succeed.'],
  ['user', 'The user the process acts as.'],
  ['group', 'The group the process acts as.'],
  ['container', 'The container the process runs in.'],
  ['k8s', 'The pod the container belongs to.'],
]);

const classOf = (name: string): string => name.slice(0, name.indexOf('.'));

/** A table cell is one line, and a bar would end it. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function argumentNote(argument: FieldArgument): string {
  if (argument.kind === 'none') return '';
  return ` Argument${argument.required ? '' : ' (optional)'}: ${argument.doc}.`;
}

const signature = ({ name, argument }: FieldSpec<never>): string =>
  argument.kind === 'none' ? name : argument.required ? `${name}[…]` : `${name}, ${name}[…]`;

const row = (spec: FieldSpec<never>): string =>
  `| \`${cell(signature(spec))}\` | ${spec.type}${spec.list ? ', list' : ''} | ${cell(`${spec.doc}.${argumentNote(spec.argument)}`)} | ${cell(spec.from)} |`;

const TABLE = ['| Field | Type | Meaning | Comes from |', '|---|---|---|---|'];

/** Fields that events have too mean the same there, and are only named. */
function flowSection(catalogue: FieldCatalogue, flows: ReadonlyMap<string, FieldSpec<never>>): string {
  const [shared, own] = [true, false].map((is) =>
    [...flows.values()].filter(({ name }) => (name.startsWith('flow.') ? !is : is)),
  );
  const named = (prefix: RegExp): string =>
    (shared ?? [])
      .filter(({ name }) => prefix.test(name) && catalogue.has(name))
      .map(({ name }) => `\`${name}\``)
      .join(', ');
  return [
    '## Rules about flows',
    '',
    'Rules with `source: flow` judge [flows](flows.md): one container, one remote address, one port of the side that',
    'serves. They have all fields of the classes `container` and `k8s` above, and these, which mean the same as for events:',
    '',
    `${named(/^evt\./)}.`,
    '',
    `${named(/^fd\./)}.`,
    '',
    "The client's own port is no part of a flow, nor are process and user. Names come from answers of name servers alone, not from",
    '`/etc/hosts`. What is counted counts from when the flow was first seen.',
    '',
    ...TABLE,
    ...(own ?? []).map(row),
  ].join('\n');
}

/**
 * The catalogue as a Markdown page: one section per class, one table row per field, in catalogue order; then what only
 * flows have.
 */
export function renderFieldsMarkdown(
  catalogue: FieldCatalogue,
  flows: ReadonlyMap<string, FieldSpec<never>> = new Map(),
): string {
  const classes = Map.groupBy(catalogue.values(), (spec) => classOf(spec.name));
  const sections = [...classes].map(([name, specs]) =>
    [
      `## ${name}`,
      '',
      ...(CLASSES.has(name) ? [CLASSES.get(name), ''] : []),
      ...TABLE,
      ...specs.map(row),
    ].join('\n'),
  );
  const head = [
    '# Fields',
    '',
    'What conditions and outputs of rules can read. A field an event does not carry makes every comparison',
    'false and prints as `<NA>`. A list field compares true when one of its values does; with an argument that',
    'selects one value, it is that value.',
  ].join('\n');
  const more = flows.size === 0 ? [] : [flowSection(catalogue, flows)];
  return `${[head, ...sections, ...more].join('\n\n')}\n`;
}
