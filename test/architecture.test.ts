/** The conventions of ARCHITECTURE.md and CONTRIBUTING.md that a reviewer should not have to check by eye. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Tracked files and new ones that are not ignored, as paths from the root. */
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)));

const sourcesOf = (room: string): readonly string[] =>
  files.filter((path) => path.startsWith(`packages/${room}/src/`) && path.endsWith('.ts'));
const isTestCode = (path: string): boolean =>
  path.endsWith('.test.ts') || path.includes('/testing/') || path.includes('/fixtures/');

interface Room {
  readonly name: string;
  readonly mayImport: readonly string[];
  readonly because: string;
  /** Runs in a browser too: no file, socket or process. */
  readonly pure?: true;
}

/** Which room may import which. A room stands below every room it imports, so there is no cycle. */
const ROOMS: readonly Room[] = [
  { name: 'core', mayImport: [], because: 'everything imports it; an import here would be a cycle' },
  {
    name: 'yaml',
    mayImport: ['core'],
    because: 'rules and policies are written in YAML, and both say where; what the text means is theirs',
    pure: true,
  },
  {
    name: 'events',
    mayImport: ['core'],
    because: 'the contract knows nothing of who produces or judges events',
  },
  {
    name: 'rules',
    mayImport: ['core', 'events', 'yaml'],
    because: 'a language over the field catalogue; an editor in a browser runs it without a sensor',
    pure: true,
  },
  {
    name: 'policy',
    mayImport: ['core', 'events', 'yaml'],
    because: 'what a workload may do is decided the same way in an editor, a test, a backtest and an agent',
    pure: true,
  },
  {
    name: 'trust',
    mayImport: ['core', 'policy'],
    because:
      'whether an image is what was approved is decided the same way by a command, a wrapper and an agent',
  },
  {
    name: 'detect',
    mayImport: ['core', 'events', 'rules', 'policy'],
    because:
      'what a rule set makes of an event is the same live and replayed, in the terms of policies where it is about them',
    pure: true,
  },
  {
    name: 'outputs',
    mayImport: ['core', 'rules', 'detect', 'yaml'],
    because:
      'sends what was detected elsewhere; who detected it, and what else becomes of it, is decided above',
  },
  {
    name: 'tpm',
    mayImport: ['core'],
    because:
      'what a TPM says and what that is worth; who asks it, and what comes of the answer, is decided above',
  },
  {
    name: 'protocol',
    mayImport: ['core'],
    because: 'agent and server agree on it; what becomes of what was said is theirs',
  },
  {
    name: 'uplink',
    mayImport: ['core', 'detect', 'outputs', 'tpm', 'protocol'],
    because: 'brings to a server what it is handed and obeys; who found it, and who acts, is decided above',
  },
  {
    name: 'runtimes',
    mayImport: ['core', 'events'],
    because: 'answers who a container is, in the terms of the event model (types only); knows no kernel',
  },
  {
    name: 'tracker',
    mayImport: ['core', 'events'],
    because: 'who acted is worked out the same way live and from a recording, and knows neither source',
    pure: true,
  },
  {
    name: 'evidence',
    mayImport: ['core', 'events', 'tracker'],
    because: 'keeps what reached the tracker, in its terms; knows neither who brought it nor who reads it',
  },
  {
    name: 'replay',
    mayImport: ['core', 'events', 'rules', 'detect', 'runtimes', 'tracker', 'evidence', 'policy'],
    because: 'events from files instead of the kernel: runs on a machine without one',
  },
  {
    name: 'oci',
    mayImport: ['core', 'policy', 'runtimes'],
    because: 'policies put into what container runtimes read; works in the agent and without one',
  },
  {
    name: 'learn',
    mayImport: ['core', 'events', 'policy'],
    because: 'what a workload does is gathered the same way live and from a recording',
    pure: true,
  },
  {
    name: 'flows',
    mayImport: ['core', 'events', 'yaml'],
    because: 'what readings of counters mean; knows neither the kernel nor who the containers are',
    pure: true,
  },
  {
    name: 'incidents',
    mayImport: ['core', 'events', 'rules', 'detect', 'policy', 'flows'],
    because:
      'what belongs together is found the same way live and from the past; knows neither source nor disk',
    pure: true,
  },
  {
    name: 'native',
    mayImport: ['core'],
    because: 'native code behind typed wrappers; what it is used for is decided above it',
  },
  {
    name: 'respond',
    mayImport: ['core', 'events', 'yaml', 'runtimes', 'policy', 'native'],
    because: 'acts on containers through the kernel; who asks, and for whom, is decided above it',
  },
  {
    name: 'state',
    mayImport: ['core', 'policy', 'native'],
    because: 'what an operator decided is on the disk, whether an agent runs or not',
  },
  {
    name: 'integrity',
    mayImport: ['core', 'native', 'yaml', 'policy'],
    because:
      'what files were and are, by the patterns of policies; who changed them is told by whoever watches',
  },
  {
    name: 'harden',
    mayImport: ['core'],
    because: 'what is looked at is the host, below a root that tests choose; it knows no container',
  },
  {
    name: 'attest',
    mayImport: ['core', 'events', 'native', 'evidence', 'state'],
    because:
      'what a container may do is read from the kernel, with an agent and without one; who is told is decided above',
  },
  {
    name: 'sensor',
    mayImport: ['core', 'events', 'flows', 'tracker', 'native'],
    because: 'delivers facts; what they mean is decided above it',
  },
  {
    name: 'enforce',
    mayImport: ['core', 'events', 'policy', 'native', 'sensor'],
    because: 'holds policies in force in the kernel; which, and for whom, is decided above it',
  },
  {
    name: 'agent',
    mayImport: [
      'core',
      'events',
      'rules',
      'detect',
      'runtimes',
      'tracker',
      'evidence',
      'policy',
      'oci',
      'learn',
      'flows',
      'incidents',
      'native',
      'state',
      'sensor',
      'enforce',
      'respond',
      'trust',
      'attest',
      'integrity',
    ],
    because: 'the node process, where facts, identity and rules meet',
  },
  {
    name: 'drill',
    mayImport: ['core', 'yaml'],
    because: 'exercises are files, what is done is done from outside; who detects is told through a feed',
  },
  {
    name: 'server',
    mayImport: [
      'core',
      'events',
      'rules',
      'policy',
      'flows',
      'respond',
      'evidence',
      'tpm',
      'protocol',
      'yaml',
      'drill',
    ],
    because:
      'the control plane knows nodes by what they send, never by their kernel or their files; it reads documents as nodes do',
  },
  {
    name: 'web',
    mayImport: ['events', 'rules'],
    because: 'pages know what the API says of itself; the editor reads rules as the agent does',
  },
  {
    name: 'cli',
    mayImport: [
      'core',
      'events',
      'rules',
      'detect',
      'outputs',
      'runtimes',
      'tracker',
      'evidence',
      'replay',
      'policy',
      'oci',
      'learn',
      'flows',
      'incidents',
      'native',
      'state',
      'sensor',
      'enforce',
      'respond',
      'agent',
      'attest',
      'harden',
      'integrity',
      'drill',
      'tpm',
      'protocol',
      'trust',
      'uplink',
      'server',
    ],
    because: 'the command: nothing imports it',
  },
];

