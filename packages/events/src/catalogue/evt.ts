import type { FieldSpec } from '../field.js';
import { errnoName, isError, OpenFlag } from '../names/index.js';
import { EventFlag, type EventView } from '../view.js';
import { argumentPair, argumentText, type EventArgument, eventArguments } from './arguments.js';
import { category } from './categories.js';
import { eventsNamed, LINKS, OPENS, PATHS, READS, WRITES } from './event-sets.js';
import { failed, resultOf } from './outcome.js';
import { key, position, rowsFrom } from './spec.js';
import { bufferLengthFields, streamFields } from './stream.js';
import { clockTime, clockTimeNs, dateTime, dateTimeNs, fraction, isoTime, seconds } from './time.js';
import { unavailableEvtFields } from './unavailable.js';

const kernel = rowsFrom('the event record');
const agent = rowsFrom('the agent');
const args = rowsFrom('system call arguments, as the kernel used them where it keeps them');
const opened = rowsFrom('the opened file');

function resultName(view: EventView): string | undefined {
  const result = resultOf(view);
  if (result === undefined) return undefined;
  return isError(result) ? errnoName(-result) : 'SUCCESS';
}

function errorCategory(view: EventView): string {
  const about = category(view);
  return about === 'file' || about === 'net' || about === 'memory' ? about : 'other';
}

const CREAT = eventsNamed('creat');
/** creat has no flags argument; it always means these. */
const openFlags = (view: EventView): number =>
  CREAT.has(view) ? view.openFlags | OpenFlag.create | OpenFlag.writeOnly : view.openFlags;

const opensForReading = (view: EventView): boolean => {
  const mode = openFlags(view) & 3;
  return OPENS.has(view) && (mode === 0 || mode === OpenFlag.readWrite);
};
const opensForWriting = (view: EventView): boolean => OPENS.has(view) && (openFlags(view) & 3) !== 0;
const createsExecutable = (view: EventView): boolean =>
  OPENS.has(view) &&
  (openFlags(view) & (OpenFlag.create | OpenFlag.tmpfile)) !== 0 &&
  (view.openMode & 0o111) !== 0;

function argument(view: EventView, which: string | number | undefined): EventArgument | undefined {
  if (which === undefined) return undefined;
  const all = eventArguments(view);
  const named = typeof which === 'string' ? all.byName.get(which) : undefined;
  if (named !== undefined) return named;
  const at = position(which);
  return at === undefined ? undefined : all.list[at];
}

const absolute = (view: EventView, operand: 0 | 1): string | undefined =>
  PATHS.has(view) || OPENS.has(view) ? view.path(operand) : undefined;

/** journald serves the socket under its own name; `/dev/log` is a link to it. */
const SYSLOG: ReadonlySet<string> = new Set(['/dev/log', '/run/systemd/journal/dev-log']);

const NAME_OR_NUMBER = key(true, 'name of the argument (`evt.arg.flags`) or its position (`evt.arg[0]`)');

