import type { EvidenceKinds } from '@runward/evidence';
import type { ResponseRecord } from '@runward/respond';
import type { PlaybookDecision } from './playbook-desk.js';

type Who = NonNullable<EvidenceKinds['response']['who']>;

/** A response as the log of evidence has it: whole, with who asked or which playbook. */
export function responseBody(record: ResponseRecord): EvidenceKinds['response'] {
  const { by, action, result, undone } = record;
  const person = undone?.by ?? by;
  return {
    ...plain(record),
    action,
    outcome: undone === undefined ? result : 'undone',
    // Made by `whoIs` where the request came in.
    ...(person.kind === 'person' ? { who: person.who as Who } : {}),
  };
}

/** What a playbook decided; what it did are responses of their own. */
export function decisionBody(decision: PlaybookDecision): EvidenceKinds['response'] {
  const { who, outcome } = decision;
  return {
    ...plain(decision),
    action: 'playbook',
    outcome,
    ...(who === undefined ? {} : { who: who as Who }), // as above
  };
}

/** As it travels: the log takes data only. */
const plain = (value: object): object => JSON.parse(JSON.stringify(value)) as object; // of our own making
