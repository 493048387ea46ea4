import {
  type FieldSpec,
  fieldCatalogue,
  fieldRows,
  flowCatalogue,
  renderFieldsMarkdown,
} from '@runward/events';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
import { table } from '../terminal.js';

export const fields: Command = {
  name: 'fields',
  summary: 'list the fields conditions and outputs can use',
  operands: '[TEXT]',
  about:
    'Lists each field with its type, what it means and where its value comes from. TEXT narrows the list.\n' +
    'With `--source flow` the fields of rules about flows.',
  options: {
    source: { type: 'string', value: 'SOURCE', doc: '`syscall` (default) or `flow`' },
    json: { type: 'boolean', doc: 'one JSON array' },
    markdown: { type: 'boolean', doc: 'the page docs/fields.md' },
  },
  examples: [['runward fields proc.', 'the fields of processes']],
  run: fieldsCommand,
};

function rowsOf(source: string): readonly FieldSpec<never>[] {
  if (source === 'syscall') return fieldRows;
  if (source === 'flow') return [...flowCatalogue.values()];
  throw new UsageError(`unknown source \`${source}\``, 'use `syscall` or `flow`');
}

async function fieldsCommand(args: Parsed): Promise<number> {
  if (args.flag('markdown')) {
    process.stdout.write(renderFieldsMarkdown(fieldCatalogue, flowCatalogue));
    return EXIT.ok;
  }
  const wanted = args.rest.join(' ');
  const rows = rowsOf(args.text('source') ?? 'syscall').filter(
    (f) => f.name.includes(wanted) || f.doc.includes(wanted),
  );
  if (args.flag('json')) {
    const plain = rows.map(({ name, type, list, argument, doc, from, unavailable }) => ({
      name,
      type,
      list,
      argument,
      doc,
      from,
      ...(unavailable === undefined ? {} : { unavailable }),
    }));
    process.stdout.write(`${JSON.stringify(plain, null, 2)}\n`);
    return EXIT.ok;
  }
  const type = (f: (typeof rows)[number]): string => (f.list ? `list of ${f.type}` : f.type);
  const name = (f: (typeof rows)[number]): string =>
    f.argument.kind === 'none' ? f.name : `${f.name}[${f.argument.kind}${f.argument.required ? '' : '?'}]`;
  process.stdout.write(`${table(rows.map((f) => [name(f), type(f), `${f.doc} (from ${f.from})`]))}\n`);
  return EXIT.ok;
}
