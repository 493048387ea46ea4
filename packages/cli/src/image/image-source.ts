import type { ImageSource, Platform, Reference } from '@runward/trust';
import { type OptionSpec, type Parsed, UsageError } from '../command.js';
import { durationOption } from '../quantity.js';

/** Where an image is: a registry, an archive, a folder. */
export const SOURCE_OPTIONS = {
  archive: {
    type: 'string',
    value: 'FILE',
    doc: 'an OCI archive (tar), as skopeo and Docker from 25 on write it',
  },
  'oci-layout': { type: 'string', value: 'DIR', doc: 'an OCI layout: a folder with an index.json' },
  name: { type: 'string', value: 'NAME', doc: 'which image of the archive or layout, if it has several' },
  platform: {
    type: 'string',
    value: 'OS/ARCH',
    doc: 'of an image for several: `linux/arm64`; default this machine',
  },
  timeout: {
    type: 'string',
    value: 'TIME',
    doc: 'for all that is asked of a registry together (default 30s)',
  },
  'plain-http': {
    type: 'boolean',
    doc: 'speak to the registry without TLS; those on this machine are spoken to so',
  },
  'auth-file': {
    type: 'string',
    value: 'FILE',
    doc: 'credentials as `docker login` keeps them; default where it does',
  },
} satisfies Record<string, OptionSpec>;

export interface OpenImage {
  readonly source: ImageSource;
  readonly reference?: Reference;
  readonly close: () => Promise<void>;
}

export async function openImage(args: Parsed): Promise<OpenImage> {
  const { ArchiveFiles, LayoutFolder, LayoutSource, RegistrySource, readReference } = await import(
    '@runward/trust'
  );
  const [reference, ...more] = args.rest;
  const archive = args.text('archive');
  const layout = args.text('oci-layout');
  const given = [reference, archive, layout].filter((each) => each !== undefined);
  if (given.length !== 1 || more.length > 0) {
    throw new UsageError(
      given.length === 0 ? 'no image is named' : 'several images are named',
      'write an image reference, `--archive FILE` or `--oci-layout DIR`',
    );
  }
  if (reference !== undefined) {
    const parsed = readReference(reference);
    const options = {
      timeoutMs: durationOption(args, 'timeout') ?? 30_000,
      ...(args.flag('plain-http') ? { plainHttp: [parsed.registry] } : {}),
      ...optional('authFile', args.text('auth-file')),
    };
    return { source: new RegistrySource(parsed, options), reference: parsed, close: async () => {} };
  }
  const files = archive === undefined ? new LayoutFolder(layout ?? '') : await ArchiveFiles.open(archive);
  return { source: new LayoutSource(files, args.text('name')), close: () => files.close() };
}

/** `linux/arm64/v8` */
export function platformOption(args: Parsed): { readonly platform?: Platform } {
  const text = args.text('platform');
  if (text === undefined) return {};
  const [, os, architecture, variant = ''] = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9]+))?$/.exec(text) ?? [];
  if (os === undefined || architecture === undefined) {
    throw new UsageError(`\`--platform ${text}\` is no platform`, 'write it like `linux/arm64`');
  }
  return { platform: { os, architecture, variant } };
}

export const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V }); // the one key that K names
