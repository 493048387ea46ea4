import { isObject, type ReadLine } from '../record.js';

export interface RecordFilter {
  /** Any of them; all when empty. */
  readonly kinds?: readonly string[];
  /** A name, an id, or the beginning of one of at least four characters. */
  readonly container?: string | undefined;
  /** Somewhere in the record's text, in any case. */
  readonly text?: string | undefined;
}

const CONTAINERS = /^(?:containers?|isolated|released)$/;
const DEPTH = 6;
const SHORTEST_BEGINNING = 4;

/** Whether a record is one of those that are asked for. */
export function recordFilter({ kinds = [], container, text }: RecordFilter): (line: ReadLine) => boolean {
  const wanted = text?.toLowerCase();
  return ({ record, json }) =>
    (kinds.length === 0 || kinds.includes(record.kind)) &&
    (wanted === undefined || json.toLowerCase().includes(wanted)) &&
    (container === undefined || isAbout(record.body, container, 0));
}

/** Bodies differ by kind; a container is an object with `id` and `name` under one of a few names in all of them. */
function isAbout(value: unknown, container: string, depth: number): boolean {
  if (depth > DEPTH) return false;
  if (Array.isArray(value)) return value.some((item) => isAbout(item, container, depth + 1));
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, item]) =>
    CONTAINERS.test(key) && [item].flat().some((each) => isNamed(each, container))
      ? true
      : isAbout(item, container, depth + 1),
  );
}

function isNamed(value: unknown, container: string): boolean {
  if (!isObject(value)) return value === container;
  const { id, name } = value;
  if (id === container || name === container) return true;
  return container.length >= SHORTEST_BEGINNING && typeof id === 'string' && id.startsWith(container);
}
