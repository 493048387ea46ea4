import { errnoName, flagNames, isArgKind, isError, OPEN_FLAGS } from '../names/index.js';
import { CLONE3_FLAG_LIMIT } from '../new-namespaces.js';
import { SYSCALLS, type SyscallSpec } from '../syscalls.js';
import type { EventView } from '../view.js';
import { NUMBER_KINDS } from './argument-kinds.js';
import { EXEC_ARGUMENTS } from './exec-arguments.js';
import { connectionTuple, descriptorName, descriptorNumber, taggedName } from './object.js';
import { failed, resultOf } from './outcome.js';
import { printable } from './text.js';

/** One argument of an event, as `evt.arg`, `evt.rawarg` and `evt.args` see it. */
export interface EventArgument {
  readonly name: string;
  /** The number passed, for arguments that are numbers. */
  readonly number: (view: EventView) => number | bigint | undefined;
  /** The name of that number, or the text passed; undefined where there is neither. */
  readonly spelling: (view: EventView) => string | undefined;
}

/** What `evt.arg` gives: the spelling, or else the number in decimal. */
export function argumentText(argument: EventArgument, view: EventView): string | undefined {
  const spelling = argument.spelling(view);
  if (spelling !== undefined) return spelling;
  const number = argument.number(view);
  return number === undefined ? undefined : String(number);
}

/** `name=number(spelling)`, or with the one of both there is; undefined when there is none. */
export function argumentPair(argument: EventArgument, view: EventView): string | undefined {
  const spelling = argument.spelling(view);
  const number = argument.number(view);
  if (number === undefined) return spelling === undefined ? undefined : `${argument.name}=${spelling}`;
  return spelling === undefined || spelling === String(number)
    ? `${argument.name}=${number}`
    : `${argument.name}=${number}(${spelling})`;
}

const nothing = (): undefined => undefined;
const textual = (name: string, spelling: EventArgument['spelling']): EventArgument => ({
  name,
  number: nothing,
  spelling,
});

/** Registers of calls whose table row leaves some out; everywhere else argument n is register n. */
const REGISTERS: Readonly<Record<string, readonly number[]>> = {
  accept4: [0, 3],
  sendmmsg: [0, 2, 3],
  recvmsg: [0, 2],
  recvmmsg: [0, 2, 3],
};

function numeric(
  spec: SyscallSpec,
  name: string,
  kind: keyof typeof NUMBER_KINDS,
  register: number,
): EventArgument {
  const { read, spell } = NUMBER_KINDS[kind];
  const number = (view: EventView): number | bigint | undefined => {
    const value = read(view, register);
    if (spec.name === 'clone') return typeof value === 'number' ? value - (value % 256) : value;
    return spec.name === 'clone3' && value >= CLONE3_FLAG_LIMIT ? undefined : value;
  };
  return {
    name,
    number,
    spelling: (view) => {
      if (spell === undefined) return undefined;
      const value = number(view);
      return value === undefined ? undefined : spell(view, Number(value));
    },
  };
}

const octal = (mode: number): string => (mode === 0 ? '0' : `0${mode.toString(8)}`);

/** Flags and mode of an open come from the opened file or the struct of openat2, not from a register. */
function ofOpen(name: string): EventArgument | undefined {
  if (name === 'flags')
    return {
      name,
      number: (view) => view.openFlags,
      spelling: (view) => flagNames(OPEN_FLAGS, view.openFlags) + (view.openCreated ? '|O_F_CREATED' : ''),
    };
  if (name === 'mode')
    return { name, number: (view) => view.openMode, spelling: (view) => octal(view.openMode) };
  // The struct of openat2 is not in a register; the contract carries its flags and mode only.
  return name === 'resolve' ? textual(name, nothing) : undefined;
}

