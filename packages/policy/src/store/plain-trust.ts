import { type Check, count, flag, isObject, list, map, oneOf, shape, text } from './checks.js';

const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const texts = list(text);
const material: Check = (value) => isObject(value) && (text(value.text) || text(value.file));

const SIGNERS: Readonly<Record<string, Check>> = {
  key: shape({ name: text, key: material, trustedRoot: optional(material) }),
  keyless: shape({ name: text, identity: text, issuer: text, trustedRoot: material }),
  notation: shape({ name: text, roots: material, subject: map }),
};
const signer: Check = (value) =>
  isObject(value) && typeof value.kind === 'string' && SIGNERS[value.kind]?.(value) === true;

const condition = shape({
  path: text,
  test: oneOf('oneOf', 'noneOf', 'contains', 'atMost', 'atLeast', 'maxAge'),
  patterns: optional(texts),
});

/** Whether a value is a `trust` section as it is kept: a part that is not sound would ask for less. */
export const isPlainTrust: Check = shape({
  mode: oneOf('off', 'learn', 'monitor', 'protect'),
  onFailure: oneOf('open', 'closed'),
  recheckS: count,
  demand: shape({
    registries: texts,
    digests: texts,
    pinned: flag,
    bases: list(shape({ kind: oneOf('digest', 'name'), digest: optional(text), pattern: optional(text) })),
    maxAgeS: optional(count),
    signers: list(signer),
    needed: count,
    attestations: list(shape({ type: text, signers: texts, conditions: list(condition) })),
  }),
});
