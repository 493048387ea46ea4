import type { SourceSpan } from '@runward/core';
import type { Mode, SectionBase } from './policy.js';

/** The `trust` section of a policy: which images its containers may be made of. */
export interface TrustSection {
  /** monitor: an image that is not trusted is reported. protect: no container is made of it. learn: says nothing. */
  readonly mode: Mode;
  /** When it cannot be judged: no digest is known, the registry is away, a key cannot be read. */
  readonly onFailure: SectionBase['onFailure'];
  /** How long a verdict holds before the registry is asked again. */
  readonly recheckS: number;
  readonly demand: ImageDemand;
  readonly span: SourceSpan;
}

/**
 * What an image must be to be trusted: a policy's `trust` section, or what a command was told. Plain data, since it
 * travels as JSON. Keys and roots are texts in the policy itself or files of the machine that checks.
 */
export interface ImageDemand {
  /** Patterns over `registry/repository`; empty: any. */
  readonly registries: readonly string[];
  /** Digests that are approved; empty: any. */
  readonly digests: readonly string[];
  /** The reference must name a digest, not only a tag. */
  readonly pinned: boolean;
  /** What the image must be built upon, one of them; empty: anything. */
  readonly bases: readonly Base[];
  /** Since the image was created. */
  readonly maxAgeS?: number;
  readonly signers: readonly Signer[];
  /** How many of the signers must have signed. */
  readonly needed: number;
  readonly attestations: readonly AttestationDemand[];
}

/**
 * digest: the base's own, as the image names it (`org.opencontainers.image.base.digest`), or the chain id of its layers,
 * which needs nobody's word. name: a pattern over `org.opencontainers.image.base.name`.
 */
export type Base =
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'name'; readonly pattern: string };

/** PEM or JSON in the policy, or a file of the machine that checks, read each time anew. */
export type Material = { readonly text: string } | { readonly file: string };

export const SIGNER_KINDS = ['key', 'keyless', 'notation'] as const;

export type Signer =
  | {
      readonly kind: 'key';
      readonly name: string;
      readonly key: Material;
      /** A sigstore trusted root: the signature must be in its transparency log then. */
      readonly trustedRoot?: Material;
    }
  | {
      readonly kind: 'keyless';
      readonly name: string;
      /** A pattern over the subject alternative name of the certificate. */
      readonly identity: string;
      /** Who vouched for the identity, exactly. */
      readonly issuer: string;
      readonly trustedRoot: Material;
    }
  | {
      readonly kind: 'notation';
      readonly name: string;
      /** Certificates (PEM) that vouch for signers. */
      readonly roots: Material;
      /** Attributes the subject of the signer's certificate must have, such as CN and O. */
      readonly subject: Readonly<Record<string, string>>;
    };

export interface AttestationDemand {
  /** A short name of {@link PREDICATE_TYPES}, or the URI of a predicate type. */
  readonly type: string;
  /** By one of these, by their names; empty: by any of the demand's signers. */
  readonly signers: readonly string[];
  readonly conditions: readonly Condition[];
}

/** Predicate types by the names people use; each is the beginning of the URIs it stands for. */
export const PREDICATE_TYPES: Readonly<Record<string, readonly string[]>> = {
  slsaprovenance: ['https://slsa.dev/provenance/'],
  spdx: ['https://spdx.dev/Document'],
  cyclonedx: ['https://cyclonedx.org/bom'],
  vuln: ['https://cosign.sigstore.dev/attestation/vuln/', 'https://in-toto.io/attestation/vulns/'],
  link: ['https://in-toto.io/Link/'],
};

/**
 * What the values at `path` of an in-toto statement must be: `predicate.builder.id`, `predicate.packages[*].name`.
 * There must be at least one, and all must hold; `noneOf` holds where there is none, and `contains` asks one to match.
 */
export type Condition = { readonly path: string } & (
  | { readonly test: 'oneOf' | 'noneOf' | 'contains'; readonly patterns: readonly string[] }
  | { readonly test: 'atMost' | 'atLeast'; readonly number: number }
  /** A time no longer ago than this. */
  | { readonly test: 'maxAge'; readonly seconds: number }
);
