import { hostname } from 'node:os';
import { resolve } from 'node:path';
import {
  Agent,
  AgentError,
  type AgentOptions,
  type Detection,
  EvidenceHost,
  type Loss,
} from '@runward/agent';
import { DetectionHub } from '@runward/agent/detection-hub';
import type { IncidentService, IncidentServiceOptions } from '@runward/agent/incidents';
import type { PolicyHost } from '@runward/agent/policies';
import type { RespondHost } from '@runward/agent/respond';
import type { Decision } from '@runward/state';
import { PINS_OPTION, pinsOf, STATE_OPTION, socketOf, stateOf } from '../agent-client.js';
import { type Command, EXIT, numberOption, type Parsed, UsageError } from '../command.js';
import type { ControlSession, ControlSessionOptions } from '../control-session.js';
import { CHOICE_OPTIONS, FORMAT_OPTIONS, formatOf, formatter, urgencyTest } from '../detection-output.js';
import { printDiagnostics } from '../diagnostics-text.js';
import { EVIDENCE_OPTIONS, evidenceChoice } from '../evidence-options.js';
import { defaultRules, enforceObject, isolateObject, producerName, sensorObject } from '../installation.js';
import { interestText } from '../interest-text.js';
import { networkDetections } from '../network-settings.js';
import { NOISE_OPTIONS, noiseOptions } from '../noise-options.js';
import { LineWriter } from '../output.js';
import { OutputSession } from '../output-session.js';
import { readOutputsFile } from '../outputs-file.js';
import { PLAYBOOK_OPTIONS, playbookOption } from '../playbook-options.js';
import { missingAbilities } from '../programs-text.js';
import { readRuleFiles } from '../rule-files.js';
import { RUNTIME_OPTIONS, registryOptions } from '../runtime-options.js';
import { conclude, LossNotices, SessionEnd } from '../session.js';

const MIB = 1024 * 1024;
/** Detections that wait until incidents are read from the disk. */
const MOST_EARLY = 20_000;

export const run: Command = {
  name: 'run',
  summary: 'watch containers and report what they should not do',
  operands: '',
  about: `Attaches the sensor, loads the rules and writes one detection per match to standard output, until it
is interrupted. Everything else (readiness, warnings, loss, the closing summary) goes to standard error.

The first of identical detections is reported at once; those that follow within --group are counted and
reported as one line with their number. What exceeds --rate-limit is counted and told once a minute.

Rules are files in the Falco rule language; later files override earlier ones. A file with errors stops
the start before anything is attached. SIGHUP reads the files again; if they have errors the rules in
force stay.

Applied policies (\`runward policy\`) are put in force and stay so when this command ends, however it does.`,
  options: {
    rules: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'rules to load, repeatable (default: the rules that come with runward)',
    },
    ...FORMAT_OPTIONS,
    host: { type: 'boolean', doc: 'also watch what happens outside containers' },
    ...CHOICE_OPTIONS,
    ...NOISE_OPTIONS,
    'ring-size': { type: 'string', value: 'MIB', doc: 'size of the event ring, a power of two (default 8)' },
    'identity-timeout': {
      type: 'string',
      value: 'MS',
      doc: "how long an event waits for its container's metadata (default 1000)",
    },
    'flight-recorder': {
      type: 'string',
      value: 'DIR',
      doc: 'keep the last minutes of events in this folder, for `runward replay`',
    },
    'flight-recorder-minutes': { type: 'string', value: 'N', doc: 'how many minutes to keep (default 15)' },
    'flight-recorder-size': { type: 'string', value: 'MB', doc: 'how much to keep at most (default 256)' },
    'explain-interest': {
      type: 'boolean',
      doc: 'say what the rules make the kernel send and why, on standard error; with --json as one JSON line',
    },
    'no-narrowing': {
      type: 'boolean',
      doc: 'have the kernel send the same of every process, whatever it runs (for diagnosis)',
    },
    socket: {
      type: 'string',
      value: 'PATH',
      doc: 'where this agent can be asked and told (default /run/runward/agent.sock)',
    },
    'no-socket': { type: 'boolean', doc: 'without a control socket' },
    'no-flows': {
      type: 'boolean',
      doc: 'do not count who talks to whom (`runward flows` and `map` need it)',
    },
    ...PLAYBOOK_OPTIONS,
    'network-detections': {
      type: 'boolean',
      doc: 'also look for scans, beacons and telling destinations in the flows of containers',
    },
    'network-settings': {
      type: 'string',
      value: 'FILE',
      doc: 'thresholds and exceptions of these detections, which it turns on',
    },
    outputs: {
      type: 'string',
      value: 'FILE',
      doc: 'also send detections where this file says (`runward outputs --help`)',
    },
    ...STATE_OPTION,
    ...EVIDENCE_OPTIONS,
    ...PINS_OPTION,
    'no-enforcement': { type: 'boolean', doc: 'put no policy in force; what is in force already stays' },
    ...RUNTIME_OPTIONS,
  },
  examples: [
    ['runward run', 'watch with the default rules'],
    [
      'runward run --rules falco_rules.yaml --rules local.d/ --json',
      'existing rules, output for existing consumers',
    ],
    ['runward run --format full --min-priority Error', 'what is urgent, with everything known about it'],
  ],
  run: runCommand,
};

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

