import { readFileSync } from 'node:fs';
import { type Command, EXIT, type Parsed, UsageError } from '../../../command.js';
import { printDiagnostics } from '../../../diagnostics-text.js';
import { type AskApi, apiOf, SERVER_API_OPTIONS } from '../../../server-api.js';
import { toJson } from '../../../terminal.js';
import { findDocument, namedDocument, only, type ShownDocument, theDocument, versionOf } from './chosen.js';
import * as text from './document-text.js';
import { PLAN_OPTIONS, planOf } from './plan.js';

const ACTIONS: Readonly<Record<string, (ask: AskApi, args: Parsed) => Promise<number>>> = {
  ...{ list, show, check, save, diff, status, rollout },
  submit: (ask, args) => decide(ask, args, 'submitVersion'),
  approve: (ask, args) => decide(ask, args, 'approveVersion'),
  reject: (ask, args) => decide(ask, args, 'rejectVersion'),
  rollback: (ask, args) => takeBack(ask, args, 'rollBack'),
  withdraw: (ask, args) => takeBack(ask, args, 'withdrawDocument'),
};

export const document: Command = {
  name: 'server document',
  summary: 'policies, rules, playbooks and drills: versions, approval, roll-out',
  operands: `${Object.keys(ACTIONS).join('|')} [KIND/NAME …]`,
  about: `\`list\` shows the documents, \`show DOC\` the versions of one, \`show DOC VERSION\` the text of a version. \`check DOC FILE\` says what is
wrong with a text; \`save DOC FILE\` keeps it as a new version, a draft. \`submit\`, \`approve\` and \`reject DOC [VERSION]\` decide about the newest
or that one. \`rollout DOC [VERSION]\` brings it to nodes, \`status DOC\` says how far it came and which node holds what, \`rollback DOC\` goes back
to what was in force before, \`withdraw DOC\` to nothing. \`diff DOC FROM TO\` shows what differs. DOC is KIND/NAME; kinds are policy, rules,
playbook, drill (docs/documents.md). Asks the server of this machine, or with --api another.`,
  options: {
    kind: { type: 'string', value: 'KIND', doc: 'list: only of this kind' },
    cluster: {
      type: 'string',
      value: 'NAME',
      doc: 'save, the first time: the cluster it is for (default all)',
    },
    namespace: { type: 'string', value: 'NAME', doc: 'save, the first time: of a policy (default all)' },
    owner: { type: 'string', value: 'TEXT', doc: 'save, the first time: who answers for it' },
    note: { type: 'string', value: 'TEXT', doc: 'save, approve, reject: why' },
    why: { type: 'string', value: 'TEXT', doc: 'rollback, withdraw: the reason, for the record' },
    ...PLAN_OPTIONS,
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SERVER_API_OPTIONS,
  },
  examples: [
    ['runward server document save rules/shell shell.yaml --note "shells in the shop"', 'a new version'],
    ['runward server document rollout rules/shell --stage nodes=web-1:30m', 'on one node first, then on all'],
    ['runward server document status rules/shell', 'how far it came'],
  ],
  run: async (args) => {
    const [what = ''] = args.rest;
    const act = Object.hasOwn(ACTIONS, what) ? ACTIONS[what] : undefined;
    if (act !== undefined) return act(await apiOf(args), args);
    throw new UsageError(
      what === '' ? 'what to do with documents is missing' : `\`server document ${what}\` is not understood`,
      `use one of ${Object.keys(ACTIONS).join(', ')}`,
    );
  },
};

function print(args: Parsed, answer: unknown, shown: string): number {
  process.stdout.write(`${args.flag('json') ? toJson(answer) : shown}\n`);
  return EXIT.ok;
}

async function list(ask: AskApi, args: Parsed): Promise<number> {
  only(args, 1);
  const kind = args.text('kind');
  const items: ShownDocument[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = {
      limit: 500,
      ...(kind !== undefined && { kind }),
      ...(cursor !== undefined && { cursor }),
    };
    const page = (await ask('listDocuments', { query })) as {
      readonly items: readonly ShownDocument[];
      readonly next: string | null;
    }; // the answer of the operation
    items.push(...page.items);
    cursor = page.next;
  }
  return print(args, { documents: items }, text.listText(items));
}

async function show(ask: AskApi, args: Parsed): Promise<number> {
  only(args, 3);
  const document = await theDocument(ask, args.rest[1]);
  if (args.rest[2] !== undefined) {
    const params = { id: document.id, number: versionOf(args.rest[2], document) };
    const version = (await ask('getVersion', { params })) as { readonly text: string }; // the answer of the operation
    return print(args, version, version.text.trimEnd());
  }
  const { items } = (await ask('listVersions', { params: { id: document.id }, query: { limit: 500 } })) as {
    readonly items: readonly text.ShownVersion[];
  }; // the answer of the operation
  return print(
    args,
    { document, versions: items },
    `${text.listText([document])}\n\n${text.versionsText(items)}`,
  );
}

async function check(ask: AskApi, args: Parsed): Promise<number> {
  only(args, 3);
  const body = { ...namedDocument(args.rest[1]), ...scopeOf(args), text: fileText(args.rest[2]) };
  const found = (await ask('checkDocument', { body })) as Parameters<typeof printDiagnostics>[0]; // the answer of the operation
  if (args.flag('json')) process.stdout.write(`${toJson({ diagnostics: found })}\n`);
  else printDiagnostics(found);
  return found.some(({ severity }) => severity === 'error') ? EXIT.usage : EXIT.ok;
}

