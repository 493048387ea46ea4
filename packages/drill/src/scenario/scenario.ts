import { flag, list, map, needed, optional, type Read, text, whole, word } from '../document/shape.js';
import { TACTICS, TECHNIQUE } from './attack.js';

/** What a scenario is about. `escape` is a part of privilege escalation that containers have to themselves. */
export const THEMES = [
  'escape',
  'privilege-escalation',
  'execution',
  'persistence',
  'credential-access',
  'discovery',
  'lateral-movement',
  'command-and-control',
  'exfiltration',
  'impact',
  'defense-evasion',
  'ordinary',
] as const;
export type Theme = (typeof THEMES)[number];

const ADDRESS = text({
  what: 'an IPv4 address',
  most: 15,
  pattern: '^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\\.(?!$)|$)){4}$',
});
const PATH = text({
  what: 'an absolute path without `..`',
  most: 255,
  pattern: '^(?:/(?!\\.{1,2}(?:/|$))[^/]+)+$',
});

const fileShape = map({
  path: needed(PATH, 'Where the file is in the image of the container.'),
  text: needed(
    text({ what: 'what is in the file', most: 65_536 }),
    'What is in it. Decoys only: it is no secret.',
  ),
  mode: optional(
    text({ what: 'an octal mode in quotes, such as `"0600"`', most: 4, pattern: '^[0-7]{3,4}$' }),
    'Its permissions (default "0644").',
  ),
});

const containerShape = map({
  privileged: optional(flag, 'All capabilities the drill has to give, and /proc and /sys to write to.'),
  settled: optional(
    flag,
    'Wait until the container is half a minute old: rules excuse what entrypoints set up.',
  ),
  files: optional(list(fileShape, 0, 32), 'Files that the image has besides its programs.'),
});

const networkShape = map({
  addresses: optional(
    list(ADDRESS, 0, 64),
    'Addresses of the outside that are given to the loopback interface of the container, so that what is sent to them goes nowhere.',
  ),
  listeners: optional(
    list(whole(1, 65_535), 0, 16),
    'TCP ports that are answered in the network namespace of the container, by a process outside of it.',
  ),
});

const stepShape = map({
  title: needed(
    text({ what: 'one line that says what it does', most: 200 }),
    'What the step does, in a few words.',
  ),
  run: needed(text({ what: 'a script for sh', most: 16_384 }), 'A script for sh, run in the container.'),
  exit: optional(
    list(whole(0, 255), 1, 8),
    'Exit codes that are expected (default 0). Another one: the act did not happen, and the scenario failed.',
  ),
  terminal: optional(flag, 'Run it on a terminal of its own, as a person would.'),
  timeout: optional(whole(1, 600), 'Seconds until the step is given up (default 60).'),
});

const expectShape = map({
  rules: optional(
    list(text({ what: 'the name of a rule', most: 255 }), 0, 16),
    'Rules any one of which detects it.',
  ),
  techniques: optional(
    list(text({ what: 'a technique, such as `T1611`', most: 9, pattern: `^${TECHNIQUE}$` }), 0, 16),
    'Techniques of ATT&CK: any rule tagged with one of them detects it. Default: `technique`.',
  ),
  any: optional(flag, 'Whatever is reported of the container detects it.'),
});

export const scenarioShape = map({
  id: needed(
    text({ what: 'small letters, digits and `-`', most: 48, pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' }),
    'The name commands use.',
  ),
  title: needed(text({ what: 'one line', most: 120 }), 'What happens, in a line.'),
  about: needed(
    text({ what: 'a few sentences', most: 4096 }),
    'Why anybody does this, and why the drill is harmless.',
  ),
  theme: needed(word(THEMES), 'What the report groups it under.'),
  tactic: optional(word(TACTICS), 'The tactic of MITRE ATT&CK.'),
  technique: optional(
    text({ what: 'a technique, such as `T1611`', most: 9, pattern: `^${TECHNIQUE}$` }),
    'The technique of MITRE ATT&CK.',
  ),
  benign: optional(flag, 'A look-alike: ordinary work that must not be reported.'),
  container: optional(containerShape, 'The scratch container.'),
  network: optional(networkShape, 'What its own network namespace has.'),
  steps: needed(list(stepShape, 1, 16), 'What is done, in order.'),
  expect: optional(expectShape, 'What counts as detected.'),
});

export type Scenario = Read<typeof scenarioShape>;
export type Step = Scenario['steps'][number];

/** Seconds. */
export const DEFAULT_STEP_TIMEOUT = 60;
