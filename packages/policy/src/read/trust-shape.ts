import { plainSpan } from '@runward/core';
import { LIMITS } from '../model/limits.js';
import { FAILURES, MODES } from '../model/policy.js';
import {
  type AttestationDemand,
  type Base,
  type Condition,
  type Material,
  PREDICATE_TYPES,
  type Signer,
  type TrustSection,
} from '../model/trust.js';
import { list, object, texts } from '../shape/collections.js';
import { choice, flag, type Located, parsed, text, timeSpan, wholeNumber } from '../shape/scalars.js';
import { mapped, type Place, type Shape } from '../shape/shape.js';
import { type IdentityProblem, identityProblem, issuerProblem, subjectProblem } from '../trust/identities.js';
import { textPattern } from './pattern-shape.js';
import type { Pending } from './section-shapes.js';

const YEAR_S = 366 * 86_400;
const line = (what: string): Shape<Located> => text({ what, maxLength: LIMITS.textCharacters });
const pem = (what: string): Shape<Located> => text({ what, maxLength: 4 * 1024 * 1024 });
const file: Shape<Located> = text({
  what: 'the path of a file',
  maxLength: LIMITS.patternBytes,
  pattern: { regex: '^/', help: 'begin it with `/`: it is a file of the machine that checks' },
});
const digest: Shape<string> = mapped(
  text({
    what: 'a digest',
    maxLength: LIMITS.textCharacters,
    pattern: { regex: '^sha256:[0-9a-f]{64}$', help: 'write it in full: `sha256:` and 64 hex digits' },
  }),
  ({ text: written }) => written,
);

/** A material is given in the policy or as a file. */
function material(given: Located | undefined, path: Located | undefined): Material | undefined {
  if (given !== undefined) return { text: given.text };
  return path === undefined ? undefined : { file: path.text };
}

const refused = (at: Place, where: Located | undefined, problem: IdentityProblem | undefined): boolean => {
  if (problem === undefined || where === undefined) return problem !== undefined;
  at.report('POLICY_PATTERN', `\`${where.text}\` ${problem.message}`, problem.help, where.span);
  return true;
};

const signerShape: Shape<Signer> = mapped(
  object(
    {
      name: { shape: line('a name'), doc: 'How the signer is called here.' },
      key: { shape: pem('a public key'), doc: 'Signed with this key (PEM).' },
      keyFile: { shape: file, doc: 'Signed with the key in this file.' },
      identity: {
        shape: line('an identity'),
        doc: 'Signed keyless by this identity: a pattern with * and ? over the subject of the certificate.',
      },
      issuer: { shape: line('an issuer'), doc: 'Who vouches for the identity, in full.' },
      trustedRoot: {
        shape: pem('a trusted root'),
        doc: 'Authorities and logs: a sigstore trusted root (JSON).',
      },
      trustedRootFile: { shape: file, doc: 'The same in a file. With a key, the log is asked as well.' },
      notationRoots: { shape: pem('certificates'), doc: 'Signed by the Notary Project: authorities (PEM).' },
      notationRootsFile: { shape: file, doc: 'The same in a file.' },
      subject: {
        shape: texts(line('the name of an attribute'), line('an attribute'), LIMITS.entries),
        doc: "What the signer's certificate must say, such as CN and O.",
      },
    },
    { required: ['name'] },
  ),
  ({ value, span }, at): Signer | undefined => {
    const name = value.name.text;
    const key = material(value.key, value.keyFile);
    const trustedRoot = material(value.trustedRoot, value.trustedRootFile);
    const roots = material(value.notationRoots, value.notationRootsFile);
    const { identity, issuer } = value;
    const say = (message: string, help: string) => at.report('POLICY_VALUE', message, help, span);
    const kinds = [key, identity ?? issuer, roots ?? value.subject].filter((each) => each !== undefined);
    if (kinds.length !== 1) {
      return say(
        `signer \`${name}\` ${kinds.length === 0 ? 'does not say how it signs' : 'is of several kinds'}`,
        'give `key`, or `identity` with `issuer` and `trustedRoot`, or `notationRoots` with `subject`',
      );
    }
    if (key !== undefined) return { kind: 'key', name, key, ...(trustedRoot && { trustedRoot }) };
    if (roots !== undefined || value.subject !== undefined) {
      const subject = Object.fromEntries(value.subject ?? []);
      const problem = subjectProblem(subject);
      if (problem !== undefined) return say(`\`subject\` of \`${name}\` ${problem.message}`, problem.help);
      return roots === undefined
        ? say(`signer \`${name}\` has no \`notationRoots\``, 'give the certificates of its authorities')
        : { kind: 'notation', name, roots, subject };
    }
    if (identity === undefined || issuer === undefined || trustedRoot === undefined) {
      return say(`keyless signer \`${name}\` is not complete`, 'give `identity`, `issuer` and `trustedRoot`');
    }
    const wrong = [
      refused(at.key('identity'), identity, identityProblem(identity.text)),
      refused(at.key('issuer'), issuer, issuerProblem(issuer.text)),
    ];
    if (wrong.includes(true)) return undefined;
    return { kind: 'keyless', name, identity: identity.text, issuer: issuer.text, trustedRoot };
  },
);

