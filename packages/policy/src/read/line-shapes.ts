import { parseNetwork, plainSpan, type SourceSpan } from '@runward/core';
import { CAPABILITIES } from '@runward/events';
import { LIMITS } from '../model/limits.js';
import {
  FILE_OPERATIONS,
  type FileLine,
  type FileOperation,
  KERNEL_SURFACE,
  type NameLine,
  NETWORK_FAMILIES,
  NETWORK_OPERATIONS,
  NETWORK_PROTOCOLS,
  type NetworkLine,
  type PathPattern,
  type PortRange,
  type ProcessLine,
  type Verdict,
} from '../model/policy.js';
import { SYSCALL_NAMES } from '../model/syscall-names.js';
import { list, object } from '../shape/collections.js';
import { choice, flag, parsed, text } from '../shape/scalars.js';
import { either, mapped, type Shape } from '../shape/shape.js';
import {
  PATTERN_KEYS,
  patternFields,
  patternOf,
  patternShape,
  shortPatternShape,
  textPattern,
} from './pattern-shape.js';
import { peer } from './peer-shape.js';

const prose = mapped(
  text({ what: 'text', maxLength: LIMITS.proseCharacters, mayBeEmpty: true }),
  (written) => written.text,
);
const comment = { shape: prose, doc: 'Why the line is there; shown with every verdict it gives.' };
const from = {
  shape: list(patternShape, LIMITS.entries),
  doc: 'Only when one of these executables does it. Default: any.',
};
const except = { shape: list(patternShape, LIMITS.entries), doc: 'Paths the line is not about.' };
const plain = (span: SourceSpan, why = ''): { span: SourceSpan; comment: string } => ({
  span: plainSpan(span),
  comment: why,
});

/** Everything: what a line is about that names no path. */
const ANY_PATH: PathPattern = { kind: 'directory', text: '/' };

const digest = mapped(
  text({
    what: 'a SHA-256 digest',
    maxLength: 71,
    pattern: {
      regex: '^(sha256:)?[0-9a-fA-F]{64}$',
      help: 'write 64 hexadecimal digits, as `sha256sum` prints',
    },
  }),
  (written) => written.text.replace('sha256:', '').toLowerCase(),
);

export const processLine: Shape<ProcessLine> = either(
  mapped(shortPatternShape, (pattern, _, { span }) => ({
    ...plain(span),
    ...{ pattern, except: [], sha256: [], arguments: [], ancestors: [] },
  })),
  mapped(
    object(
      {
        ...patternFields,
        except,
        sha256: { shape: list(digest, LIMITS.entries), doc: 'Only files with one of these digests.' },
        arguments: {
          shape: list(textPattern('a pattern'), LIMITS.entries),
          doc: 'Only with arguments (those behind the name, joined by blanks) that one of these patterns matches.',
        },
        ancestors: {
          shape: list(patternShape, LIMITS.entries),
          doc: 'Only below a process that runs one of these executables.',
        },
        comment,
      },
      { least: [...PATTERN_KEYS, 'sha256', 'arguments', 'ancestors'] },
    ),
    ({ value, span }, at): ProcessLine | undefined => {
      const given = PATTERN_KEYS.filter((key) => value[key] !== undefined);
      if (given.length > 1) {
        const message = 'only one of `path`, `directory`, `glob` can be given';
        return at.report('POLICY_VALUE', message, 'write a line for each', span);
      }
      const pattern = given.length === 0 ? ANY_PATH : patternOf(value, at);
      if (pattern === undefined) return undefined;
      const { except: but = [], sha256 = [], arguments: args = [], ancestors = [] } = value;
      return { ...plain(span, value.comment), pattern, except: but, sha256, arguments: args, ancestors };
    },
  ),
);

const MODIFY: readonly FileOperation[] = ['write', 'create', 'delete', 'rename', 'link', 'chmod', 'chown'];
/** Words for several operations. */
const OPERATION_GROUPS = { all: FILE_OPERATIONS, modify: MODIFY } as const;
const operation = choice([...FILE_OPERATIONS, 'all', 'modify']);
const operations = mapped(
  list(operation, LIMITS.entries),
  (words, at, node) => {
    if (node.kind === 'list' && node.items.length === 0) {
      return at.report('POLICY_VALUE', '`operations` is empty', 'leave it away for the default', node.span);
    }
    const named = new Set(
      words.flatMap((word) => (word === 'all' || word === 'modify' ? OPERATION_GROUPS[word] : [word])),
    );
    return FILE_OPERATIONS.filter((name) => named.has(name));
  },
  { minItems: 1 },
);

/** What a file line is about that says nothing of it: as little as allowing can mean, as much as denying can. */
const DEFAULT_OPERATIONS: Readonly<Record<Verdict, readonly FileOperation[]>> = {
  allow: ['read'],
  deny: FILE_OPERATIONS,
};

