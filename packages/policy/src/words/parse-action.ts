import { didYouMean, parseAddress } from '@runward/core';
import { type Action, PRIVILEGES } from '../decide/action.js';
import {
  FILE_OPERATIONS,
  type FileOperation,
  KERNEL_SURFACE,
  NETWORK_FAMILIES,
  NETWORK_PROTOCOLS,
  type NetworkFamily,
  type NetworkProtocol,
} from '../model/policy.js';
import { SYSCALL_NAMES } from '../model/syscall-names.js';
import { pathPatternProblem } from '../pattern/path-pattern.js';
import { CAPABILITY_NAMES } from '../read/line-shapes.js';
import { splitWords, type Word, type WordProblem } from './split-words.js';

export type ParsedActions =
  | { readonly actions: readonly Action[]; readonly problem?: undefined }
  | { readonly actions?: undefined; readonly problem: WordProblem };

/** Of an action's text. */
export const MAX_ACTION_CHARACTERS = 65_536;
export const ACTION_VERBS = [
  ...['exec', ...FILE_OPERATIONS, 'connect', 'accept', 'bind', 'listen', 'socket'],
  ...['capability', 'syscall', 'kernel', 'privilege'],
] as const;

const FORMS = `write it as \`[PROGRAM…] exec PATH [ARGUMENT…]\`, \`[PROGRAM] write PATH\`, \`[PROGRAM] connect ADDRESS:PORT/tcp\`, \`socket packet\`, \`capability NAME\`, \`syscall NAME\`, \`kernel HANDLE\` or \`privilege NAME\``;

/**
 * The actions a text names: `/bin/sh write /etc/cron.d/x`. Several operations on one file (`create+write`) are several
 * actions. Never throws.
 */
export function parseActions(text: string): ParsedActions {
  try {
    return { actions: new ActionReader(text).read() };
  } catch (error) {
    if (error instanceof Mistake) return { problem: error.problem };
    throw error;
  }
}

class Mistake extends Error {
  constructor(readonly problem: WordProblem) {
    super(problem.message);
  }
}

const fail = (message: string, help: string, offset: number): never => {
  throw new Mistake({ message, help, offset });
};

class ActionReader {
  readonly #words: readonly Word[];
  readonly #end: number;
  #at = 0;

  constructor(text: string) {
    if (text.length > MAX_ACTION_CHARACTERS)
      fail(`has ${text.length} characters; the limit is ${MAX_ACTION_CHARACTERS}`, 'shorten it', 0);
    const words = splitWords(text);
    if (!isWords(words)) throw new Mistake(words);
    this.#words = words;
    this.#end = text.length;
  }

