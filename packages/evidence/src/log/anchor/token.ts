import { createHash, verify as verifyBytes, X509Certificate } from 'node:crypto';
import { context, type Der, DerError, elements, expectTag, readDer, readOid, TAG } from './der.js';

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;
const DIGESTS: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
/** Certificates between an authority's own and one that is trusted. */
const LONGEST_PATH = 6;

/** A time-stamp token (RFC 3161) whose signature holds: somebody with this certificate saw the digest at that time. */
export interface TimeStamp {
  /** SHA-256 of what was stamped, hexadecimal. */
  readonly imprint: string;
  /** RFC 3339. */
  readonly time: string;
  /** Hexadecimal. */
  readonly serial: string;
  /** Hexadecimal; '' when the request had none. */
  readonly nonce: string;
  readonly signer: X509Certificate;
  /** All that the token brought. */
  readonly certificates: readonly X509Certificate[];
}

interface SignedToken {
  readonly info: Buffer;
  readonly certificates: readonly X509Certificate[];
  readonly signer: Der;
}

/**
 * Reads a token and checks its signature (RFC 5652, section 5.4). Whether its certificate is to be trusted is for {@link isTrusted}.
 *
 * @throws DerError with what is wrong
 */
export function readToken(bytes: Buffer): TimeStamp {
  const token = openToken(bytes);
  const signer = signingCertificate(token);
  return { ...readInfo(token.info), signer, certificates: token.certificates };
}

function openToken(bytes: Buffer): SignedToken {
  const [type, body] = elements(expectTag(readDer(bytes), TAG.sequence, 'token'));
  if (readOid(type, 'content type') !== OID.signedData) throw new DerError('it is no signed data');
  const [signed] = elements(expectTag(body, context(0), 'signed data'));
  const parts = elements(expectTag(signed, TAG.sequence, 'signed data'));
  const [infoType, wrapped] = elements(expectTag(parts[2], TAG.sequence, 'content'));
  if (readOid(infoType, 'content type') !== OID.tstInfo) throw new DerError('it is no time stamp');
  const [info] = elements(expectTag(wrapped, context(0), 'time stamp'));
  const certificates = parts.find(({ tag }) => tag === context(0));
  const signers = parts.findLast(({ tag }) => tag === TAG.set);
  const [signer, another] = signers === undefined ? [] : elements(signers);
  if (signer === undefined || another !== undefined) throw new DerError('it has not one signature');
  return {
    info: expectTag(info, TAG.octets, 'time stamp').content,
    certificates: certificates === undefined ? [] : elements(certificates).map(certificateOf),
    signer,
  };
}

function certificateOf({ whole }: Der): X509Certificate {
  try {
    return new X509Certificate(whole);
  } catch (cause) {
    throw new DerError(
      `a certificate in it cannot be read: ${cause instanceof Error ? cause.message : cause}`,
    );
  }
}

/** The certificate whose key signed, one that may stamp times. */
function signingCertificate({ info, certificates, signer }: SignedToken): X509Certificate {
  const parts = elements(signer);
  const [, , digestAlgorithm, attributes] = parts;
  const signature = expectTag(
    parts.find(({ tag }) => tag === TAG.octets),
    TAG.octets,
    'signature',
  ).content;
  const algorithm = readOid(elements(expectTag(digestAlgorithm, TAG.sequence, 'digest'))[0], 'digest');
  const digest = DIGESTS[algorithm];
  if (digest === undefined) throw new DerError(`it uses the digest ${algorithm}, which is not known here`);
  const signed = expectTag(attributes, context(0), 'signed attributes');
  const values = new Map(elements(signed).map(attributeOf));
  const type = values.get(OID.contentType);
  if (type === undefined || readOid(type, 'content type') !== OID.tstInfo)
    throw new DerError('its signature is of something else');
  const told = values.get(OID.messageDigest);
  if (told === undefined || !told.content.equals(createHash(digest).update(info).digest()))
    throw new DerError('its content was changed');
  // Signed as a set, though it is written as `[0]`.
  const text = Buffer.concat([Buffer.of(TAG.set), signed.whole.subarray(1)]);
  const found = certificates.find(
    (each) =>
      mayStamp(each) && holds(() => verifyBytes(hashOf(each, digest), text, each.publicKey, signature)),
  );
  if (found === undefined) throw new DerError('none of its certificates signed it, or may stamp times');
  return found;
}

/** False also for keys and signatures that OpenSSL throws at. */
function holds(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return false;
  }
}

/** Ed25519 and Ed448 hash by themselves. */
const hashOf = ({ publicKey }: X509Certificate, digest: string): string | null =>
  publicKey.asymmetricKeyType?.startsWith('ed') === true ? null : digest;

// Node.js gives extended key usages under this name.
const mayStamp = ({ keyUsage }: X509Certificate): boolean =>
  (keyUsage as readonly string[] | undefined)?.includes(OID.timeStamping) === true;

function attributeOf(attribute: Der): readonly [string, Der] {
  const [type, values] = elements(attribute);
  const [value] = elements(expectTag(values, TAG.set, 'attribute'));
  if (value === undefined) throw new DerError('an attribute without a value');
  return [readOid(type, 'attribute'), value];
}

function readInfo(info: Buffer): Pick<TimeStamp, 'imprint' | 'time' | 'serial' | 'nonce'> {
  const [, , imprint, serial, time, ...rest] = elements(expectTag(readDer(info), TAG.sequence, 'time stamp'));
  const [algorithm, digest] = elements(expectTag(imprint, TAG.sequence, 'imprint'));
  const used = readOid(elements(expectTag(algorithm, TAG.sequence, 'digest'))[0], 'digest');
  if (used !== OID.sha256) throw new DerError(`it stamps a digest of ${used}`);
  return {
    imprint: expectTag(digest, TAG.octets, 'imprint').content.toString('hex'),
    serial: expectTag(serial, TAG.integer, 'serial number').content.toString('hex'),
    time: timeOf(expectTag(time, TAG.time, 'time').content.toString('latin1')),
    nonce: rest.find(({ tag }) => tag === TAG.integer)?.content.toString('hex') ?? '',
  };
}

/** GeneralizedTime as RFC 3161 has it: UTC, perhaps with a fraction. */
function timeOf(text: string): string {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(text);
  if (match === null) throw new DerError('its time is none');
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`;
}

/** Whether a way of certificates that held at the stamped time leads from the signer to one that is trusted. */
export function isTrusted(stamp: TimeStamp, trusted: readonly X509Certificate[]): boolean {
  const atMs = Date.parse(stamp.time);
  let at = stamp.signer;
  for (let step = 0; step < LONGEST_PATH; step += 1) {
    if (!heldAt(at, atMs)) return false;
    const subject = at;
    if (trusted.some((each) => each.fingerprint256 === subject.fingerprint256)) return true;
    const issuer = [...trusted, ...stamp.certificates].find((each) =>
      holds(() => each.ca && subject.checkIssued(each) && subject.verify(each.publicKey)),
    );
    if (issuer === undefined || issuer === at) return false;
    at = issuer;
  }
  return false;
}

const heldAt = ({ validFrom, validTo }: X509Certificate, ms: number): boolean =>
  Date.parse(validFrom) <= ms && ms <= Date.parse(validTo);