async function runCommand(args: Parsed): Promise<number> {
  const startedAtMs = performance.now();
  const format = formatOf(args);
  const isUrgent = await urgencyTest(args);
  const paths = args.texts('rules').length > 0 ? args.texts('rules') : [defaultRules];
  if (args.rest.length > 0) {
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'rule files are given with `--rules FILE`');
  }
  const noise = noiseOptions(args);
  const network = await networkDetections(args);
  if (network === 'rejected') return EXIT.usage;
  const outputsFile = args.text('outputs');
  const sendTo = outputsFile === undefined ? [] : await readOutputsFile(outputsFile);
  if (sendTo === 'rejected') return EXIT.usage;
  const socket = socketOf(args);
  const state = stateOf(args);
  const options = {
    ringSize: ringSize(args),
    identityTimeoutMs: numberOption(args, 'identity-timeout', 1000, 0, 60_000),
    host: args.flag('host'),
    explain: args.flag('explain-interest'),
    narrow: !args.flag('no-narrowing'),
    runtimes: registryOptions(args),
    objectPath: sensorObject,
    recording: flightRecorder(args),
  };
  const { files, problems } = await readRuleFiles(paths);
  if (problems.length > 0) {
    printDiagnostics(problems);
    return EXIT.usage;
  }
  const playbooks = await playbookOption(args);
  if (playbooks === undefined) return EXIT.usage;
  const kept = evidenceChoice(args, state);
  const evidence = new EvidenceHost({
    ...{
      folder: kept.folder,
      limits: kept.limits,
      timeAuthority: kept.timeAuthority,
      producer: producerName(),
      host: hostname(),
    },
    say: (message) => void process.stderr.write(`runward: ${message}\n`),
  });
  if (kept.isAsked) await evidence.open();
  const end = new SessionEnd();
  const writer = new LineWriter(() => end.request());
  const write = await formatter(format);
  const outputs = sendTo.length === 0 ? undefined : new OutputSession();
  const losses = new LossNotices();
  const detections = new DetectionHub();
  let lost: readonly Loss[] = [];
  let policies: PolicyHost | undefined;
  let respond: RespondHost | undefined;
  let rules = files;
  let incidents: IncidentService | undefined;
  const early: Detection[] = [];
  const put = (items: readonly Detection[]): Promise<void> | undefined => {
    detections.publish(items);
    if (incidents === undefined && early.length < MOST_EARLY) early.push(...items);
    respond?.take(items);
    const told = incidents?.take(items) ?? items;
    evidence.detections(told);
    outputs?.write(told);
    return writer.write(told.filter((d) => isUrgent(d.priority)).map(write));
  };
  const agent = await Agent.start(
    { ...options, mode: { kind: 'rules', files, allMatches: args.flag('all-matches'), noise } },
    {
      onDetections: put,
      onDiagnostics: (diagnostics) => printDiagnostics(diagnostics),
      onLoss: (now) => {
        lost = now;
        losses.tell(lost);
        evidence.loss(lost);
      },
      onRecordingProblem: (problem) => {
        process.stderr.write(
          `runward: flight recorder: ${problem.message}; it goes on with its next segment\n`,
        );
      },
      onFailure: ({ message }) => {
        void evidence.append('agent.stop', { why: message });
        end.request();
      },
      onContainer: (_, container, asked) => {
        policies?.met(asked, container);
        respond?.met(container);
      },
      onContainerEnd: (id) => {
        policies?.ended(id);
        respond?.ended(id);
      },
    },
  ).catch((error: unknown) => {
    if (error instanceof AgentError && error.code === 'AGENT_RULES_REJECTED') return undefined;
    throw error;
  });
  if (agent === undefined) {
    await evidence.close();
    process.stderr.write('runward: the rules have errors; nothing was attached\n');
    return EXIT.usage;
  }
  if (agent.interest !== undefined) {
    const text = format === 'text' ? interestText(agent.interest).join('\n') : JSON.stringify(agent.interest);
    process.stderr.write(`${text}\n`);
  }
  for (const { gives, problem } of missingAbilities(agent.programs)) {
    process.stderr.write(`runward: without ${gives}: ${problem} (\`runward doctor\` tells more)\n`);
  }
  process.stderr.write(
    `runward: ready after ${Math.round(performance.now())} ms; ${agent.rules} rules over ${agent.eventTypes} event types, ` +
      `${options.host ? 'containers and host' : 'containers'}\n`,
  );
  const putOnRecord = (decision: Decision): void => evidence.decision(decision);
  await outputs?.open(sendTo, state);
  const room = await import('@runward/agent/policies'); // only now: it must not delay the sensor
  policies = new room.PolicyHost({
    state,
    pinFolder: pinsOf(args) ?? room.pinFolderOf(state),
    objectPath: enforceObject,
    disabled: args.flag('no-enforcement') ? 'this agent was started with `--no-enforcement`' : undefined,
    // Asked about containers that run: their runtimes know them by now, or will not.
    identify: (request) => agent.identify(request, 0),
    report: (records) => agent.reportVerdicts(records),
    say: (message) => void process.stderr.write(`runward: ${message}\n`),
    onDecision: putOnRecord,
  });
  incidents = await openIncidents(
    { state, rules: () => rules, record: (body) => void evidence.append('incident', body) },
    early,
  );
  const { IsolationHost, isolationFolderOf } = await import('@runward/agent/isolation');
  const isolation = new IsolationHost({
    state,
    objectPath: isolateObject,
    pinFolder: isolationFolderOf(state),
    identify: (request) => agent.identify(request, 0),
    say: (message) => void process.stderr.write(`runward: ${message}\n`),
    onDecision: (decision) => {
      putOnRecord(decision);
      incidents?.decided(decision);
    },
  });
  const { beginEvidence, recordRules } = await import('../evidence-session.js');
  const onRecord = beginEvidence(evidence, { state, host: options.host, files });
  respond = new (await import('@runward/agent/respond')).RespondHost({
    ...{ state, isolation, runtimes: options.runtimes },
    identify: (request) => agent.identify(request, 0),
    known: (cgroup) => agent.containerOf(cgroup),
    ...{ evidence, playbooks },
    say: (message) => void process.stderr.write(`runward: ${message}\n`),
  });
  const responding = isolation.start().then(() => respond?.start());
  const inForce = Promise.all([policies.start(), responding, onRecord]);
  const control = args.flag('no-socket')
    ? undefined
    : await openControl(agent, {
        socket,
        state,
        policies,
        isolation,
        evidence,
        incidents,
        respond,
        host: options.host,
        detections,
        lost: () => lost,
        flows: !args.flag('no-flows'),
        outputs: outputs && (() => outputs.status),
        network: network && {
          ...network,
          take: (found) => void put(found),
        },
      });
  await inForce;
  const reload = async (): Promise<void> => {
    const again = await readRuleFiles(paths);
    if (again.problems.length > 0) printDiagnostics(again.problems);
    const accepted = again.problems.length === 0 && (await agent.reload(again.files));
    recordRules(evidence, 'reload', again.files, accepted);
    if (accepted) rules = again.files;
    process.stderr.write(
      accepted ? 'runward: rules reloaded\n' : 'runward: the rules have errors; the old ones stay in force\n',
    );
  };
  end.onHangup(() => {
    void reload();
    void policies?.reload();
    void playbookOption(args).then((again) => again && respond?.replacePlaybooks(again));
  });
  await end.requested;
  await control?.close();
  await policies.close();
  respond.close();
  await isolation.close();
  await agent.stop().catch(() => undefined); // told by what follows
  await incidents.close();
  await outputs?.close();
  return conclude(agent, end, { writer, startedAtMs, json: format !== 'text', evidence });
}

/** What was told before it was loaded is in it all the same. */
async function openIncidents(
  options: Omit<IncidentServiceOptions, 'say'>,
  early: Detection[],
): Promise<IncidentService> {
  const { IncidentService } = await import('@runward/agent/incidents');
  const say = (message: string): void => void process.stderr.write(`runward: ${message}\n`);
  const service = await IncidentService.open({ ...options, say });
  if (early.length >= MOST_EARLY)
    say(`of the first detections ${early.length} are in incidents; those after them are not`);
  service.take(early.splice(0));
  return service;
}

/** Loaded only now: what waits for questions must not delay the sensor. */
async function openControl(
  agent: Agent,
  options: ControlSessionOptions,
): Promise<ControlSession | undefined> {
  try {
    const { ControlSession } = await import('../control-session.js');
    return await ControlSession.open(agent, options);
  } catch (error) {
    await agent.stop();
    throw error;
  }
}