  read(): readonly Action[] {
    const chain: string[] = [];
    for (let word = this.#peek(); word?.text.startsWith('/'); word = this.#peek()) {
      chain.push(this.#path(this.#next('a program')));
    }
    const verb = this.#next('what is done');
    const actions = this.#verb(verb, chain);
    const extra = this.#peek();
    if (extra !== undefined)
      fail(
        `has \`${extra.text}\` at its end, which says nothing`,
        'an action is about one thing: write several',
        extra.offset,
      );
    return actions;
  }

  #verb(verb: Word, chain: readonly string[]): readonly Action[] {
    const by = chain.at(-1) ?? '';
    switch (verb.text) {
      case 'exec':
        return [this.#exec(chain)];
      case 'connect':
      case 'accept':
      case 'bind':
      case 'listen':
        return [{ kind: 'network', operation: verb.text, ...this.#remote(verb.text), by }];
      case 'socket':
        return [{ kind: 'network', operation: 'create', ...this.#family(this.#next('a family')), by }];
      case 'capability':
        return [{ kind: 'capability', name: this.#capability() }];
      case 'syscall':
        return [{ kind: 'syscall', name: this.#oneOf(SYSCALL_NAMES, 'a system call') }];
      case 'kernel':
        return [{ kind: 'kernel', handle: this.#oneOf(KERNEL_SURFACE, 'a handle of the kernel') }];
      case 'privilege':
        return [{ kind: 'privilege', privilege: this.#oneOf(PRIVILEGES, 'a privilege') }];
      default:
        return this.#file(verb, by);
    }
  }

  #file(verb: Word, by: string): readonly Action[] {
    const operations = verb.text.split('+').map((word) => operationOf(word, verb));
    const owner = this.#flag('owned');
    const path = this.#path(this.#next('a path'));
    return [...new Set(operations)].map((operation) => ({ kind: 'file', operation, path, by, owner }));
  }

  #exec(chain: readonly string[]): Action {
    let [drifted, fileless, sha256] = [false, false, ''];
    for (;;) {
      if (this.#flag('drifted')) drifted = true;
      else if (this.#flag('fileless')) fileless = true;
      else if (/^sha256:[0-9a-fA-F]{64}$/.test(this.#peek()?.text ?? ''))
        sha256 = this.#next('').text.slice('sha256:'.length).toLowerCase();
      else break;
    }
    const path = this.#path(this.#next('the program that is started'));
    const args: string[] = [];
    while (this.#peek() !== undefined) args.push(this.#next('').text);
    return {
      ...{ kind: 'exec', path, arguments: args.join(' '), ancestors: chain.toReversed(), drifted, fileless },
      ...(sha256 === '' ? {} : { sha256 }),
    };
  }

  #remote(operation: string): Omit<Extract<Action, { kind: 'network' }>, 'kind' | 'operation' | 'by'> {
    const word = this.#next(
      operation === 'connect' ? 'whereto' : operation === 'accept' ? 'from where' : 'an address',
    );
    if (word.text.startsWith('unix:')) return { family: 'unix', address: word.text.slice('unix:'.length) };
    const [place = '', protocol] = divided(word.text);
    if (NETWORK_FAMILIES.some((family) => family === place)) return this.#family(word);
    const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^[\]]*?))(?::([0-9]{1,5}))?$/.exec(place) ?? [];
    // Without brackets an IPv6 address keeps all of its colons.
    const whole = bracketed === undefined && parseAddress(place)?.length === 4;
    const address = whole ? place : (bracketed ?? plain ?? '');
    const words = address === '' ? [0] : parseAddress(address);
    if (words === undefined)
      return fail(
        `has \`${word.text}\` where an address belongs`,
        'write `10.0.0.1:443/tcp`, `[::1]:443`, `unix:/run/x.sock` or a family; names are not looked up',
        word.offset,
      );
    const number = whole || port === undefined ? undefined : Number(port);
    if (number !== undefined && number > 65_535)
      fail(`has the port ${number}; the last one is 65535`, 'write a port', word.offset);
    const given = protocol === undefined ? undefined : protocolOf(protocol, word);
    const assumed = given ?? (number === undefined ? undefined : 'tcp');
    return {
      family: words.length === 1 ? 'ipv4' : 'ipv6',
      ...(assumed === undefined ? {} : { protocol: assumed }),
      address: address === '' ? '0.0.0.0' : address,
      ...(number === undefined ? {} : { port: number }),
    };
  }

  #family(word: Word): { readonly family: NetworkFamily; readonly protocol?: NetworkProtocol } {
    const [name = '', protocol] = divided(word.text);
    const family = NETWORK_FAMILIES.find((known) => known === name);
    if (family === undefined)
      return fail(
        `has \`${name}\` where a family belongs`,
        didYouMean(name, NETWORK_FAMILIES, `one of ${NETWORK_FAMILIES.join(', ')}`),
        word.offset,
      );
    return protocol === undefined ? { family } : { family, protocol: protocolOf(protocol, word) };
  }

  #capability(): string {
    const word = this.#peek();
    const name = word?.text.replace(/^CAP_/i, '').toUpperCase() ?? '';
    if (word !== undefined && !word.quoted && CAPABILITY_NAMES.includes(name)) {
      this.#at += 1;
      return name;
    }
    return this.#oneOf(CAPABILITY_NAMES, 'a capability');
  }

  #oneOf<const T extends string>(words: readonly T[], what: string): T {
    const word = this.#next(what);
    const found = words.find((known) => known === word.text);
    if (found !== undefined) return found;
    const help = words.length > 30 ? 'names are those of the kernel' : `one of ${words.join(', ')}`;
    return fail(
      `has \`${word.text}\`, which is not ${what}`,
      didYouMean(word.text, words, help),
      word.offset,
    );
  }

  #path(word: Word): string {
    const problem = pathPatternProblem({ kind: 'path', text: word.text });
    if (problem !== undefined)
      fail(`has the path \`${word.text}\`, which ${problem.message}`, problem.help, word.offset);
    return word.text;
  }

  #peek(): Word | undefined {
    return this.#words[this.#at];
  }

  #next(what: string): Word {
    const word = this.#peek();
    if (word === undefined) return fail(`ends where ${what} belongs`, FORMS, this.#end);
    this.#at += 1;
    return word;
  }

  #flag(name: string): boolean {
    const word = this.#peek();
    if (word === undefined || word.quoted || word.text !== name) return false;
    this.#at += 1;
    return true;
  }
}

const isWords = (read: readonly Word[] | WordProblem): read is readonly Word[] => Array.isArray(read);

/** What stands before the last `/`, and what behind it. */
function divided(text: string): readonly [string, string?] {
  const at = text.lastIndexOf('/');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function protocolOf(text: string, word: Word): NetworkProtocol {
  const found = NETWORK_PROTOCOLS.find((known) => known === text);
  if (found !== undefined) return found;
  const help = didYouMean(text, NETWORK_PROTOCOLS, `one of ${NETWORK_PROTOCOLS.join(', ')}`);
  return fail(`has \`${text}\` where a protocol belongs`, help, word.offset);
}

function operationOf(text: string, verb: Word): FileOperation {
  const found = FILE_OPERATIONS.find((known) => known === text);
  if (found !== undefined && !verb.quoted) return found;
  return fail(
    `has \`${text}\` where it should say what is done`,
    didYouMean(text, ACTION_VERBS, FORMS),
    verb.offset,
  );
}
