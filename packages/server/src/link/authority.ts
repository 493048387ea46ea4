import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LINK_NAME } from '@runward/protocol';
import { messageOf, ServerError } from '../error.js';
import { makePrivateFolder, readIfThere, writeWhole } from '../files.js';
import {
  type CertificateOrder,
  fingerprint,
  issue,
  keyToPem,
  makeAuthority,
  newKeys,
} from './certificates.js';
import type { PublicKey } from './x509.js';

const DAY_MS = 86_400_000;
const SERVER_MS = 90 * DAY_MS;
/** A new certificate for the server is made when less is left. */
const RENEW_MS = 30 * DAY_MS;

/** What the link serves with. */
export interface ServingIdentity {
  readonly certificate: string;
  readonly key: string;
}

/**
 * The authority that this server made on its first start: it signs for its nodes and for the server itself, and for
 * nothing else. Its folder is what has to be kept safe, and backed up.
 */
export class Authority {
  readonly #folder: string;
  readonly #certificate: string;
  readonly #key: string;
  /** Signs commands, and what nodes are to hold. */
  readonly commandKey: KeyObject;

  private constructor(folder: string, certificate: string, key: string, commandKey: KeyObject) {
    this.#folder = folder;
    this.#certificate = certificate;
    this.#key = key;
    this.commandKey = commandKey;
  }

  /** @throws ServerError SERVER_AUTHORITY_UNUSABLE */
  static async open(folder: string, now = Date.now()): Promise<Authority> {
    try {
      makePrivateFolder(folder);
      const [keyPath, certificatePath] = [join(folder, 'authority.key'), join(folder, 'authority.pem')];
      const certificate = readIfThere(certificatePath);
      const commandKey = commandKeyIn(folder);
      if (certificate !== undefined) {
        const key = readIfThere(keyPath);
        if (key === undefined) throw new Error('`authority.key` is missing');
        if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
          throw new Error('`authority.key` is not the key of `authority.pem`');
        return new Authority(folder, certificate, key, commandKey);
      }
      const keys = await newKeys();
      const made = await makeAuthority(keys, now);
      const key = await keyToPem(keys);
      // The certificate last: without it nobody has trusted this authority yet, and another is made.
      writeWhole(keyPath, key);
      writeWhole(certificatePath, made);
      return new Authority(folder, made, key, commandKey);
    } catch (cause) {
      throw new ServerError(
        'SERVER_AUTHORITY_UNUSABLE',
        `the authority in \`${folder}\` cannot be used: ${messageOf(cause)}`,
        {
          help: 'restore the folder from a backup; if it is removed, another authority is made and every node has to enrol again',
          cause,
        },
      );
    }
  }

  /** The certificate, PEM. */
  get certificate(): string {
    return this.#certificate;
  }

  get fingerprint(): string {
    return fingerprint(this.#certificate);
  }

  get commandKeyPem(): string {
    return createPublicKey(this.commandKey).export({ type: 'spki', format: 'pem' }).toString();
  }

  /** A certificate for a node's key. */
  forNode(id: string, publicKey: PublicKey, now: number, validMs: number): Promise<string> {
    return issue({ commonName: id, publicKey, use: 'node', now, validMs }, this.#certificate, this.#key);
  }

  /** What the server shows nodes; made anew before it expires. @throws NodeJS.ErrnoException */
  serving(now = Date.now()): Promise<ServingIdentity> {
    return this.#servingAs('server.pem', LINK_NAME, [{ type: 'dns', value: LINK_NAME }], now);
  }

  /** What the server shows browsers and programs: for this machine's names, and the names and addresses that are given. */
  servingPeople(names: readonly string[], now = Date.now()): Promise<ServingIdentity> {
    const all = [...new Set(['localhost', '127.0.0.1', '::1', hostname(), ...names])];
    const subjects = all.map((value) => ({
      type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
      value,
    }));
    return this.#servingAs('people.pem', all.at(-1) ?? 'localhost', subjects, now);
  }

  async #servingAs(
    file: string,
    commonName: string,
    names: NonNullable<CertificateOrder['names']>,
    now: number,
  ): Promise<ServingIdentity> {
    const path = join(this.#folder, file);
    const [certificate, key] = (readIfThere(path) ?? '').split(/(?=-----BEGIN PRIVATE KEY-----)/);
    if (certificate !== undefined && key !== undefined && this.#holds(certificate, names, now))
      return { certificate, key };
    const keys = await newKeys();
    const order = {
      commonName,
      publicKey: keys.publicKey,
      use: 'server',
      names,
      now,
      validMs: SERVER_MS,
    } as const;
    const made = {
      certificate: `${(await issue(order, this.#certificate, this.#key)).trim()}\n`,
      key: await keyToPem(keys),
    };
    writeWhole(path, made.certificate + made.key);
    return made;
  }

  #holds(pem: string, names: NonNullable<CertificateOrder['names']>, now: number): boolean {
    const certificate = new X509Certificate(pem);
    const isFor = ({ type, value }: (typeof names)[number]): boolean =>
      (type === 'ip' ? certificate.checkIP(value) : certificate.checkHost(value)) !== undefined;
    if (!names.every(isFor)) return false;
    const left = Date.parse(certificate.validTo) - now;
    return left > RENEW_MS && certificate.verify(new X509Certificate(this.#certificate).publicKey);
  }
}

function commandKeyIn(folder: string): KeyObject {
  const path = join(folder, 'command.key');
  const text = readIfThere(path);
  if (text !== undefined) return createPrivateKey(text);
  const { privateKey } = generateKeyPairSync('ed25519');
  writeWhole(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return privateKey;
}
