import { PREDICATE_TYPES } from '@runward/policy/trust';
import { type Digest, fieldsOf, listOf, textOf } from '../content/index.js';
import { Refused } from '../signature/index.js';

/** An in-toto statement (in-toto attestation framework, spec/v1/statement.md): what is said about which artifacts. */
export interface Statement {
  readonly predicateType: string;
  readonly subjects: readonly Digest[];
  /** All of it, for conditions. */
  readonly value: unknown;
}

const TYPES = /^https:\/\/in-toto\.io\/Statement\/v(?:0\.1|1)$/;
const MAX_SUBJECTS = 10_000;

/** @throws Refused `ATTESTATION_MALFORMED` */
export function readStatement(value: unknown, payloadType: string): Statement {
  const { _type, predicateType, subject } = fieldsOf(value);
  const wrong = (why: string): Refused => new Refused('ATTESTATION_MALFORMED', `what was signed ${why}`);
  if (payloadType !== 'application/vnd.in-toto+json')
    throw wrong(`is \`${payloadType.slice(0, 100)}\`, no statement`);
  if (!TYPES.test(textOf(_type))) throw wrong(`is \`${textOf(_type).slice(0, 100)}\`, no statement`);
  const subjects = listOf(subject);
  if (subjects.length > MAX_SUBJECTS) throw wrong(`has ${subjects.length} subjects`);
  return {
    predicateType: textOf(predicateType),
    subjects: subjects.flatMap((each) => {
      const hex = textOf(fieldsOf(fieldsOf(each).digest).sha256);
      return hex === '' ? [] : [`sha256:${hex}`];
    }),
    value,
  };
}

/** Whether a predicate is of the type that a policy asks for, by a short name or its URI. */
export function isOfType(predicateType: string, wanted: string): boolean {
  const beginnings = Object.hasOwn(PREDICATE_TYPES, wanted) ? PREDICATE_TYPES[wanted] : undefined;
  return beginnings === undefined
    ? predicateType === wanted
    : beginnings.some((beginning) => predicateType.startsWith(beginning));
}
