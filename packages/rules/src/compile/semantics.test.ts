import type { FieldValue } from '@runward/events';
import { describe, expect, it } from 'vitest';
import { interpret } from '../interpret/interpreter.js';
import type { FactView } from '../testing/fact-catalogue.js';
import { tinyCatalogue } from '../testing/tiny-catalogue.js';
import { compileFilter } from './filter.js';

/** What the compiled condition says of an event; the interpreter must say the same. */
function holds(condition: string, facts: Record<string, FieldValue>): boolean {
  const event: FactView = { 'evt.type': 'open', 'evt.num': 1, ...facts };
  const { value, diagnostics } = compileFilter(condition, tinyCatalogue);
  if (value === undefined) throw new Error(diagnostics.map((d) => d.message).join('; '));
  const compiled = value.test(event, 'open');
  expect(interpret(value.condition, event, tinyCatalogue)).toBe(compiled);
  return compiled;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a check', () => {
  it.each<[string, Record<string, FieldValue>, boolean]>([
    ['proc.name = sh', { 'proc.name': 'sh' }, true],
    ['proc.name != sh', { 'proc.name': 'bash' }, true],
    ['proc.name != sh', {}, false],
    ['not proc.name = sh', {}, true],
    ['proc.name exists', { 'proc.name': '' }, true],
    ['proc.name exists', {}, false],
    ['proc.aname exists', { 'proc.aname': [] }, false],
    ['proc.name in (a, sh)', { 'proc.name': 'sh' }, true],
    ['proc.name intersects (a, sh)', { 'proc.name': 'sh' }, true],
    ['proc.name in ()', { 'proc.name': '' }, false],
    ['fd.name contains shadow', { 'fd.name': '/etc/shadow' }, true],
    ['fd.name contains SHADOW', { 'fd.name': '/etc/shadow' }, false],
    ['fd.name icontains SHADOW', { 'fd.name': '/etc/shadow' }, true],
    ['fd.name startswith /etc', { 'fd.name': '/etc/shadow' }, true],
    ['fd.name endswith shadow', { 'fd.name': '/etc/shadow' }, true],
    ['fd.name glob "/home/*/.ssh/*"', { 'fd.name': '/home/a/b/.ssh/id' }, true],
    ['fd.name glob "/proc/[0-9]*/mem"', { 'fd.name': '/proc/12/mem' }, true],
    ['fd.name glob "/proc/[!0-9]*/mem"', { 'fd.name': '/proc/12/mem' }, false],
    ['fd.name glob "a\\\\*"', { 'fd.name': 'a*' }, true],
    ['fd.name iglob "/ETC/*"', { 'fd.name': '/etc/x' }, true],
    ['fd.name regex "/proc/[0-9]+/mem"', { 'fd.name': '/proc/12/mem' }, true],
    ['fd.name regex "[0-9]+"', { 'fd.name': '/proc/12/mem' }, false],
    ['fd.name pmatch (/tmp/hello)', { 'fd.name': '/tmp/hello' }, true],
    ['fd.name pmatch (/tmp/hello)', { 'fd.name': '/tmp/hello/world' }, true],
    ['fd.name pmatch (/tmp/hello)', { 'fd.name': '/tmp/hello_world' }, false],
    ['fd.name pmatch (/etc/, /home/*/.ssh)', { 'fd.name': '/home/a/.ssh/id' }, true],
    ['fd.name pmatch (/)', { 'fd.name': '/x' }, true],
    ['fd.name startswith anyof (/a, /b)', { 'fd.name': '/b/c' }, true],
    ['fd.name contains allof (a, b)', { 'fd.name': 'a' }, false],
    ['fd.name contains oneof (a, b)', { 'fd.name': 'ab' }, false],
    ['fd.name contains oneof (a, b)', { 'fd.name': 'b' }, true],
    ['proc.name != allof (a, b)', { 'proc.name': 'c' }, true],
    ['proc.name != anyof (a, b)', { 'proc.name': 'a' }, true],
    ['fd.num >= 0', { 'fd.num': 0 }, true],
    ['fd.num >= 0', {}, false],
    ['fd.num < 0x10', { 'fd.num': 15 }, true],
    ['fd.num = -1', { 'fd.num': -1 }, true],
    ['fd.num in (0, 1, 2)', { 'fd.num': 2n }, true],
    ['fd.num != 2', { 'fd.num': 2n }, false],
    ['proc.duration <= 5000000000', { 'proc.duration': 5_000_000_000n }, true],
    ['proc.duration > 9007199254740993', { 'proc.duration': 9007199254740994n }, true],
    ['evt.is_open_write = true', { 'evt.is_open_write': true }, true],
    ['evt.is_open_write != true', { 'evt.is_open_write': false }, true],
    ['evt.is_open_write = false', { 'evt.is_open_write': false }, true],
    ['fd.sip = 10.0.0.1', { 'fd.sip': '10.0.0.1' }, true],
    ['fd.sip in (10.0.0.0/8, ::1)', { 'fd.sip': '10.9.8.7' }, true],
    ['fd.sip = 10.0.0.0/255.0.0.0', { 'fd.sip': '11.0.0.1' }, false],
    ['fd.sip = 2001:DB8::1', { 'fd.sip': '2001:db8::1' }, true],
    ['fd.sip in (2001:db8::/32)', { 'fd.sip': '2001:db8:1::5' }, true],
    ['fd.sip != 10.0.0.0/8', { 'fd.sip': '::1' }, true],
    ['fd.ip = 10.0.0.1', { 'fd.ip': ['8.8.8.8', '10.0.0.1'] }, true],
    ['fd.ip != 10.0.0.0/8', { 'fd.ip': ['8.8.8.8', '10.0.0.1'] }, false],
    ['proc.aname = sshd', { 'proc.aname': ['bash', 'sshd'] }, true],
    ['proc.aname in (sshd, x)', { 'proc.aname': ['bash', 'sshd'] }, true],
    ['proc.aname != sshd', { 'proc.aname': ['bash', 'sshd'] }, true],
    ['proc.aname[2] = sshd', { 'proc.aname': ['bash', 'sshd'] }, true],
    ['proc.aname[2] = sshd', { 'proc.aname[2]': 'sshd' }, true],
    ['proc.aname = sshd', { 'proc.aname[2]': 'sshd' }, true],
    ['fd.types in (a, b)', { 'fd.types': ['a', 'b'] }, true],
    ['fd.types in (a, b)', { 'fd.types': ['a', 'c'] }, false],
    ['fd.types intersects (a, b)', { 'fd.types': ['a', 'c'] }, true],
    ['fd.types[1] = c', { 'fd.types': ['a', 'c'] }, true],
    ['evt.arg.flags contains O_CREAT', { 'evt.arg.flags': 'O_RDWR|O_CREAT' }, true],
    ['evt.arg[flags] contains O_CREAT', { 'evt.arg[flags]': 'O_RDWR|O_CREAT' }, true],
    ['evt.buffer bcontains cafe', { 'evt.buffer': bytes(1, 0xca, 0xfe) }, true],
    ['evt.buffer bstartswith CAFE', { 'evt.buffer': bytes(1, 0xca, 0xfe) }, false],
    ['evt.buffer contains "ab"', { 'evt.buffer': bytes(97, 98, 0) }, true],
    ['tolower(proc.name) = sh', { 'proc.name': 'SH' }, true],
    ['toupper(proc.aname) = SSHD', { 'proc.aname': ['bash', 'sshd'] }, true],
    ['basename(fd.name) = shadow', { 'fd.name': '/etc/shadow' }, true],
    ['basename(fd.name) = ""', { 'fd.name': '/etc/' }, true],
    ['b64(proc.cmdline) contains curl', { 'proc.cmdline': 'Y3VybCB4' }, true],
    ['b64(proc.cmdline) contains curl', { 'proc.cmdline': 'not base64!' }, false],
    ['len(proc.name) > 2', { 'proc.name': 'é1' }, true],
    ['len(proc.aname) = 2', { 'proc.aname': ['a', 'b'] }, true],
    ['len(evt.buffer) = 3', { 'evt.buffer': bytes(1, 2, 3) }, true],
    ['join("-", proc.aname) = a-b', { 'proc.aname': ['a', 'b'] }, true],
    ['concat(proc.name, ":", proc.pname) = a:b', { 'proc.name': 'a', 'proc.pname': 'b' }, true],
    ['concat(proc.name, ":", proc.pname) = a:b', { 'proc.name': 'a' }, false],
    ['getopt(proc.args, "ne:") intersects (e)', { 'proc.args': ['-ne', 'sh', 'x'] }, true],
    ['getopt(proc.args, "ne:")[e] = sh', { 'proc.args': ['--long', '-esh'] }, true],
    ['getopt(proc.args, "ne:")[n] exists', { 'proc.args': ['--', '-n'] }, false],
    ['proc.name = val(proc.pname)', { 'proc.name': 'a', 'proc.pname': 'a' }, true],
    ['proc.name = val(proc.pname)', { 'proc.name': 'a' }, false],
    ['proc.name != val(proc.pname)', { 'proc.name': 'a' }, false],
    ['tolower(proc.name) = tolower(proc.pname)', { 'proc.name': 'A', 'proc.pname': 'a' }, true],
    ['fd.num > val(evt.rawres)', { 'fd.num': 3n, 'evt.rawres': 2 }, true],
    ['proc.name in val(proc.aname)', { 'proc.name': 'a', 'proc.aname': ['b', 'a'] }, true],
    ['evt.type in (open, openat)', {}, true],
    ['evt.type startswith op', {}, true],
    ['evt.type != open', {}, false],
    ['evt.num = 0', {}, false],
    ['evt.num > 0', {}, true],
  ])('%s on %o', (condition, facts, expected) => {
    expect(holds(condition, facts)).toBe(expected);
  });
});

describe('compileFilter', () => {
  it('knows which event types can pass', () => {
    const { value } = compileFilter('evt.type in (open, openat) and proc.name = sh', tinyCatalogue);
    expect(value?.eventTypes).toEqual(['open', 'openat']);
    expect(value?.test({ 'evt.type': 'close', 'proc.name': 'sh' }, 'close')).toBe(false);
  });

  it('says where a condition is wrong', () => {
    const { value, diagnostics } = compileFilter('proc.name = a\n and proc.nmae = b', tinyCatalogue);
    expect(value).toBeUndefined();
    expect(diagnostics).toMatchObject([
      {
        code: 'RULE_FIELD_UNKNOWN',
        help: 'did you mean `proc.name`?',
        span: { line: 2, column: 6, endColumn: 15 },
      },
    ]);
  });
});
