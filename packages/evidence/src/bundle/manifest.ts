import { canonical } from '../log/canonical.js';
import { bundleStatement, SignatureCheck } from '../log/keys.js';
import { isObject, sha256 } from '../log/record.js';

/** The last two files of a bundle. */
export const BUNDLE_MANIFEST = 'manifest.json';
export const BUNDLE_SIGNATURE = 'manifest.sig.json';
const FORMAT = 'runward-bundle-1';

export interface BundleFile {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface BundleManifest {
  readonly format: typeof FORMAT;
  /** What it is about: the id of an incident. */
  readonly about: string;
  /** RFC 3339. */
  readonly at: string;
  readonly producer: string;
  readonly host: string;
  readonly files: readonly BundleFile[];
}

/** By the key of an evidence log, which has a record of it. */
export interface BundleSignature {
  readonly log: string;
  /** Base64url, as `runward evidence keys` prints it. */
  readonly key: string;
  readonly signature: string;
  /** Where the log has the digest; undefined where it is not there yet. */
  readonly seq?: number;
}

/** The one text of a manifest, which is what is signed. */
export const manifestText = (manifest: Omit<BundleManifest, 'format'>): string =>
  `${canonical({ format: FORMAT, ...manifest })}\n`;

export const manifestDigest = (text: string): string => sha256(text);

export function readManifest(text: string): BundleManifest | undefined {
  const value = parse(text);
  if (!isObject(value) || value.format !== FORMAT || !Array.isArray(value.files)) return undefined;
  const texts = [value.about, value.at, value.producer, value.host].every((each) => typeof each === 'string');
  return texts && value.files.every(isFile) ? (value as unknown as BundleManifest) : undefined; // checked
}

export function readSignature(text: string): BundleSignature | undefined {
  const value = parse(text);
  return isObject(value) && [value.log, value.key, value.signature].every((each) => typeof each === 'string')
    ? (value as unknown as BundleSignature) // checked
    : undefined;
}

/** Whether a manifest was signed by the key that the signature names. */
export const isSigned = (manifest: string, { log, key, signature }: BundleSignature): boolean =>
  new SignatureCheck().holds(key, bundleStatement(log, manifestDigest(manifest)), signature);

const isFile = (value: unknown): boolean =>
  isObject(value) &&
  typeof value.path === 'string' &&
  typeof value.bytes === 'number' &&
  typeof value.sha256 === 'string';

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