export const evtFields: readonly FieldSpec[] = [
  kernel('evt.num', 'uint', 'number of the event in the stream of this agent, from 1', (v) => v.number),
  kernel('evt.type', 'string', 'name of the event, such as `openat`', (v) => v.typeName),
  kernel(
    'evt.type.is',
    'uint',
    '1 for events of the named type, 0 for others',
    (v, name) => (v.typeName === name ? 1 : 0),
    { argument: key(true, 'name of an event type') },
  ),
  kernel('evt.dir', 'string', 'always `<`: an event stands for a finished call', () => '<'),
  kernel(
    'evt.category',
    'string',
    'what the event is about: `file`, `net`, `IPC`, `memory`, `process`, `signal`, `user` or `system`',
    category,
  ),
  kernel('evt.cpu', 'int', 'number of the CPU the event happened on', (v) => v.cpu),
  kernel('evt.count', 'uint', 'always 1, for sums', () => 1),
  agent('evt.hostname', 'string', 'name of the host the agent runs on', (v) => v.hostname),
  agent('evt.source', 'string', 'always `syscall`', () => 'syscall'),
  agent('evt.is_async', 'bool', 'always false: no event is made by an asynchronous source', () => false),
  kernel(
    'evt.is_io_uring',
    'bool',
    'true when the request came through io_uring, not a system call of its own',
    (v) => (v.flags & EventFlag.ioUring) !== 0,
  ),

  kernel('evt.time', 'string', 'local time with nanoseconds, `14:05:09.000000001`', (v) =>
    clockTimeNs(v.timeNs),
  ),
  kernel('evt.time.s', 'string', 'local time in seconds, `14:05:09`', (v) => clockTime(v.timeNs)),
  kernel('evt.time.iso8601', 'string', 'time in UTC, `2026-01-31T14:05:09.000000001+0000`', (v) =>
    isoTime(v.timeNs),
  ),
  kernel('evt.datetime', 'string', 'local date and time with nanoseconds', (v) => dateTimeNs(v.timeNs)),
  kernel('evt.datetime.s', 'string', 'local date and time in seconds', (v) => dateTime(v.timeNs)),
  kernel('evt.rawtime', 'time', 'nanoseconds since the Unix epoch', (v) => v.timeNs),
  kernel('evt.rawtime.s', 'uint', 'whole seconds since the Unix epoch', (v) => seconds(v.timeNs)),
  kernel('evt.rawtime.ns', 'uint', 'nanoseconds past the whole second', (v) => fraction(v.timeNs)),

  ...streamFields,
  kernel('evt.outputtime', 'string', 'the same as `evt.time`', (v) => clockTimeNs(v.timeNs)),

  kernel('evt.rawres', 'int', 'return value; a negative errno on failure', resultOf),
  kernel('evt.res', 'string', '`SUCCESS`, or the name of the error such as `ENOENT`', resultName),
  kernel('evt.failed', 'bool', 'the call returned an error', failed),
  kernel('evt.count.exit', 'uint', 'always 1: an event stands for a finished call', () => 1),
  kernel('evt.count.error', 'uint', '1 for a call that returned an error', (v) =>
    failed(v) ? 1 : undefined,
  ),

  ...(['file', 'net', 'memory', 'other'] as const).map((about) =>
    kernel(
      `evt.count.error.${about}`,
      'uint',
      about === 'other'
        ? '1 for an error of any other category'
        : `1 for an error of the category \`${about}\``,
      (v) => (failed(v) && errorCategory(v) === about ? 1 : undefined),
    ),
  ),

  args('evt.args', 'string', 'all arguments, as `name=value` pairs', (v) =>
    eventArguments(v)
      .list.map((a) => argumentPair(a, v))
      .filter((pair) => pair !== undefined)
      .join(' '),
  ),
  args('evt.info', 'string', 'the same as `evt.args`', (v) =>
    eventArguments(v)
      .list.map((a) => argumentPair(a, v))
      .filter((pair) => pair !== undefined)
      .join(' '),
  ),
  args(
    'evt.arg',
    'string',
    'one argument, by name or position; numbers that have names are spelled out (`O_RDONLY|O_CLOEXEC`)',
    (v, which) => {
      const found = argument(v, which);
      return found === undefined ? undefined : argumentText(found, v);
    },
    { argument: NAME_OR_NUMBER },
  ),
  args(
    'evt.rawarg',
    'int',
    'the number of an argument that is a number; not set for text',
    (v, which) => argument(v, which)?.number(v),
    {
      argument: NAME_OR_NUMBER,
    },
  ),
  args('evt.abspath', 'string', 'absolute path of the first path operand', (v) => absolute(v, 0)),
  args('evt.abspath.src', 'string', 'absolute path of the first of two path operands', (v) =>
    absolute(v, LINKS.has(v) ? 1 : 0),
  ),
  args('evt.abspath.dst', 'string', 'absolute path of the second of two path operands', (v) =>
    absolute(v, LINKS.has(v) ? 0 : 1),
  ),
  kernel(
    'evt.is_caller_memory',
    'bool',
    'a path or address of the event was read from caller memory, which the caller could have changed meanwhile',
    (v) => (v.flags & EventFlag.callerMemory) !== 0,
  ),
  kernel(
    'evt.is_truncated',
    'bool',
    'a part of the event did not fit and was cut',
    (v) => (v.flags & EventFlag.truncated) !== 0,
  ),

  kernel('evt.buffer', 'bytes', 'first bytes read, written, sent or received', (v) => v.data),
  ...bufferLengthFields,
  kernel(
    'evt.is_io',
    'bool',
    'the call moves data through a descriptor',
    (v) => READS.has(v) || WRITES.has(v),
  ),
  kernel('evt.is_io_read', 'bool', 'the call reads or receives', READS.has),
  kernel('evt.is_io_write', 'bool', 'the call writes or sends', WRITES.has),
  kernel(
    'evt.io_dir',
    'string',
    '`r` for calls that read or receive, `w` for those that write or send',
    (v) => (READS.has(v) ? 'r' : WRITES.has(v) ? 'w' : undefined),
  ),

  kernel(
    'evt.is_syslog',
    'bool',
    'a message to the system log: a write to `/dev/log`',
    (v) => WRITES.has(v) && v.objectKind === 'unix' && SYSLOG.has(v.unixPath ?? ''),
  ),

  opened('evt.is_open_read', 'bool', 'an open (of any kind) for reading', opensForReading),
  opened('evt.is_open_write', 'bool', 'an open (of any kind) for writing', opensForWriting),
  opened(
    'evt.is_open_exec',
    'bool',
    'an open that creates a file with a permission to execute',
    createsExecutable,
  ),
  opened('evt.is_open_create', 'bool', 'an open that made the file', (v) => OPENS.has(v) && v.openCreated),

  ...unavailableEvtFields,
];