const patterns: Shape<readonly string[]> = list(textPattern('a value'), LIMITS.entries);
const finite: Shape<number> = parsed(
  'a number',
  'write it in digits, without quotes',
  (written, plain) =>
    plain && /^-?[0-9]{1,15}(?:\.[0-9]{1,9})?$/.test(written) ? Number(written) : undefined,
  { type: 'number' },
);
const TESTS = ['oneOf', 'noneOf', 'contains', 'atMost', 'atLeast', 'maxAge'] as const;

const conditionShape: Shape<Condition> = mapped(
  object(
    {
      path: {
        shape: text({
          what: 'a path',
          maxLength: LIMITS.textCharacters,
          pattern: {
            regex: '^(\\.?([^.\\[\\]]+|\\["[^"]*"\\]|\\[(\\*|[0-9]{1,9})\\]))+$',
            help: 'names with dots between them, `[*]` for every entry of a list: `predicate.packages[*].name`',
          },
        }),
        doc: 'Where in the statement: predicate.builder.id, predicate.packages[*].name.',
      },
      oneOf: { shape: patterns, doc: 'Every value there matches one of these; there must be one.' },
      noneOf: { shape: patterns, doc: 'No value there matches one of these.' },
      contains: { shape: patterns, doc: 'Some value there matches one of these.' },
      atMost: { shape: finite, doc: 'Every value there is a number and at most this.' },
      atLeast: { shape: finite, doc: 'Every value there is a number and at least this.' },
      maxAge: {
        shape: timeSpan(1, 10 * YEAR_S),
        doc: 'Every value there is a time, no longer ago than this.',
      },
    },
    { required: ['path'], one: TESTS },
  ),
  ({ value }): Condition | undefined => {
    const path = value.path.text;
    if (value.maxAge !== undefined) return { path, test: 'maxAge', seconds: value.maxAge };
    if (value.atMost !== undefined) return { path, test: 'atMost', number: value.atMost };
    if (value.atLeast !== undefined) return { path, test: 'atLeast', number: value.atLeast };
    if (value.oneOf !== undefined) return { path, test: 'oneOf', patterns: value.oneOf };
    if (value.contains !== undefined) return { path, test: 'contains', patterns: value.contains };
    return value.noneOf === undefined ? undefined : { path, test: 'noneOf', patterns: value.noneOf };
  },
);

const SHORT = Object.keys(PREDICATE_TYPES);
const typeShape: Shape<string> = parsed(
  'a type of attestation',
  `one of ${SHORT.join(', ')}, or the URI of a predicate type`,
  (written) => (SHORT.includes(written) || /^[a-z][a-z0-9+.-]*:\S+$/.test(written) ? written : undefined),
  { type: 'string', minLength: 1 },
);