const scopeOf = (args: Parsed) => ({
  cluster: args.text('cluster') ?? '*',
  namespace: args.text('namespace') ?? '*',
});

async function save(ask: AskApi, args: Parsed): Promise<number> {
  only(args, 3);
  const named = namedDocument(args.rest[1]);
  const body = { text: fileText(args.rest[2]), note: args.text('note') ?? '' };
  const there = await findDocument(ask, args.rest[1]);
  const owner = args.text('owner');
  if (there === undefined) {
    const made = (await ask('createDocument', {
      body: { ...named, ...scopeOf(args), ...body, ...(owner !== undefined && { owner }) },
    })) as { readonly warnings: Parameters<typeof printDiagnostics>[0] }; // the answer of the operation
    printDiagnostics(made.warnings);
    return print(args, made, `${named.kind}/${named.name}: version 1 is a draft`);
  }
  const given = ['cluster', 'namespace', 'owner'].find((name) => args.text(name) !== undefined);
  if (given !== undefined)
    throw new UsageError(
      `\`--${given}\` is given the first time alone`,
      'leave it out: the document is there already',
    );
  const saved = (await ask('saveVersion', { params: { id: there.id }, body })) as {
    readonly version: { readonly number: number };
    readonly warnings: Parameters<typeof printDiagnostics>[0];
  }; // the answer of the operation
  printDiagnostics(saved.warnings);
  return print(args, saved, `${named.kind}/${named.name}: version ${saved.version.number} is a draft`);
}

function fileText(path: string | undefined): string {
  if (path === undefined) throw new UsageError('the file is missing', 'write KIND/NAME and then the file');
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`\`${path}\` cannot be read: ${why}`, 'check that it exists and may be read');
  }
}

async function decide(ask: AskApi, args: Parsed, operation: string): Promise<number> {
  only(args, 3);
  const document = await theDocument(ask, args.rest[1]);
  const params = { id: document.id, number: versionOf(args.rest[2], document) };
  const note = args.text('note') ?? '';
  const decided = (await ask(operation, {
    params,
    ...(operation !== 'submitVersion' && { body: { note } }),
  })) as text.ShownVersion; // the answer of the operation
  return print(args, decided, `${args.rest[1]}: version ${decided.number} is ${decided.state}`);
}

async function rollout(ask: AskApi, args: Parsed): Promise<number> {
  only(args, 3);
  const document = await theDocument(ask, args.rest[1]);
  const begun = (await ask('startRollout', {
    params: { id: document.id },
    body: { version: versionOf(args.rest[2], document), plan: planOf(args) },
  })) as text.ShownRollout; // the answer of the operation
  return print(args, begun, `${args.rest[1]}: ${text.rolloutText(begun)}`);
}

async function takeBack(
  ask: AskApi,
  args: Parsed,
  operation: 'rollBack' | 'withdrawDocument',
): Promise<number> {
  only(args, 2);
  const why = args.text('why');
  if (why === undefined)
    throw new UsageError('the reason is missing', 'write `--why TEXT`: it is kept on record');
  const document = await theDocument(ask, args.rest[1]);
  const answer = await ask(operation, { params: { id: document.id }, body: { why } });
  if (operation === 'withdrawDocument')
    return print(args, answer, `${args.rest[1]}: none is in force any more`);
  const { from, to } = answer as { readonly from: number; readonly to: number | null }; // the answer of the operation
  return print(args, answer, `${args.rest[1]}: from version ${from} back to ${to ?? 'none'}`);
}

async function diff(ask: AskApi, args: Parsed): Promise<number> {
  only(args, 4);
  const document = await theDocument(ask, args.rest[1]);
  const [from, to] = [args.rest[2], args.rest[3]];
  if (from === undefined) throw new UsageError('which versions is missing', 'write `diff KIND/NAME 1 2`');
  const query = { from: versionOf(from, document), to: versionOf(to, document) };
  const answer = (await ask('diffVersions', { params: { id: document.id }, query })) as {
    readonly lines: Parameters<typeof text.diffText>[0];
  }; // the answer of the operation
  return print(args, answer, text.diffText(answer.lines));
}

async function status(ask: AskApi, args: Parsed): Promise<number> {
  only(args, 2);
  const document = await theDocument(ask, args.rest[1]);
  const params = { id: document.id };
  const running = (await ask('getRolloutStatus', { params })) as {
    readonly rollout: text.ShownRollout | null;
    readonly why: string;
  }; // the answers of the operations
  const nodes = (await ask('listHolders', { params })) as readonly text.ShownHolder[];
  const [last] = (await ask('listRollouts', { params })) as readonly text.ShownRollout[];
  const rollouts = last === undefined ? 'never rolled out' : text.rolloutText(last);
  const waits = running.rollout === null || running.why === '' ? '' : `\nwaits for ${running.why}`;
  const shown = `${text.listText([document])}\n\n${rollouts}${waits}\n\n${text.holdersText(nodes)}`;
  return print(args, { document, running, last: last ?? null, nodes }, shown);
}
