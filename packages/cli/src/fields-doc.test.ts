import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldCatalogue, flowCatalogue, renderFieldsMarkdown } from '@runward/events';
import { expect, it } from 'vitest';

const page = join(import.meta.dirname, '../../../docs/fields.md');

it('docs/fields.md is what the catalogue says (UPDATE_DOCS=1 writes it anew)', () => {
  const text = renderFieldsMarkdown(fieldCatalogue, flowCatalogue);
  if (process.env.UPDATE_DOCS === '1') writeFileSync(page, text);
  expect(readFileSync(page, 'utf8')).toBe(text);
});
