import type { FieldSpec, FieldType } from '@runward/events';
import type { ListKind } from '../resolve/expression.js';

/** What the checks need to know of a catalogue; its extractors are the compiler's business. */
export type FieldTable = ReadonlyMap<
  string,
  Pick<FieldSpec<never>, 'name' | 'type' | 'list' | 'argument' | 'unavailable'>
>;

export interface FieldUse {
  readonly name: string;
  readonly argument: string | number | undefined;
  readonly type: FieldType;
  readonly list: ListKind;
}

export interface FieldProblem {
  readonly code: 'RULE_FIELD_UNKNOWN' | 'RULE_FIELD_ARGUMENT';
  readonly message: string;
}

/** Fields that name the ancestors of a process when used without an index. */
const ANCESTORS = /^proc\.a(?:name|exe|exepath|cmdline|args|pid|env)$/;
/** Fields that mean either end of a connection. */
const ENDPOINTS = /^fd\.(?:ip|net|port|proto|[sclr]ip\.name)$/;

/** Finds a field by what was written: `a.b`, `a.b[argument]`, and `a.b.argument` for fields with a key. */
export function lookUpField(
  table: FieldTable,
  written: string,
  argument: string | undefined,
): FieldUse | FieldProblem {
  const exact = table.get(written);
  if (exact !== undefined) return withArgument(exact, argument);
  for (let dot = written.lastIndexOf('.'); dot > 0; dot = written.lastIndexOf('.', dot - 1)) {
    const spec = table.get(written.slice(0, dot));
    if (spec === undefined || spec.argument.kind !== 'key' || argument !== undefined) continue;
    return withArgument(spec, written.slice(dot + 1));
  }
  return { code: 'RULE_FIELD_UNKNOWN', message: `unknown field \`${written}\`` };
}

type Spec = Pick<FieldSpec<never>, 'name' | 'type' | 'list' | 'argument'>;

function withArgument(spec: Spec, argument: string | undefined): FieldUse | FieldProblem {
  const problem = (message: string): FieldProblem => ({ code: 'RULE_FIELD_ARGUMENT', message });
  const { kind } = spec.argument;
  if (argument === undefined) {
    if (spec.argument.kind !== 'none' && spec.argument.required) {
      return problem(
        `\`${spec.name}\` needs an argument: \`${spec.name}[${kind === 'index' ? '1' : 'name'}]\``,
      );
    }
    return use(spec, undefined);
  }
  if (kind === 'none') return problem(`\`${spec.name}\` takes no argument`);
  if (kind === 'key') return use(spec, argument);
  if (!/^\d{1,9}$/.test(argument)) return problem(`\`${spec.name}\` takes a number, not \`${argument}\``);
  return use(spec, Number(argument));
}

function use(spec: Spec, argument: string | number | undefined): FieldUse {
  const single = !spec.list || (spec.argument.kind === 'index' && argument !== undefined);
  const kind = ANCESTORS.test(spec.name) ? 'any' : ENDPOINTS.test(spec.name) ? 'endpoints' : 'set';
  return { name: spec.name, argument, type: spec.type, list: single ? 'none' : kind };
}
