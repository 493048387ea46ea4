import { createHash, X509Certificate } from 'node:crypto';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { toJson, visible } from '../../terminal.js';
import { TPM_OPTION, tpmOf } from '../../tpm-option.js';

export const tpm: Command = {
  name: 'agent tpm',
  summary: 'the TPM of this machine, and what can be proven with it',
  operands: '',
  about: `Asks the TPM who it is, has it sign its registers, and replays the boot log and IMA's list against them: whether this machine could
be attested, and where a server would find fault with what it says, before it is asked. Changes nothing.`,
  options: { ...TPM_OPTION, json: { type: 'boolean', doc: 'one JSON object' } },
  examples: [['runward agent tpm', 'is there one, and do the logs come to its registers?']],
  run: tpmCommand,
};

async function tpmCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'write `runward agent tpm`');
  const device = await tpmOf(args);
  if (device === undefined) {
    process.stdout.write(
      args.flag('json')
        ? `${toJson({ tpm: null })}\n`
        : 'no TPM: nothing of what this machine runs on can be proven\n',
    );
    return EXIT.ok;
  }
  const [
    { checkBootLog, checkImaList, containerPath, fingerprintOf, NO_ENTRIES },
    { readBootLog, readImaList },
  ] = await Promise.all([import('@runward/tpm'), import('@runward/tpm/node')]);
  const { manufacturer, firmware } = await device.make();
  const { endorsement, certificate, attestation } = await device.identity();
  const { values } = await device.quote(createHash('sha256').update('runward agent tpm').digest());
  const events = checkBootLog(await readBootLog(), values);
  const list = checkImaList(await readImaList(0), NO_ENTRIES, values);
  const measured = 'reason' in list ? [] : list.entries;
  const facts = {
    ...{ tpm: device.path, manufacturer, firmware },
    endorsement: fingerprintOf(endorsement),
    certificate: certificate === undefined ? null : issuerOf(certificate),
    attestation: fingerprintOf(attestation),
    bootLog: events === undefined ? null : 'reason' in events ? events : { events: events.length },
    ima:
      'reason' in list
        ? list
        : {
            entries: measured.length,
            ofContainers: measured.filter(({ file }) => containerPath(file.path) !== undefined).length,
          },
    registers: Object.fromEntries([...values].map(([register, value]) => [register, value.toString('hex')])),
  };
  process.stdout.write(`${args.flag('json') ? toJson(facts) : lines(facts).join('\n')}\n`);
  return 'reason' in list || (events !== undefined && 'reason' in events) ? EXIT.failure : EXIT.ok;
}

function issuerOf(der: Buffer): string {
  try {
    return new X509Certificate(der).issuer.replaceAll('\n', ', ');
  } catch {
    return 'a certificate that cannot be read';
  }
}

interface Facts {
  readonly tpm: string;
  readonly manufacturer: string;
  readonly firmware: string;
  readonly endorsement: string;
  readonly certificate: string | null;
  readonly attestation: string;
  readonly bootLog: { readonly events: number } | { readonly detail: string } | null;
  readonly ima: { readonly entries: number; readonly ofContainers: number } | { readonly detail: string };
}

function lines({
  tpm: path,
  manufacturer,
  firmware,
  endorsement,
  certificate,
  attestation,
  bootLog,
  ima,
}: Facts): readonly string[] {
  return [
    `${path}: ${visible(manufacturer)}, firmware ${firmware}`,
    `endorsement key ${endorsement}, ${certificate === null ? 'no certificate' : `certified by ${visible(certificate)}`}`,
    `attestation key ${attestation}`,
    bootLog === null
      ? 'boot log: none with SHA-256, so a server can judge the values of registers alone'
      : 'detail' in bootLog
        ? `boot log: ${bootLog.detail}`
        : `boot log: ${bootLog.events} events, which come to the registers`,
    'detail' in ima
      ? `IMA: ${visible(ima.detail)}`
      : ima.entries === 0
        ? 'IMA: measures nothing (the kernel starts it with `ima_policy=tcb`)'
        : `IMA: ${ima.entries} entries, which come to register 10; ${ima.ofContainers} by paths of containers`,
  ];
}
