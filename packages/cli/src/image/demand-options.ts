import type { Base, ImageDemand, Signer } from '@runward/policy/trust';
import { type OptionSpec, type Parsed, UsageError } from '../command.js';
import { durationOption } from '../quantity.js';
import { optional } from './image-source.js';

/** What is asked of an image, on the command line. */
export const DEMAND_OPTIONS = {
  key: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    doc: 'signed with this public key (PEM); repeatable',
  },
  'certificate-identity': {
    type: 'string',
    value: 'PATTERN',
    doc: 'signed by this identity, keyless; `*` and `?` within it',
  },
  'certificate-oidc-issuer': { type: 'string', value: 'URL', doc: 'who vouches for the identity' },
  'trusted-root': {
    type: 'string',
    value: 'FILE',
    doc: 'authorities and logs (sigstore trusted root, JSON); with `--key`, the log is asked as well',
  },
  'notation-roots': {
    type: 'string',
    value: 'FILE',
    doc: 'signed by the Notary Project, certificates (PEM) of authorities',
  },
  'notation-subject': {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    doc: "what the signer's certificate must say, such as `CN=release`; repeatable",
  },
  needed: { type: 'string', value: 'N', doc: 'how many of these signers must have signed (default 1)' },
  attestation: {
    type: 'string',
    multiple: true,
    value: 'TYPE',
    doc: 'attested by one of the signers: slsaprovenance, spdx, cyclonedx, vuln, link or a URI; repeatable',
  },
  digest: { type: 'string', multiple: true, value: 'DIGEST', doc: 'one of these digests; repeatable' },
  registry: {
    type: 'string',
    multiple: true,
    value: 'PATTERN',
    doc: 'from one of these, such as `ghcr.io/acme/*`; repeatable',
  },
  base: {
    type: 'string',
    multiple: true,
    value: 'DIGEST|PATTERN',
    doc: 'built upon one of these; repeatable',
  },
  'max-age': { type: 'string', value: 'TIME', doc: 'created no longer ago, such as `90d`' },
  pinned: { type: 'boolean', doc: 'the reference must name a digest' },
} satisfies Record<string, OptionSpec>;

export async function demandOf(args: Parsed): Promise<ImageDemand> {
  const signers = [...keys(args), ...(await keyless(args)), ...(await notation(args))];
  const needed = Number(args.text('needed') ?? 1);
  if (!Number.isSafeInteger(needed) || needed < 1 || needed > Math.max(1, signers.length)) {
    throw new UsageError(
      `\`--needed ${args.text('needed')}\` does not fit ${signers.length} signers`,
      'give a number from 1 to that of the signers',
    );
  }
  const attestations = args.texts('attestation').map((type) => ({ type, signers: [], conditions: [] }));
  if (attestations.length > 0 && signers.length === 0) {
    throw new UsageError(
      'an attestation is asked for and nobody who makes it',
      'name a signer: `--key FILE`',
    );
  }
  const maxAgeMs = durationOption(args, 'max-age');
  const demand: ImageDemand = {
    ...{ registries: args.texts('registry'), digests: args.texts('digest'), pinned: args.flag('pinned') },
    ...{ bases: args.texts('base').map(baseOf), signers, needed, attestations },
    ...optional('maxAgeS', maxAgeMs === undefined ? undefined : Math.floor(maxAgeMs / 1000)),
  };
  return demand;
}

export const asksNothing = (demand: ImageDemand): boolean =>
  demand.signers.length + demand.digests.length + demand.registries.length + demand.bases.length === 0 &&
  !demand.pinned &&
  demand.maxAgeS === undefined;

export const baseOf = (text: string): Base =>
  text.startsWith('sha256:') ? { kind: 'digest', digest: text } : { kind: 'name', pattern: text };

const keys = (args: Parsed): readonly Signer[] =>
  args.texts('key').map((file) => ({
    ...{ kind: 'key', name: file, key: { file } },
    ...optional('trustedRoot', args.text('trusted-root') === undefined ? undefined : rootOf(args)),
  }));

const rootOf = (args: Parsed) => ({ file: args.text('trusted-root') ?? '' });

async function keyless(args: Parsed): Promise<readonly Signer[]> {
  const identity = args.text('certificate-identity');
  const issuer = args.text('certificate-oidc-issuer');
  if (identity === undefined && issuer === undefined) return [];
  if (identity === undefined || issuer === undefined || args.text('trusted-root') === undefined) {
    throw new UsageError(
      'a keyless signer needs an identity, an issuer and a trusted root',
      'give `--certificate-identity`, `--certificate-oidc-issuer` and `--trusted-root`',
    );
  }
  const { identityProblem, issuerProblem } = await import('@runward/policy/trust');
  refuse(`--certificate-identity ${identity}`, identityProblem(identity));
  refuse(`--certificate-oidc-issuer ${issuer}`, issuerProblem(issuer));
  return [{ kind: 'keyless', name: identity, identity, issuer, trustedRoot: rootOf(args) }];
}

async function notation(args: Parsed): Promise<readonly Signer[]> {
  const file = args.text('notation-roots');
  const attributes = args.texts('notation-subject');
  if (file === undefined && attributes.length === 0) return [];
  if (file === undefined) throw new UsageError('`--notation-subject` needs `--notation-roots`', 'name both');
  const subject = Object.fromEntries(
    attributes.map((text) => {
      const equals = text.indexOf('=');
      return [text.slice(0, equals), text.slice(equals + 1)] as const;
    }),
  );
  const { subjectProblem } = await import('@runward/policy/trust');
  refuse('--notation-subject', subjectProblem(subject));
  return [{ kind: 'notation', name: attributes.join(', '), roots: { file }, subject }];
}

function refuse(
  what: string,
  problem: { readonly message: string; readonly help: string } | undefined,
): void {
  if (problem !== undefined) throw new UsageError(`\`${what}\` ${problem.message}`, problem.help);
}