const IMPORT = /^[ \t]*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"\n]+)['"]/gm;
const DYNAMIC_IMPORT = /\b(?:import|require)\(\s*['"]([^'"\n]+)['"]\s*\)/g;

const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(IMPORT), ...text.matchAll(DYNAMIC_IMPORT)].map((match) => match[1] ?? '');
const roomOf = (specifier: string): string | undefined => /^@runward\/([a-z]+)(?:\/|$)/.exec(specifier)?.[1];
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, { readonly source?: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}
// Our own package.json files; a wrong shape fails the assertions below.
const manifestOf = (room: string): Manifest => JSON.parse(read(`packages/${room}/package.json`)) as Manifest;

test('imports are recognised in every form they are written in', () => {
  const text = `import a from 'a';\nimport type {\n  B,\n} from "@s/b/c";\nexport * from './d.js';\nimport 'e';\nawait import('f');\n`;
  expect(importsOf(text).map(packageOf)).toEqual(['a', '@s/b', '.', 'e', 'f']);
  expect(roomOf('@runward/events/testing')).toBe('events');
});

test('every package is a room with stated imports, and below the rooms that import it', () => {
  expect(readdirSync(join(root, 'packages')).sort()).toEqual(ROOMS.map((room) => room.name).sort());
  for (const [index, room] of ROOMS.entries()) {
    const above = ROOMS.slice(0, index).map((other) => other.name);
    expect(above, `imports of ${room.name}`).toEqual(expect.arrayContaining([...room.mayImport]));
  }
});

