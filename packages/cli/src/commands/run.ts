import { PINS_OPTION, STATE_OPTION } from '../agent-client.js';
import { type Command, EXIT, type Parsed } from '../command.js';
import { CHOICE_OPTIONS, FORMAT_OPTIONS } from '../detection-output.js';
import { EVIDENCE_OPTIONS } from '../evidence-options.js';
import { METRICS_OPTIONS } from '../metrics-options.js';
import { NOISE_OPTIONS } from '../noise-options.js';
import { PLAYBOOK_OPTIONS } from '../playbook-options.js';
import { RESPONSE_SETTINGS_OPTIONS } from '../response-settings.js';
import { ATTEST_RUN_OPTIONS } from '../run/attest-choice.js';
import { RunSession } from '../run/run-session.js';
import { readRunSettings } from '../run/run-settings.js';
import { SERVER_OPTIONS, SERVER_QUEUE_OPTION } from '../run/server-choice.js';
import { RUNTIME_OPTIONS } from '../runtime-options.js';
import { SessionEnd } from '../session.js';
import { TPM_OPTION } from '../tpm-option.js';

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
    ...RESPONSE_SETTINGS_OPTIONS,
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
    ...ATTEST_RUN_OPTIONS,
    integrity: {
      type: 'string',
      value: 'FILE',
      doc: 'also watch the files this file names, and report who changed one (`runward integrity --help`)',
    },
    ...SERVER_OPTIONS,
    ...SERVER_QUEUE_OPTION,
    ...TPM_OPTION,
    ...METRICS_OPTIONS,
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

async function runCommand(args: Parsed): Promise<number> {
  const startedAtMs = performance.now();
  const settings = await readRunSettings(args);
  if (settings === undefined) return EXIT.usage;
  const end = new SessionEnd();
  const session = await RunSession.start(settings, end);
  if (session === undefined) return EXIT.usage;
  end.onHangup(() => session.reload());
  return session.conclude(startedAtMs);
}
