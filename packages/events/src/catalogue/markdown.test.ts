import { expect, test } from 'vitest';
import type { FieldSpec } from '../field.js';
import { fieldCatalogue, fieldRows } from './index.js';
import { renderFieldsMarkdown } from './markdown.js';

const spec = (facts: Partial<FieldSpec>): [string, FieldSpec] => {
  const row: FieldSpec = {
    name: 'evt.x',
    type: 'string',
    list: false,
    argument: { kind: 'none' },
    doc: 'a fact',
    from: 'the kernel',
    perProcess: false,
    extract: () => undefined,
    ...facts,
  };
  return [row.name, row];
};

test('a page has a section per class and a row per field', () => {
  const page = renderFieldsMarkdown(
    new Map([
      spec({ doc: 'one | two' }),
      spec({ name: 'evt.arg', argument: { kind: 'key', required: true, doc: 'its name' } }),
      spec({
        name: 'odd.list',
        type: 'int',
        list: true,
        argument: { kind: 'index', required: false, doc: 'which' },
      }),
    ]),
  );
  expect(page.slice(page.indexOf('## '))).toBe(`## evt

The event itself: what was called, when, with which arguments and result.

| Field | Type | Meaning | Comes from |
|---|---|---|---|
| \`evt.x\` | string | one \\| two. | the kernel |
| \`evt.arg[…]\` | string | a fact. Argument: its name. | the kernel |

## odd

| Field | Type | Meaning | Comes from |
|---|---|---|---|
| \`odd.list, odd.list[…]\` | int, list | a fact. Argument (optional): which. | the kernel |
`);
});

test('the page of the whole catalogue has every field once', () => {
  const rows = renderFieldsMarkdown(fieldCatalogue)
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows).toHaveLength(fieldRows.length);
});
