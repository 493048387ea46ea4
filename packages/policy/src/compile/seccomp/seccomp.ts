import type { EffectiveLine } from '../../decide/effective.js';
import { START_CALLS } from '../../model/surface-means.js';
import { type Exported, nothingToSay, Shortfalls } from '../export/exported.js';
import { plainText, reasonOf } from '../export/reasons.js';
import { type SocketVerdict, socketTable } from '../export/socket-table.js';
import {
  type Architecture,
  defaultDenial,
  type ExportSubject,
  lineAboutName,
  linesOf,
} from '../export/subject.js';
import { ENOSYS, EPERM, masked, type SeccompAction, type SeccompFilter, type SeccompRule } from './filter.js';
import { type DeniedHandles, deniedHandles } from './handles.js';
import { denied, socketRules } from './sockets.js';

const FORMAT = 'seccomp';

/** Besides the machine's own those of its 32-bit programs, so that no second door stands open. */
const ARCHITECTURES: Readonly<Record<Architecture, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/** As JSON that runc, crun, Docker, Podman and the kubelet's runtimes read. */
export function exportSeccomp(subject: ExportSubject): Exported {
  const shortfalls = new Shortfalls();
  const filter = seccompFilter(subject, shortfalls);
  if (filter === undefined) return nothingToSay(subject, FORMAT, ['syscalls', 'kernelSurface', 'network']);
  return { text: `${JSON.stringify(filter, undefined, 2)}\n`, diagnostics: shortfalls.diagnostics(FORMAT) };
}

/** The filter; undefined when it would let everything through. */
export function seccompFilter(subject: ExportSubject, shortfalls: Shortfalls): SeccompFilter | undefined {
  const builder = new FilterBuilder(subject, shortfalls);
  const rules = builder.rules();
  const fallback = builder.fallback;
  if (fallback === undefined && rules.length === 0) return undefined;
  const outcome = fallback === undefined ? undefined : builder.denial('syscalls');
  // What the default does anyway: some versions of libseccomp refuse a rule for it.
  const told = rules.filter(({ action, errnoRet = EPERM }) => action !== outcome || errnoRet !== EPERM);
  return {
    comment: plainText(
      `made by runward from ${subject.effective.policies.map(({ name }) => name).join(', ')}: ${fallback === undefined ? 'what no rule denies is allowed' : 'what no rule allows is denied'}`,
    ),
    defaultAction: outcome ?? 'SCMP_ACT_ALLOW',
    ...(outcome === 'SCMP_ACT_ERRNO' && { defaultErrnoRet: EPERM }),
    architectures: ARCHITECTURES[subject.architecture],
    syscalls: gathered(told),
  };
}

type Denial = Exclude<SeccompAction, 'SCMP_ACT_ALLOW'>;

class FilterBuilder {
  readonly fallback: EffectiveLine | undefined;
  readonly #handles: DeniedHandles;
  readonly #sockets: readonly SocketVerdict[];
  readonly #lent: ReadonlySet<string>;

  constructor(
    readonly subject: ExportSubject,
    readonly shortfalls: Shortfalls,
  ) {
    this.fallback = defaultDenial(subject, 'syscalls');
    this.#handles = deniedHandles(subject, shortfalls);
    this.#sockets = restricting(socketTable(subject, shortfalls));
    this.#lent = new Set(this.fallback === undefined ? [] : START_CALLS);
    for (const line of linesOf(subject, 'network'))
      if (
        line.terms.kind === 'network' &&
        (line.terms.line.cidrs.length > 0 || line.terms.line.ports.length > 0)
      )
        shortfalls.wider(line, 'addresses and ports');
  }

  denial(section: 'syscalls' | 'kernelSurface' | 'network'): Denial {
    const kills = this.subject.effective.sections.get(section)?.response === 'kill';
    return kills ? 'SCMP_ACT_KILL_PROCESS' : 'SCMP_ACT_ERRNO';
  }