export const fileLine = (verdict: Verdict): Shape<FileLine> =>
  either(
    mapped(shortPatternShape, (pattern, _, { span }) => ({
      ...plain(span),
      ...{ pattern, except: [], operations: DEFAULT_OPERATIONS[verdict], ownerOnly: false, from: [] },
    })),
    mapped(
      object(
        {
          ...patternFields,
          except,
          operations: {
            shape: operations,
            doc: `What is done to the file; \`modify\` is ${MODIFY.join(', ')}. Default: ${verdict === 'allow' ? 'read' : 'all'}.`,
          },
          ownerOnly: { shape: flag, doc: 'Only where the acting user owns the file.' },
          from,
          comment,
        },
        { one: PATTERN_KEYS },
      ),
      ({ value, span }, at): FileLine | undefined => {
        const pattern = patternOf(value, at);
        if (pattern === undefined) return undefined;
        return {
          ...plain(span, value.comment),
          ...{
            pattern,
            except: value.except ?? [],
            operations: value.operations ?? DEFAULT_OPERATIONS[verdict],
          },
          ...{ ownerOnly: value.ownerOnly ?? false, from: value.from ?? [] },
        };
      },
    ),
  );

const MAX_PORT = 65_535;

function portRange(written: string): PortRange | undefined {
  const [, low = '', high = low] = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(written) ?? [];
  const [first, last] = [Number(low), Number(high)];
  return low !== '' && first <= last && last <= MAX_PORT ? { first, last } : undefined;
}

const port = parsed('a port or a range of ports', 'write `443`, or `8000-8080`', portRange, (target) =>
  target === 'kubernetes'
    ? { 'x-kubernetes-int-or-string': true }
    : {
        anyOf: [
          { type: 'integer', minimum: 0, maximum: MAX_PORT },
          { type: 'string', pattern: '^[0-9]{1,5}(-[0-9]{1,5})?$' },
        ],
      },
);
const cidr = mapped(
  text({
    what: 'a network',
    maxLength: 64,
    pattern: { regex: '^[0-9a-fA-F:.]+(/[0-9]{1,3})?$', help: 'write `10.0.0.0/8`, or an address' },
  }),
  (written, at) =>
    parseNetwork(written.text) === undefined
      ? at.report(
          'POLICY_VALUE',
          `\`${written.text}\` is not a network`,
          'write `10.0.0.0/8`, or an address',
          written.span,
        )
      : written.text,
);

export const networkLine: Shape<NetworkLine> = mapped(
  object(
    {
      operation: {
        shape: choice(NETWORK_OPERATIONS),
        doc: 'connect: to a remote address (and sending to one); accept: from one; bind and listen: a local one; create: a socket.',
      },
      families: {
        shape: list(choice(NETWORK_FAMILIES), LIMITS.entries),
        doc: 'Default: those of `cidrs`; with `ports` alone ipv4 and ipv6; else any.',
      },
      protocols: { shape: list(choice(NETWORK_PROTOCOLS), LIMITS.entries), doc: 'Default: any.' },
      cidrs: {
        shape: list(cidr, LIMITS.entries),
        doc: 'Networks or addresses: the remote one for connect and accept, the local one else. Default: any.',
      },
      except: {
        shape: list(cidr, LIMITS.entries),
        doc: 'Networks or addresses among them that the line is not about.',
      },
      peers: {
        shape: list(peer, LIMITS.entries),
        doc: 'Who else is at the other end, for connect and accept: self, host, metadata, kubernetes-api, a name, a service or a workload.',
      },
      ports: {
        shape: list(port, LIMITS.entries),
        doc: 'Ports or ranges such as 8000-8080: the remote one for connect, the local one else. Default: any.',
      },
      from,
      comment,
    },
    { required: ['operation'] },
  ),
  ({ value, span }, at): NetworkLine | undefined => {
    const { operation, cidrs = [], except: but = [], peers = [] } = value;
    const isRemote = operation === 'connect' || operation === 'accept';
    if (peers.length > 0 && !isRemote)
      return at.report(
        'POLICY_VALUE',
        `\`peers\` are at the other end, and \`${operation}\` has none`,
        'name peers in lines about `connect` and `accept`',
        span,
      );
    if (operation === 'accept' && (value.from ?? []).length > 0)
      return at.report(
        'POLICY_VALUE',
        '`from` cannot be given for `accept`: a connection arrives before a program takes it',
        'say which program may `listen`',
        span,
      );
    return {
      ...plain(span, value.comment),
      operation,
      ...{ families: value.families ?? [], protocols: value.protocols ?? [], cidrs, except: but, peers },
      ...{ ports: value.ports ?? [], from: value.from ?? [] },
    };
  },
);

const named = <Word extends string>(
  name: Shape<Word>,
  toName: (word: Word) => string,
  doc: string,
): Shape<NameLine> =>
  either(
    mapped(name, (word, _, { span }) => ({ ...plain(span), name: toName(word) })),
    mapped(
      object({ name: { shape: name, doc }, comment }, { required: ['name'] }),
      ({ value, span }): NameLine => ({ ...plain(span, value.comment), name: toName(value.name) }),
    ),
  );

/** Capabilities as policies name them: without `CAP_`. */
export const CAPABILITY_NAMES: readonly string[] = CAPABILITIES.map((name) => name.replace('CAP_', ''));

export const capabilityLine = named(
  choice(
    [...CAPABILITY_NAMES, ...CAPABILITIES],
    'names are those of capabilities(7); for all of them write `default: deny`',
  ),
  (word) => word.replace('CAP_', ''),
  'A capability, such as NET_ADMIN.',
);
export const syscallLine = named(
  choice(SYSCALL_NAMES, 'names are those of the kernel, such as `openat`'),
  (word) => word,
  'A system call, such as mount.',
);
export const kernelLine = named(
  choice(KERNEL_SURFACE, `one of ${KERNEL_SURFACE.join(', ')}`),
  (word) => word,
  'A handle of the kernel, such as bpf.',
);
