import type { FieldArgument, FieldCatalogue, FieldSpec, FieldType } from '@runward/events';
import { type FactView, factCatalogue } from './fact-catalogue.js';

const NONE: FieldArgument = { kind: 'none' };
const INDEX: FieldArgument = { kind: 'index', required: false, doc: '' };
const KEY: FieldArgument = { kind: 'key', required: true, doc: '' };

const row = (
  name: string,
  type: FieldType,
  list = false,
  argument: FieldArgument = NONE,
): FieldSpec<never> => ({
  ...{ name, type, list, argument, doc: '', from: '', perProcess: false },
  extract: () => undefined,
});

/** As `fd.directory` of `fd.name`: what lies before the last slash, for what has one. */
export const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** A handful of fields of every type and shape: what the tests of this room run on. */
export const tinyCatalogue: FieldCatalogue<FactView> = factCatalogue(
  new Map(
    [
      row('evt.type', 'string'),
      row('evt.num', 'uint'),
      row('evt.rawres', 'int'),
      row('evt.is_open_write', 'bool'),
      row('evt.arg', 'string', false, KEY),
      row('evt.buffer', 'bytes'),
      row('proc.name', 'string'),
      row('proc.pname', 'string'),
      row('proc.cmdline', 'string'),
      row('proc.aname', 'string', true, INDEX),
      row('proc.args', 'string', true, INDEX),
      row('proc.duration', 'duration'),
      row('fd.name', 'string'),
      { ...row('fd.directory', 'string'), derived: { from: 'fd.name', by: directoryOf } },
      row('fd.num', 'int'),
      row('fd.ip', 'ip', true),
      row('fd.sip', 'ip'),
      row('fd.types', 'string', true, INDEX),
      row('fd.sport', 'port'),
      row('container.id', 'string'),
    ].map((spec) => [spec.name, spec]),
  ),
);
