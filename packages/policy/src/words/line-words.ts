import type { EffectiveLine, LineTerms, Setting } from '../decide/effective.js';
import type { FileLine, PathPattern, ProcessLine, SectionName } from '../model/policy.js';
import { FILE_OPERATIONS } from '../model/policy.js';
import { networkWords } from './line-label.js';

const SETTING_WORDS: Readonly<Record<Setting, string>> = {
  drift: 'programs that are not in the image, or were changed since',
  fileless: 'programs that are in no file',
  'setuid-execution': 'starting setuid, setgid and file-capability programs',
  'new-privileges': 'gaining privileges by starting a program',
  'root-write': 'writing to the root file system',
};

const DEFAULT_WORDS: Readonly<Record<SectionName, string>> = {
  process: 'every program',
  file: 'everything that is done to files',
  network: 'every socket and connection',
  capabilities: 'every capability',
  syscalls: 'every system call',
  kernelSurface: 'every handle of the kernel',
  privilege: 'everything',
};

const NAME_WORDS: Partial<Record<SectionName, string>> = {
  capabilities: 'the capability',
  syscalls: 'the system call',
  kernelSurface: 'the kernel handle',
};

/** What a line says, in plain words: `denies write, create of /etc/x, except …, by …`. */
export function lineWords({ section, verdict, terms }: EffectiveLine): string {
  const says = verdict === 'deny' ? 'denies' : 'allows';
  switch (terms.kind) {
    case 'default':
      return `${says} ${DEFAULT_WORDS[section]} that no line allows`;
    case 'direction':
      return `${says} every connection ${terms.direction === 'egress' ? 'to' : 'from'} elsewhere that no line allows`;
    case 'limit':
      return `allows no more than ${limitWords(terms)}`;
    case 'setting':
      return `${says} ${SETTING_WORDS[terms.setting]}`;
    case 'name':
      return `${says} ${NAME_WORDS[section] ?? ''} ${terms.line.name}`;
    case 'process':
      return `${says} starting ${processWords(terms.line)}`;
    case 'file':
      return `${says} ${fileWords(terms.line)}`;
    case 'network': {
      const by = terms.line.from.length === 0 ? '' : `, by ${patternsText(terms.line.from)}`;
      return `${says} ${networkWords(terms.line)}${by}`;
    }
  }
}

/** `50 connections that it begins a second`. */
export function limitWords({
  limited,
  perSecond,
}: Pick<LineTerms & { kind: 'limit' }, 'limited' | 'perSecond'>): string {
  if (limited === 'connections') return `${perSecond} connections that it begins a second`;
  return `${perSecond} bytes ${limited === 'egress' ? 'sent' : 'received'} a second`;
}

function processWords({ pattern, except, sha256, arguments: args, ancestors }: ProcessLine): string {
  return joined([
    patternText(pattern),
    except.length === 0 ? '' : `except ${patternsText(except)}`,
    sha256.length === 0
      ? ''
      : `with ${sha256.length === 1 ? 'the digest' : 'one of the digests'} ${sha256.join(', ')}`,
    args.length === 0 ? '' : `with arguments like ${args.map((text) => `\`${text}\``).join(' or ')}`,
    ancestors.length === 0 ? '' : `below ${patternsText(ancestors)}`,
  ]);
}

function fileWords({ pattern, except, operations, ownerOnly, from }: FileLine): string {
  const what = operations.length === FILE_OPERATIONS.length ? 'everything' : operations.join(', ');
  return joined([
    `${what} on ${patternText(pattern)}`,
    except.length === 0 ? '' : `except ${patternsText(except)}`,
    ownerOnly ? 'by the owner of the file' : '',
    from.length === 0 ? '' : `by ${patternsText(from)}`,
  ]);
}

const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');
const patternText = ({ kind, text }: PathPattern): string =>
  kind === 'directory' ? `${text === '/' ? '' : text}/ and below` : text;
const patternsText = (patterns: readonly PathPattern[]): string => patterns.map(patternText).join(' or ');
