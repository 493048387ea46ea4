import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RECORD_KINDS, type RecordKind } from '@runward/protocol';
import type { ControlPlaneSettings } from '@runward/server';
import { type Command, EXIT, numberOption, type Parsed, UsageError } from '../../command.js';
import { printDiagnostics } from '../../diagnostics-text.js';
import { builtPages, defaultRules, versionText } from '../../installation.js';
import { durationOption } from '../../quantity.js';
import { SERVER_STATE_OPTION, serverStateOf } from '../../server-options.js';
import { SessionEnd } from '../../session.js';
import { sealingTpm, TPM_OPTION, tpmOf } from '../../tpm-option.js';
import { readYamlFiles } from '../../yaml-files.js';

export const run: Command = {
  name: 'server run',
  summary: 'start the server',
  operands: '',
  about: `Listens for agents, and with the API (docs/control-plane-api.md) for people and programs, until it is interrupted. The first start
makes the authority that signs for nodes, whose folder is what has to be kept safe and backed up (docs/server.md), and an
account \`admin\`, whose password it prints once.`,
  options: {
    listen: { type: 'string', value: 'HOST:PORT', doc: 'where agents connect (default 0.0.0.0:7443)' },
    api: {
      type: 'string',
      value: 'HOST:PORT',
      doc: 'where people and programs ask, HTTPS (default 127.0.0.1:8443)',
    },
    'no-api': { type: 'boolean', doc: 'for agents alone' },
    'api-name': {
      type: 'string',
      multiple: true,
      value: 'NAME',
      doc: 'a name or address it is reached by, for its certificate; repeatable',
    },
    provider: {
      type: 'string',
      value: 'FILE',
      doc: 'sign-in through OpenID Connect (docs/control-plane-api.md)',
    },
    'four-eyes': { type: 'boolean', doc: 'nobody approves what they wrote themselves (docs/documents.md)' },
    'reset-admin': {
      type: 'boolean',
      doc: 'gives `admin` a new password and prints it, for when it is lost',
    },
    'keep-days': { type: 'string', value: 'N', doc: 'how long to keep what nodes told (default 90)' },
    'attest-every': {
      type: 'string',
      value: 'TIME',
      doc: 'how often nodes with a TPM have to prove what they run on (default 10m)',
    },
    'on-distrust': {
      type: 'string',
      value: 'WHAT',
      doc: 'what becomes of a node that fails: `alert`, or `revoke` its certificate (default alert)',
    },
    'ek-roots': {
      type: 'string',
      value: 'DIR',
      doc: 'certificates of makers of TPMs: a TPM with a certificate has to lead to one of them',
    },
    ...TPM_OPTION,
    'require-tpm': { type: 'boolean', doc: 'no node enrols without a TPM' },
    'keep-kind': {
      type: 'string',
      multiple: true,
      value: 'KIND=DAYS',
      doc: 'how long to keep what is of this kind, such as `flow=7`; repeatable',
    },
    'store-memory': { type: 'string', value: 'MIB', doc: 'what its store may have of memory (default 512)' },
    ...SERVER_STATE_OPTION,
  },
  examples: [['runward server --listen 192.0.2.1:7443', 'on one address']],
  run: serverCommand,
};

const DAY_MS = 86_400_000;
const LEAST_ATTEST_MS = 10_000;
const MOST_ATTEST_MS = 7 * DAY_MS;
const say = (message: string): void => void process.stderr.write(`runward: ${message}\n`);

async function serverCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, '`runward server --help` lists what there is');
  const { host, port } = listenOption(args.text('listen') ?? '0.0.0.0:7443');
  const settings = {
    ...{ state: serverStateOf(args), host, port, say },
    memoryMib: numberOption(args, 'store-memory', 512, 128, 1024 * 1024),
    attestation: attestationOf(args),
    keepMs: numberOption(args, 'keep-days', 90, 1, 36_500) * DAY_MS,
    keepByKindMs: keepByKind(args.texts('keep-kind')),
  };
  const api = await apiOf(args);
  if (api === 'rejected') return EXIT.usage;
  const end = new SessionEnd();
  const { startControlPlane, startLink } = await import('@runward/server');
  if (api === undefined) {
    const link = await startLink(settings);
    say(`ready; agents connect to port ${link.server.port}, authority ${link.authority.slice(0, 16)}`);
    await end.requested;
    await link.close();
    return EXIT.ok;
  }
  const { holdFile } = await import('@runward/agent/evidence');
  const server = await startControlPlane({
    ...{ ...settings, api, version: versionText(), hold: holdFile, resetAdmin: args.flag('reset-admin') },
    sealer: await sealingTpm(args, await tpmOf(args), say),
    ...{ fourEyes: args.flag('four-eyes'), baseRules: shippedRules() },
  });
  if (server.admin !== undefined) {
    say(`the password of \`${server.admin.name}\`, told this once:`);
    process.stdout.write(`${server.admin.password}\n`);
  }
  say(
    `ready; agents connect to port ${server.link.server.port}, people to https://localhost:${server.apiPort}, authority ${server.link.authority.slice(0, 16)}`,
  );
  await end.requested;
  await server.close();
  return EXIT.ok;
}