describe.each(ROOMS)('room $name ($because)', (room) => {
  const sources = sourcesOf(room.name);
  const manifest = manifestOf(room.name);
  const own = `@runward/${room.name}`;

  test('imports only the rooms it may', () => {
    const wrong = sources.flatMap((path) =>
      importsOf(read(path))
        .filter((specifier) => {
          const other = roomOf(specifier);
          return other !== undefined && !room.mayImport.includes(other);
        })
        .map((specifier) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
    const declared = Object.keys(manifest.dependencies ?? {}).flatMap((name) => roomOf(name) ?? []);
    expect(room.mayImport).toEqual(expect.arrayContaining(declared));
  });

  test('declares what it imports, in exact versions, and stays inside its folder', () => {
    const declared = { ...manifest.dependencies };
    const wrong: string[] = [];
    for (const path of sources)
      for (const specifier of importsOf(read(path))) {
        const depth = path.split('/').length - 4;
        if (specifier.startsWith('.')) {
          const climbs = specifier.split('/').filter((part) => part === '..').length;
          if (climbs > depth && !isTestCode(path)) wrong.push(`${path} leaves its room: ${specifier}`);
        } else if (specifier.startsWith('node:')) {
          if (room.pure === true && !isTestCode(path)) wrong.push(`${path} is not pure: ${specifier}`);
        } else if (builtinModules.includes(specifier)) wrong.push(`${path}: write node:${specifier}`);
        else if (
          packageOf(specifier) !== own &&
          declared[packageOf(specifier)] === undefined &&
          !isTestCode(path)
        )
          wrong.push(`${path}: ${specifier} is not in package.json`);
      }
    // Releases of DuckDB's binding are named `1.5.6-r.1`.
    for (const [name, version] of Object.entries(declared))
      if (!/^\d+\.\d+\.\d+(?:-r\.\d+)?$/.test(version)) wrong.push(`${name} is not pinned: ${version}`);
    expect(wrong).toEqual([]);
  });

  test('begins its index.ts with a package comment', () => {
    const index = `packages/${room.name}/src/index.ts`;
    expect(files).toContain(index);
    expect(read(index)).toMatch(/^\/\*\*(?:(?!\*\/)[\s\S])+@packageDocumentation\s+\*\//);
  });

  test('documents each of its codes in docs/errors, and none it does not have', () => {
    const page = `docs/errors/${room.name}.md`;
    const documented = existsSync(join(root, page))
      ? [...read(page).matchAll(/^- `([A-Z0-9_]+)`: \S/gm)].map((match) => match[1] ?? '')
      : [];
    const codes = new Set(sources.filter((path) => !isTestCode(path)).flatMap((path) => codesIn(read(path))));
    expect(documented.toSorted()).toEqual([...codes].toSorted());
  });

  test('is built with the rest', () => {
    expect(read('tsconfig.json')).toContain(`"packages/${room.name}"`);
  });
});

/**
 * Codes a source declares or throws: members of a union `…ErrorCode` or `…DiagnosticCode`, keys of a table
 * `…_CODES`, the first argument of `new …Error(`.
 */
function codesIn(text: string): readonly string[] {
  const unions = [...text.matchAll(/\btype \w*(?:Error|Diagnostic)Code\b[^=;]*=([^;]+);/g)].flatMap((union) =>
    [...(union[1] ?? '').matchAll(/'([A-Z0-9_]+)'/g)].map((match) => match[1] ?? ''),
  );
  const tables = [...text.matchAll(/\bconst [A-Z_]*CODES\b[^=]*= \{\n([\s\S]*?)\n\}/g)].flatMap((table) =>
    [...(table[1] ?? '').matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map((match) => match[1] ?? ''),
  );
  const thrown = [...text.matchAll(/\bnew \w*Error(?:<[^>]*>)?\(\s*'([A-Z][A-Z0-9]*_[A-Z0-9_]+)'/g)].map(
    (match) => match[1] ?? '',
  );
  return [...unions, ...tables, ...thrown];
}

test('codes are found in unions, tables and throws', () => {
  expect(codesIn("export type XErrorCode =\n  // why\n  | 'A_B'\n  | 'C_D';\ntype Other = 'N_O';")).toEqual([
    'A_B',
    'C_D',
  ]);
  expect(codesIn("export const RULE_CODES = {\n  E_F: error('G_H'),\n} as const;")).toEqual(['E_F']);
  expect(codesIn("throw new RunwardError(\n  'I_J', 'message');\nnew RangeError('Text')")).toEqual(['I_J']);
});

test('docs/errors has a page only for rooms', () => {
  const pages = files.filter((path) => path.startsWith('docs/errors/'));
  const rooms = ROOMS.map((room) => `docs/errors/${room.name}.md`);
  expect(rooms).toEqual(expect.arrayContaining(pages));
});

/** Sources that are loaded with this one before its first line runs: static imports of values, and theirs. */
function loadedWith(path: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [statement, specifier = ''] of read(path).matchAll(IMPORT)) {
    if (/^\s*(?:import|export)\s+type\b/.test(statement) || specifier.startsWith('node:')) continue;
    const source = specifier.startsWith('.')
      ? join(dirname(path), specifier.replace(/\.js$/, '.ts'))
      : sourceOf(specifier);
    if (source === undefined) found.add(specifier);
    else loadedWith(source, found);
  }
  return found;
}

function sourceOf(specifier: string): string | undefined {
  const room = roomOf(specifier);
  if (room === undefined) return undefined;
  const source = manifestOf(room).exports?.[`.${specifier.slice(packageOf(specifier).length)}`]?.source;
  return source === undefined ? undefined : join('packages', room, source);
}

test('the main thread of `runward run` starts without rules, event model or any package: it only passes on', () => {
  const loaded = [
    ...loadedWith('packages/cli/src/main.ts'),
    ...loadedWith('packages/cli/src/commands/run.ts'),
  ];
  expect(loaded).toContain('packages/agent/src/agent.ts');
  const mine = /^packages\/(?:cli|core|agent)\/|^packages\/detect\/src\/noise\/noise-options\.ts$/;
  expect(loaded.filter((path) => !mine.test(path))).toEqual([]);
});

test('koffi is imported by the wrappers of `native` alone: a wrong call there corrupts memory', () => {
  const users = files.filter((path) => path.endsWith('.ts') && importsOf(read(path)).includes('koffi'));
  expect(users.filter((path) => !path.startsWith('packages/native/src/ffi'))).toEqual([]);
});

const isOurText = (path: string): boolean => /\.(ts|c|h|sh|ya?ml|md)$|Makefile$|^bin\/|^scripts\//.test(path);

test('a file of more than 500 lines says at its top why', () => {
  const long = files.filter(
    (path) =>
      /\.(ts|c|h)$/.test(path) && !path.includes('.generated.') && read(path).split('\n').length > 501,
  );
  const silent = long.filter(
    (path) => !/^(?:#![^\n]*\n)?(?:\/\/ SPDX[^\n]*\n)?\s*\/(?:\*|\/ \w)/.test(read(path)),
  );
  expect(silent).toEqual([]);
});

test('nothing is left for later in the sources', () => {
  const mark = new RegExp(
    `\\b(?:${['TO', 'FIX'].map((head) => head + (head === 'TO' ? 'DO' : 'ME')).join('|')})\\b`,
  );
  expect(files.filter((path) => isOurText(path) && mark.test(read(path)))).toEqual([]);
});

test('every kernel source names its licence in the first line', () => {
  const kernel = files.filter((path) => /^bpf\/.*\.[ch]$/.test(path));
  expect(kernel.length).toBeGreaterThan(0);
  expect(kernel.filter((path) => !/^(?:\/\/|\/\*) SPDX-License-Identifier: /.test(read(path)))).toEqual([]);
});
