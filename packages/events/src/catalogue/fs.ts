import type { FieldSpec } from '../field.js';
import type { EventView } from '../view.js';
import { eventsNamed, LINKS, OPENS, PATHS } from './event-sets.js';
import { succeeded } from './outcome.js';
import { rowsFrom } from './spec.js';

const FILE_CHANGES = eventsNamed('fchmod fchown ftruncate');
const SYMLINKS = eventsNamed('symlink symlinkat');
const MOUNTS = eventsNamed('mount');
const RENAMES = eventsNamed('rename renameat renameat2');
const OTHER_PAIRS = eventsNamed('move_mount pivot_root');

const hasTwoSides = (v: EventView): boolean =>
  RENAMES.has(v) || LINKS.has(v) || SYMLINKS.has(v) || MOUNTS.has(v) || OTHER_PAIRS.has(v);
const hasOnePath = (v: EventView): boolean =>
  (PATHS.has(v) || OPENS.has(v) || FILE_CHANGES.has(v)) && !hasTwoSides(v);

type Read = (view: EventView, operand: 0 | 1) => string | undefined;
const resolved: Read = (v, operand) => v.path(operand);
/** A change through a descriptor has no string of the caller; its path is all there is. */
const raw: Read = (v, operand) => (FILE_CHANGES.has(v) ? v.path(operand) : v.rawPath(operand));

const one =
  (read: Read) =>
  (v: EventView): string | undefined =>
    succeeded(v) && hasOnePath(v) ? read(v, 0) : undefined;

/** A new link is the source and what it points to the target, as one reads `ls -l`. */
const source =
  (read: Read) =>
  (v: EventView): string | undefined => {
    if (!succeeded(v) || !hasTwoSides(v)) return undefined;
    if (MOUNTS.has(v)) return v.text(0);
    return read(v, LINKS.has(v) ? 1 : 0);
  };

const target =
  (read: Read) =>
  (v: EventView): string | undefined => {
    if (!succeeded(v) || !hasTwoSides(v)) return undefined;
    if (SYMLINKS.has(v)) return v.text(0);
    return read(v, LINKS.has(v) || MOUNTS.has(v) ? 0 : 1);
  };

const path = rowsFrom('path operands of a call that succeeded');

export const fsFields: readonly FieldSpec[] = [
  path('fs.path.name', 'string', 'absolute path the call acts on, for calls with one path', one(resolved)),
  path('fs.path.nameraw', 'string', 'the same path as the caller passed it', one(raw)),
  path(
    'fs.path.source',
    'string',
    'old path of a rename, new name of a link, device of a mount; absolute',
    source(resolved),
  ),
  path('fs.path.sourceraw', 'string', 'the same path as the caller passed it', source(raw)),
  path(
    'fs.path.target',
    'string',
    'new path of a rename, file a link points to, directory of a mount; absolute, but for a symlink what it holds',
    target(resolved),
  ),
  path('fs.path.targetraw', 'string', 'the same path as the caller passed it', target(raw)),
];