  rules(): readonly SeccompRule[] {
    const mentioned = linesOf(this.subject, 'syscalls').flatMap(({ terms }) =>
      terms.kind === 'name' ? [terms.line.name] : [],
    );
    const names = new Set([
      ...mentioned,
      ...this.#lent,
      ...this.#handles.calls.keys(),
      ...(this.#handles.flags === 0 ? [] : ['clone', 'unshare']),
      ...(this.#sockets.length === 0 ? [] : ['socket', 'socketcall']),
      'clone3',
    ]);
    // One rule says both.
    names.delete('socketpair');
    if (mentioned.includes('socketpair')) names.add('socket');
    return [...names].sort().flatMap((name) => this.#rulesOf(name));
  }

  #rulesOf(name: string): readonly SeccompRule[] {
    const handle = this.#handles.calls.get(name);
    if (handle !== undefined)
      return [rule(name, denied(this.denial('kernelSurface')), `${handle.name}: ${reasonOf(handle.line)}`)];
    const line = lineAboutName(this.subject, 'syscalls', name);
    const isLent = line === this.fallback && this.#lent.has(name);
    if (name === 'clone3') return this.#clone3(line);
    if (name === 'socket') return this.#socketCalls();
    if (line?.verdict === 'deny' && !isLent)
      return line === this.fallback ? [] : [rule(name, denied(this.denial('syscalls')), reasonOf(line))];
    if (name === 'socketcall' && this.#sockets.length > 0) return this.#socketcall(line);
    const comment = isLent || line === undefined ? LENT : reasonOf(line);
    const { flags } = this.#handles;
    if ((name === 'clone' || name === 'unshare') && flags !== 0) return this.#withoutFlags(name, comment);
    return this.fallback === undefined ? [] : [rule(name, ALLOW, comment)];
  }

  /** The call takes its flags from memory, where a filter cannot look. */
  #clone3(line: EffectiveLine | undefined): readonly SeccompRule[] {
    const unseen = rule('clone3', { action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS }, CLONE3);
    if (this.#handles.flags !== 0) return [unseen];
    if (line?.verdict === 'deny' && line !== this.fallback)
      return [rule('clone3', denied(this.denial('syscalls')), reasonOf(line))];
    if (this.fallback === undefined) return [];
    return line === this.fallback
      ? [unseen]
      : [rule('clone3', ALLOW, line === undefined ? LENT : reasonOf(line))];
  }

  #withoutFlags(name: string, comment: string): readonly SeccompRule[] {
    const { flags, flagsLine } = this.#handles;
    const why = flagsLine === undefined ? '' : `no new namespaces: ${reasonOf(flagsLine)}`;
    if (this.fallback !== undefined)
      return [{ ...rule(name, ALLOW, `${comment}; ${why}`), args: [masked(0, flags, 0)] }];
    // The filter language has no "any bit of": one rule per bit.
    const bits = Array.from({ length: 32 }, (_, bit) => 2 ** bit).filter(
      (bit) => (BigInt(flags) & BigInt(bit)) !== 0n,
    );
    return bits.map((bit) => ({
      ...rule(name, denied(this.denial('kernelSurface')), why),
      args: [masked(0, bit, bit)],
    }));
  }

  #socketCalls(): readonly SeccompRule[] {
    const calls = (['socket', 'socketpair'] as const).map((name) => {
      const line = lineAboutName(this.subject, 'syscalls', name);
      return { name, line, allowed: line?.verdict !== 'deny' };
    });
    const allowed = calls.flatMap(({ name, allowed: is }) => (is ? [name] : []));
    const always = calls.flatMap(({ name, line, allowed: is }): readonly SeccompRule[] => {
      if (line === undefined || line === this.fallback) return [];
      if (!is) return [rule(name, denied(this.denial('syscalls')), reasonOf(line))];
      return this.#sockets.length === 0 ? [rule(name, ALLOW, reasonOf(line))] : [];
    });
    const byKind = socketRules(
      this.#sockets,
      this.fallback === undefined,
      this.denial('network'),
      this.shortfalls,
    ).map((each) => ({ ...each, names: each.names.filter((name) => allowed.some((is) => is === name)) }));
    const kept =
      this.fallback === undefined ? always.filter(({ action }) => action !== 'SCMP_ACT_ALLOW') : always;
    return [...kept, ...byKind.filter(({ names }) => names.length > 0)];
  }

  /** What a 32-bit program asks it for lies in memory. */
  #socketcall(line: EffectiveLine | undefined): readonly SeccompRule[] {
    if (line?.verdict === 'allow') this.shortfalls.narrower(line, 'which sockets `socketcall` makes');
    return [rule('socketcall', { action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS }, SOCKETCALL)];
  }
}

const ALLOW = { action: 'SCMP_ACT_ALLOW' } as const;
const LENT =
  'the container runtime makes these calls after the filter is loaded and before the program starts';
const CLONE3 =
  'its flags lie in memory, where no filter sees them; told that the kernel has no such call, programs use `clone`';
const SOCKETCALL =
  'the older call of 32-bit programs; which socket it asks for lies in memory, so programs are told to use `socket`';

const rule = (
  name: string,
  outcome: Pick<SeccompRule, 'action' | 'errnoRet'>,
  comment: string,
): SeccompRule => ({ comment, names: [name], ...outcome });

/** Nothing is to be said of sockets when every kind may be made. */
const restricting = (table: readonly SocketVerdict[]): readonly SocketVerdict[] =>
  table.every(({ allowed }) => allowed) ? [] : table;

/** Names with the same outcome for the same reason share a rule. */
function gathered(rules: readonly SeccompRule[]): readonly SeccompRule[] {
  const groups = new Map<string, { readonly rule: SeccompRule; readonly names: Set<string> }>();
  for (const each of rules) {
    const key = JSON.stringify([each.action, each.errnoRet, each.args, each.comment]);
    const group = groups.get(key) ?? { rule: each, names: new Set() };
    for (const name of each.names) group.names.add(name);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ rule: each, names }) => ({ ...each, names: [...names] }));
}