const attestationShape: Shape<AttestationDemand> = mapped(
  object(
    {
      type: {
        shape: typeShape,
        doc: `What is attested: ${SHORT.join(', ')}, or the URI of a predicate type.`,
      },
      signers: {
        shape: list(line('the name of a signer'), LIMITS.entries),
        doc: 'By one of these. Default: any.',
      },
      conditions: { shape: list(conditionShape, LIMITS.entries), doc: 'What it must say.' },
    },
    { required: ['type'] },
  ),
  ({ value }): AttestationDemand => ({
    type: value.type,
    signers: (value.signers ?? []).map((each) => each.text),
    conditions: value.conditions ?? [],
  }),
);

const baseShape: Shape<Base> = mapped(
  textPattern('a base'),
  (written): Base =>
    /^sha256:[0-9a-f]{64}$/.test(written)
      ? { kind: 'digest', digest: written }
      : { kind: 'name', pattern: written },
);

export const trustSection: Shape<Pending<TrustSection>> = mapped(
  object({
    mode: {
      shape: choice(MODES),
      doc: 'monitor: an image that is not trusted is reported. protect: no container is made of it. Default: monitor.',
    },
    onFailure: {
      shape: choice(FAILURES),
      doc: 'When an image cannot be judged (its registry is away): open lets it start, closed does not. Default: open.',
    },
    recheck: {
      shape: timeSpan(10, 30 * 86_400),
      doc: 'How long a verdict holds before the registry is asked again. Default: 1h.',
    },
    registries: {
      shape: list(textPattern('a registry'), LIMITS.entries),
      doc: 'Patterns over registry/repository, such as registry.example/team/*. Default: any.',
    },
    digests: { shape: list(digest, LIMITS.lines), doc: 'Images that are approved, by digest. Default: any.' },
    pinned: { shape: flag, doc: 'The reference must name a digest. Default: false.' },
    bases: {
      shape: list(baseShape, LIMITS.entries),
      doc: 'Upon what images must be built: digests, chain ids of layers, or patterns over names. Default: anything.',
    },
    maxAge: { shape: timeSpan(60, 100 * YEAR_S), doc: 'Since the image was created, such as 90d.' },
    signers: { shape: list(signerShape, LIMITS.entries), doc: 'Who must have signed.' },
    needed: { shape: wholeNumber(1, LIMITS.entries), doc: 'How many of the signers. Default: 1.' },
    attestations: { shape: list(attestationShape, LIMITS.entries), doc: 'What must be attested.' },
  }),
  ({ value, span }, at): Pending<TrustSection> | undefined => {
    const { registries = [], digests = [], pinned = false, bases = [], signers = [], needed = 1 } = value;
    const { attestations = [], maxAge } = value;
    const say = (message: string, help: string) => at.report('POLICY_VALUE', message, help, span);
    const names = signers.map(({ name }) => name);
    if (new Set(names).size < names.length)
      return say('two signers have the same name', 'call one otherwise');
    if (signers.length > 0 && needed > signers.length) {
      return say(
        `${needed} signers are needed and ${signers.length} are named`,
        'lower `needed`, or name more',
      );
    }
    const unknown = attestations.flatMap((each) => each.signers).find((name) => !names.includes(name));
    if (unknown !== undefined) return say(`no signer is called \`${unknown}\``, 'name one of `signers`');
    if (attestations.length > 0 && signers.length === 0) {
      return say('attestations are asked for and nobody who makes them', 'add `signers`');
    }
    const asks =
      registries.length + digests.length + bases.length + signers.length > 0 ||
      pinned ||
      maxAge !== undefined;
    if (!asks && at.reporter.errors === 0) {
      at.report('POLICY_SECTION_EMPTY', '`trust` asks for nothing', 'add `signers`, or leave it away', span);
    }
    return (defaults): TrustSection => ({
      mode: value.mode ?? defaults.mode ?? 'monitor',
      onFailure: value.onFailure ?? defaults.onFailure ?? 'open',
      recheckS: value.recheck ?? 3600,
      demand: {
        ...{ registries, digests, pinned, bases, signers, needed, attestations },
        ...(maxAge === undefined ? {} : { maxAgeS: maxAge }),
      },
      span: plainSpan(span),
    });
  },
);
