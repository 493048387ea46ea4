import type { ResponseRecord } from '@runward/respond';
import type { Who } from '@runward/state';

/** After these nothing of the container goes on, or none of it gets out. */
const CONTAINING: ReadonlySet<string> = new Set(['kill-container', 'stop', 'pause', 'isolate', 'quarantine']);

/** What of a response is told with the incidents of its container. */
export interface ToldResponse {
  readonly container: string;
  readonly what: string;
  readonly why: string;
  readonly who: Who;
  readonly contains: boolean;
}

/** undefined while it is under way. */
export function toldResponse({
  action,
  result,
  target,
  by,
  why,
  undone,
  error,
  facts,
}: ResponseRecord): ToldResponse | undefined {
  if (result === 'under-way') return undefined;
  const person = undone?.by ?? by;
  return {
    container: target.id,
    what: undone === undefined ? `${action} ${result}` : `${action} undone`,
    why: [why, keptIn(facts), undone?.why ?? '', error?.message ?? '']
      .filter((text) => text !== '')
      .join('; '),
    who:
      person.kind === 'person'
        ? (person.who as Who)
        : { uid: 0, user: `playbook ${person.playbook}`, program: '' }, // made by `whoIs`
    contains: undone === undefined && (result === 'done' || result === 'already') && CONTAINING.has(action),
  };
}

/** Where what it kept lies. */
const keptIn = (facts: unknown): string =>
  typeof facts === 'object' && facts !== null && 'folder' in facts ? `kept in ${String(facts.folder)}` : '';