/** Those that nodes have where nobody says otherwise; read when the first document of rules is judged. */
function shippedRules(): () => ReturnType<typeof readYamlFiles>['files'] {
  let files: ReturnType<typeof readYamlFiles>['files'] | undefined;
  return () => {
    files ??= readYamlFiles([defaultRules]).files;
    return files;
  };
}

/** undefined: without. `rejected`: its file has errors, which were printed. */
async function apiOf(args: Parsed): Promise<ControlPlaneSettings['api'] | 'rejected' | undefined> {
  if (args.flag('no-api')) {
    const other = ['api', 'api-name', 'provider'].find(
      (name) => args.text(name) !== undefined || (name === 'api-name' && args.texts(name).length > 0),
    );
    if (other !== undefined)
      throw new UsageError(`\`--no-api\` and \`--${other}\` exclude each other`, 'leave one of them out');
    return undefined;
  }
  const names = args.texts('api-name');
  const strange = names.find((name) => !/^[\w.:-]{1,253}$/.test(name));
  if (strange !== undefined)
    throw new UsageError(`\`--api-name ${strange}\` is no name`, 'write a host name or an address');
  const pages = existsSync(join(builtPages, 'index.html')) ? builtPages : undefined;
  const address = { ...listenOption(args.text('api') ?? '127.0.0.1:8443', 'api'), names, pages };
  const path = args.text('provider');
  if (path === undefined) return address;
  const { readProvider } = await import('@runward/server');
  const { provider, problems } = readProvider({ name: path, text: textOf(path) }, dirname(path));
  printDiagnostics(problems);
  return provider === undefined ? 'rejected' : { ...address, provider };
}

function attestationOf(args: Parsed): NonNullable<ControlPlaneSettings['attestation']> {
  const everyMs = durationOption(args, 'attest-every') ?? 600_000;
  if (everyMs < LEAST_ATTEST_MS || everyMs > MOST_ATTEST_MS)
    throw new UsageError('`--attest-every` is too short or too long', 'write a time from `10s` to `7d`');
  const onDistrust = args.text('on-distrust') ?? 'alert';
  if (onDistrust !== 'alert' && onDistrust !== 'revoke')
    throw new UsageError(`\`--on-distrust ${onDistrust}\` is not understood`, 'write `alert` or `revoke`');
  const roots = args.text('ek-roots');
  return {
    ...{ everyMs, onDistrust, isRequired: args.flag('require-tpm') },
    anchors: roots === undefined ? [] : certificatesIn(roots),
  };
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** All of a folder: PEM, or DER. @throws UsageError for a file that is neither */
function certificatesIn(folder: string): readonly X509Certificate[] {
  let at = folder;
  try {
    const found = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory()) return [];
      at = join(folder, entry.name);
      const bytes = readFileSync(at);
      const texts = bytes.toString('latin1').match(PEM);
      return (texts ?? [bytes]).map((each) => new X509Certificate(each));
    });
    if (found.length > 0) return found;
  } catch (error) {
    throw new UsageError(
      `\`--ek-roots\`: \`${at}\` cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      'name a folder of certificates, PEM or DER',
    );
  }
  throw new UsageError(
    `\`--ek-roots ${folder}\` has no certificate`,
    'name a folder of certificates, PEM or DER',
  );
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `the file \`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'check that it exists and may be read',
    );
  }
}

/** `KIND=DAYS`, each kind once. */
export function keepByKind(texts: readonly string[]): Readonly<Partial<Record<RecordKind, number>>> {
  const kept: Partial<Record<RecordKind, number>> = {};
  for (const text of texts) {
    const [, name, digits] = /^([a-z]+)=(\d{1,5})$/.exec(text) ?? [];
    const kind = RECORD_KINDS.find((each) => each === name);
    const days = Number(digits);
    if (kind === undefined || !(days >= 1 && days <= 36_500) || kept[kind] !== undefined)
      throw new UsageError(
        `\`--keep-kind ${text}\` is not understood`,
        `write \`KIND=DAYS\`, each kind once, of ${RECORD_KINDS.join(', ')}`,
      );
    kept[kind] = days * DAY_MS;
  }
  return kept;
}

/** `HOST:PORT`, `[::1]:PORT`, or a port. */
export function listenOption(
  text: string,
  name = 'listen',
): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([0-9a-fA-F:.]+)\]:|([^\s:/]+):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535)
    throw new UsageError(
      `\`--${name} ${text}\` is no address`,
      'write `0.0.0.0:7443`, `[::1]:7443` or a port',
    );
  return { host: bracketed ?? plain ?? '0.0.0.0', port };
}