/** Arguments of one row of the table, in its order. */
function declared(spec: SyscallSpec): EventArgument[] {
  let paths = 0;
  let texts = 0;
  return spec.args.split(' ').flatMap((word, position): EventArgument[] => {
    const [name = '', kind = ''] = word.split(':');
    if (!isArgKind(kind)) {
      if (word === '') return [];
      throw new TypeError(`${spec.name}: argument ${word} has no known kind`);
    }
    const register = REGISTERS[spec.name]?.[position] ?? position;
    switch (kind) {
      case 'path': {
        const operand = paths++ === 0 ? 0 : 1;
        return [textual(name, (view) => view.path(operand) ?? view.rawPath(operand))];
      }
      case 'string': {
        const operand = texts++ === 0 ? 0 : 1;
        return [textual(name, (view) => view.text(operand))];
      }
      case 'buffer':
        return [textual(name, (view) => (view.data === undefined ? undefined : printable(view.data)))];
      case 'sockaddr':
        return [textual(name, callerAddress)];
      default:
        return [(spec.family === 'open' ? ofOpen(name) : undefined) ?? numeric(spec, name, kind, register)];
    }
  });
}

function callerAddress(view: EventView): string | undefined {
  if (view.callerIp !== undefined) return `${view.callerIp}:${view.callerPort ?? 0}`;
  if (view.objectKind === 'unix') return view.unixPath;
  return view.remoteIp === undefined ? undefined : `${view.remoteIp}:${view.remotePort ?? 0}`;
}

const errorName = (view: EventView): string | undefined =>
  view.result !== undefined && isError(view.result) ? errnoName(-view.result) : undefined;

const result = (name: string): EventArgument => ({ name, number: resultOf, spelling: errorName });

/** The descriptor a call made, under the name `fd`. */
const newDescriptor: EventArgument = {
  name: 'fd',
  number: (view) => (failed(view) ? view.result : (descriptorNumber(view) ?? view.result)),
  spelling: (view) => errorName(view) ?? taggedName(view),
};

const tuple = textual('tuple', (view) =>
  view.objectKind === 'unix' ? descriptorName(view) : connectionTuple(view),
);

const MAKES_DESCRIPTOR: ReadonlySet<string> = new Set(
  'open openat openat2 creat open_by_handle_at socket accept accept4 memfd_create pidfd_open userfaultfd'.split(
    ' ',
  ),
);
const HAS_TUPLE: ReadonlySet<string> = new Set(
  'connect accept accept4 sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg'.split(' '),
);

export interface EventArguments {
  /** By position: result or new descriptor first, then the arguments of the call. */
  readonly list: readonly EventArgument[];
  readonly byName: ReadonlyMap<string, EventArgument>;
}

/** Names win in this order: what the event made, what exec gives, what the call was passed, the result. */
function argumentsOf(spec: SyscallSpec): EventArguments {
  const own = declared(spec);
  const first = MAKES_DESCRIPTOR.has(spec.name) ? [newDescriptor] : [result('res')];
  const exec = spec.family === 'exec' ? EXEC_ARGUMENTS : [];
  const extra = HAS_TUPLE.has(spec.name) ? [tuple] : [];
  const aliases = spec.name === 'bpf' ? [result('res_or_fd')] : [];
  const list = [...first, ...own, ...extra];
  const byName = new Map<string, EventArgument>();
  for (const argument of [...first, ...exec, ...own, ...extra, ...aliases, result('res')])
    if (!byName.has(argument.name)) byName.set(argument.name, argument);
  return { list, byName };
}

const NO_SYSCALL: EventArguments = { list: [result('res')], byName: new Map([['res', result('res')]]) };
/** By type id, which are small and dense for system calls. */
const BY_TYPE: readonly (EventArguments | undefined)[] = SYSCALLS.reduce<(EventArguments | undefined)[]>(
  (table, spec) => {
    table[spec.id] = argumentsOf(spec);
    return table;
  },
  [undefined],
);

export const eventArguments = (view: EventView): EventArguments => BY_TYPE[view.typeId] ?? NO_SYSCALL;

/** Every argument name some event has: what a rule may write after `evt.arg.`. */
export const argumentNames: ReadonlySet<string> = new Set(
  BY_TYPE.flatMap((a) => (a === undefined ? [] : [...a.byName.keys()])),
);
