import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { AgentOptions } from '@runward/agent';
import type { HealthPlace } from '@runward/agent/health';
import type { IntegritySettings } from '@runward/integrity';
import type { OutputSettings } from '@runward/outputs';
import type { Playbook } from '@runward/respond/playbooks';
import type { ResponseSettings } from '@runward/respond/settings';
import type { Priority } from '@runward/rules';
import type { NodeTpm } from '@runward/tpm/node';
import { pinsOf, socketOf, stateOf } from '../agent-client.js';
import { numberOption, type Parsed, UsageError } from '../command.js';
import { type Format, formatOf, urgencyTest } from '../detection-output.js';
import { printDiagnostics } from '../diagnostics-text.js';
import { type EvidenceChoice, evidenceChoice } from '../evidence-options.js';
import { defaultRules, producerName, sensorObject } from '../installation.js';
import { readIntegrityFile } from '../integrity-settings.js';
import { metricsPlace } from '../metrics-options.js';
import { type NetworkChoice, networkDetections } from '../network-settings.js';
import { noiseOptions } from '../noise-options.js';
import { readOutputsFile } from '../outputs-file.js';
import { playbookOption } from '../playbook-options.js';
import { responseSettings } from '../response-settings.js';
import { readRuleFiles } from '../rule-files.js';
import { registryOptions } from '../runtime-options.js';
import { sealingTpm, tpmOf } from '../tpm-option.js';
import { type AttestChoice, attestChoice } from './attest-choice.js';
import { identityFolder, type ServerChoice, serverChoice } from './server-choice.js';

type RuleFiles = Awaited<ReturnType<typeof readRuleFiles>>['files'];

/** What `runward run` was told, read and found sound. */
export interface RunSettings {
  readonly host: string;
  readonly format: Format;
  readonly isUrgent: (priority: Priority) => boolean;
  readonly sensor: Omit<AgentOptions, 'mode'> & {
    readonly host: boolean;
    readonly runtimes: NonNullable<AgentOptions['runtimes']>;
  };
  readonly noise: ReturnType<typeof noiseOptions>;
  readonly allMatches: boolean;
  readonly rulePaths: readonly string[];
  readonly rules: RuleFiles;
  readonly network: NetworkChoice | undefined;
  readonly outputs: readonly OutputSettings[];
  /** undefined: no server is told. */
  readonly server: ServerChoice | undefined;
  /** The TPM that proves what this machine runs on; undefined: there is none. */
  readonly tpm: NodeTpm | undefined;
  /** The same, where it can keep the keys of the evidence log. */
  readonly sealer: NodeTpm | undefined;
  readonly playbooks: readonly Playbook[];
  readonly responses: ResponseSettings;
  /** Reads the files of playbooks again; undefined: they have errors, which were printed. */
  readonly readPlaybooks: () => Promise<readonly Playbook[] | undefined>;
  readonly evidence: EvidenceChoice;
  readonly metrics: HealthPlace | undefined;
  /** Where policies, incidents, responses, evidence and queues are. */
  readonly state: string;
  readonly pinFolder: string | undefined;
  readonly enforces: boolean;
  /** `none`: there is to be no control socket; undefined: at the default place. */
  readonly socket: string | 'none' | undefined;
  readonly flows: boolean;
  /** Look at what containers may do, this often; undefined: do not. */
  readonly attest: AttestChoice | undefined;
  /** Files that are watched; undefined: none. */
  readonly integrity: IntegritySettings | undefined;
}

const MIB = 1024 * 1024;
const say = (message: string): void => void process.stderr.write(`runward: ${message}\n`);

/**
 * Undefined: some file has errors, which were printed. Nothing has been attached or opened.
 *
 * @throws UsageError for options that cannot be
 */
export async function readRunSettings(args: Parsed): Promise<RunSettings | undefined> {
  const format = formatOf(args);
  const isUrgent = await urgencyTest(args);
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'rule files are given with `--rules FILE`');
  const rulePaths = args.texts('rules').length > 0 ? args.texts('rules') : [defaultRules];
  const noise = noiseOptions(args);
  const state = stateOf(args);
  const evidence = evidenceChoice(args, state);
  const metrics = metricsPlace(args);
  const socket = args.flag('no-socket') ? 'none' : socketOf(args);
  const sensor = sensorOptions(args);
  const network = await networkDetections(args);
  const server = chosenServer(args, state);
  const tpm = await tpmOf(args);
  const sealer = evidence.folder === undefined ? undefined : await sealingTpm(args, tpm, say);
  const outputsFile = args.text('outputs');
  const outputs = outputsFile === undefined ? [] : await readOutputsFile(outputsFile);
  if (network === 'rejected' || outputs === 'rejected') return undefined;
  const integrityFile = args.text('integrity');
  const integrity = integrityFile === undefined ? undefined : await readIntegrityFile(integrityFile);
  if (integrityFile !== undefined && integrity === undefined) return undefined;
  const { files: rules, problems } = await readRuleFiles(rulePaths);
  printDiagnostics(problems);
  if (problems.length > 0) return undefined;
  const playbooks = await playbookOption(args);
  const responses = await responseSettings(args);
  if (playbooks === undefined || responses === undefined) return undefined;
  return {
    ...{ host: hostname(), format, isUrgent, sensor, noise, rulePaths, rules, network, outputs, playbooks },
    ...{ evidence, metrics, state, socket, server, tpm, sealer, responses },
    allMatches: args.flag('all-matches'),
    readPlaybooks: () => playbookOption(args),
    pinFolder: pinsOf(args),
    enforces: !args.flag('no-enforcement'),
    flows: !args.flag('no-flows'),
    attest: attestChoice(args, state),
    integrity,
  };
}

/** Asked for, or this machine is a node already. */
function chosenServer(args: Parsed, state: string): ServerChoice | undefined {
  const choice = serverChoice(args);
  return choice?.server === undefined && !existsSync(join(identityFolder(state), 'identity.json'))
    ? undefined
    : choice;
}

const sensorOptions = (args: Parsed): RunSettings['sensor'] => ({
  ringSize: ringSize(args),
  identityTimeoutMs: numberOption(args, 'identity-timeout', 1000, 0, 60_000),
  host: args.flag('host'),
  explain: args.flag('explain-interest'),
  narrow: !args.flag('no-narrowing'),
  runtimes: registryOptions(args),
  objectPath: sensorObject,
  recording: flightRecorder(args),
});

function ringSize(args: Parsed): number {
  const mib = numberOption(args, 'ring-size', 8, 1, 1024);
  if ((mib & (mib - 1)) !== 0)
    throw new UsageError(`\`--ring-size ${mib}\` is not a power of two`, 'use 4, 8, 16, 32…');
  return mib * MIB;
}

function flightRecorder(args: Parsed): AgentOptions['recording'] {
  const folder = args.text('flight-recorder');
  const minutes = numberOption(args, 'flight-recorder-minutes', 15, 1, 60 * 24 * 7);
  const mib = numberOption(args, 'flight-recorder-size', 256, 8, 1024 * 1024);
  if (folder === undefined || folder === '') {
    const given = ['flight-recorder-minutes', 'flight-recorder-size'].find(
      (name) => args.text(name) !== undefined,
    );
    if (given === undefined && folder === undefined) return undefined;
    throw new UsageError(
      'the folder of the flight recorder is missing',
      'give it with `--flight-recorder DIR`',
    );
  }
  const target = {
    kind: 'flight',
    folder: resolve(folder),
    maxAgeMs: minutes * 60_000,
    maxBytes: mib * MIB,
  } as const;
  return { target, producer: producerName() };
}
