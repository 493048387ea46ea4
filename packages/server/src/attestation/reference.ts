import type { ImaRule, Profile } from '@runward/tpm';
import { z } from 'zod';
import { ServerError } from '../error.js';

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hexadecimal');
const digests = z.array(digest).min(1).max(10_000);
const register = z.string().regex(/^(?:\d|1[0-5])$/, 'is no register from 0 to 15');
const day = z.iso.date('is no day such as 2026-11-30');
const name = z.string().min(1).max(200);

const profileSchema = z
  .strictObject({
    name,
    /** Empty: of all. */
    clusters: z.array(name).max(1000).default([]),
    nodes: z.array(name).max(10_000).default([]),
    pcrs: z.record(register, digests).default({}),
    events: z.record(register, digests).default({}),
    ima: z
      .strictObject({
        files: z
          .array(z.string().regex(/^(?:verity:)?[a-z0-9-]+:[0-9a-f]+$/, 'is no digest such as `sha256:…`'))
          .max(200_000),
        ignore: z
          .array(z.string().regex(/^\/.*\/$/, 'is no folder such as `/var/log/`'))
          .max(1000)
          .default([]),
        containers: z.enum(['fail', 'report']).default('fail'),
      })
      .optional(),
  })
  .refine(({ pcrs, events }) => Object.keys(pcrs).length + Object.keys(events).length > 0, {
    message: 'has neither `pcrs` nor `events`: it would approve of any machine',
  });

const referenceSchema = z.strictObject({
  /** Greater than the one it replaces. */
  version: z.int().min(1),
  date: day,
  /** From this day on nobody is trusted by it. */
  expires: day,
  profiles: z.array(profileSchema).min(1).max(100),
});

/** What the nodes of a server are expected to be, as an operator wrote it. */
export type Reference = z.infer<typeof referenceSchema>;

/** @throws ServerError SERVER_REFERENCE_INVALID, with the first place that is wrong */
export function readReference(text: string): Reference {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`it is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const read = referenceSchema.safeParse(value);
  const [issue] = read.error?.issues ?? [];
  if (!read.success)
    throw invalid(`${issue?.path.length ? `\`${issue.path.join('.')}\` ` : ''}${issue?.message ?? ''}`);
  if (read.data.expires <= read.data.date) throw invalid('`expires` is not behind `date`');
  return read.data;
}

const invalid = (why: string, cause?: unknown): ServerError =>
  new ServerError('SERVER_REFERENCE_INVALID', `the reference cannot be used: ${why}`, {
    help: '`runward server reference make NODE` prints one; docs/node-attestation.md says what its keys mean',
    cause,
  });

/** Whether nobody is trusted by it any more. */
export const isStale = ({ expires }: Reference, nowMs: number): boolean => Date.parse(expires) <= nowMs;

/** Those that a node may be as. */
export function profilesFor(
  { profiles }: Reference,
  node: { readonly name: string; readonly cluster: string },
): readonly Profile[] {
  const isOf = (list: readonly string[], one: string): boolean => list.length === 0 || list.includes(one);
  return profiles
    .filter(({ clusters, nodes }) => isOf(clusters, node.cluster) && isOf(nodes, node.name))
    .map(({ name: called, pcrs, events, ima }) => ({
      name: called,
      pcrs: new Map(Object.entries(pcrs).map(([at, values]) => [Number(at), values])),
      events: new Map(Object.entries(events).map(([at, values]) => [Number(at), new Set(values)])),
      ima: ima === undefined ? undefined : imaRule(ima),
    }));
}

const imaRule = (ima: NonNullable<Reference['profiles'][number]['ima']>): ImaRule => ({
  ...ima,
  files: new Set(ima.files),
});
