import type { Detection } from '@runward/detect';
import { fixedBegin, type Watch } from '@runward/integrity';
import type { OwnRule } from '../own-rules/own-rules.js';

/** Calls that change what lies at one path, two paths, or behind a descriptor. */
const OPENS = ['open', 'openat', 'openat2', 'creat', 'open_by_handle_at'];
const ONE_PATH = [
  ...['unlink', 'unlinkat', 'rmdir', 'mkdir', 'mkdirat', 'mknod', 'mknodat', 'truncate'],
  ...['chmod', 'fchmodat', 'chown', 'lchown', 'fchownat'],
];
const TWO_PATHS = ['rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat'];
const DESCRIPTORS = ['fchmod', 'fchown', 'ftruncate'];

/** What the sensor has to send so that changes of these files are heard of at once. */
export function touchRules(watches: readonly Watch[]): readonly OwnRule[] {
  const begins = [...new Set(watches.flatMap(({ paths }) => paths.map(fixedBegin)))];
  if (begins.length === 0) return [];
  const starts = (field: string): string =>
    `(${begins.map((begin) => (begin === '/' ? `${field} exists` : `${field} startswith ${quoted(begin)}`)).join(' or ')})`;
  // A folder above is renamed or removed with all that is in it.
  const above = (field: string): string =>
    `${field} in (${[...new Set(begins.flatMap(foldersAbove))].map(quoted).join(', ')})`;
  const path = (field: string): string =>
    begins.some((begin) => foldersAbove(begin).length > 0)
      ? `(${starts(field)} or ${above(field)})`
      : starts(field);
  return [
    {
      name: 'watched file opened',
      condition: `evt.type in (${OPENS.join(', ')}) and evt.is_open_write=true and ${starts('fd.name')}`,
    },
    {
      name: 'watched path changed',
      condition: `evt.type in (${ONE_PATH.join(', ')}) and ${path('fs.path.name')}`,
    },
    {
      name: 'watched path moved',
      condition: `evt.type in (${TWO_PATHS.join(', ')}) and (${path('fs.path.source')} or ${path('fs.path.target')})`,
    },
    {
      name: 'watched file changed by descriptor',
      condition: `evt.type in (${DESCRIPTORS.join(', ')}) and ${starts('fd.name')}`,
    },
  ];
}

const quoted = (text: string): string => JSON.stringify(text);

function foldersAbove(path: string): readonly string[] {
  const found: string[] = [];
  for (let at = path.slice(0, path.lastIndexOf('/')); at !== ''; at = at.slice(0, at.lastIndexOf('/')))
    found.push(at);
  return found;
}

const FIELDS = ['fd.name', 'fs.path.name', 'fs.path.source', 'fs.path.target'];
const CALLS: ReadonlySet<string> = new Set([...OPENS, ...ONE_PATH, ...TWO_PATHS, ...DESCRIPTORS]);

/** Paths a detection says were changed, whatever rule it was that told of them. */
export function pathsTouched({ event, output_fields, actions = [] }: Detection): readonly string[] {
  if (!CALLS.has(event.type)) return [];
  const told = FIELDS.map((field) => output_fields[field]).filter((value) => typeof value === 'string');
  const acted = actions.flatMap((action) =>
    action.section === 'file' && action.operation !== 'read' ? [action.path] : [],
  );
  return [...new Set([...told, ...acted])].filter((path) => path.startsWith('/'));
}
