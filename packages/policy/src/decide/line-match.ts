import type { FileLine, ProcessLine } from '../model/policy.js';
import type { Matcher } from '../pattern/match.js';
import { matcherOf, matchesAny, textMatcher } from '../pattern/path-pattern.js';
import type { Action, ExecAction, FileAction } from './action.js';
import type { EffectiveLine, Setting } from './effective.js';
import { networkLineMatches } from './network.js';

/** Whether a line is about an action of its section. */
export function lineMatches({ terms, verdict }: EffectiveLine, action: Action): boolean {
  switch (terms.kind) {
    case 'default':
      // Who connects from elsewhere is the business of `ingress` alone.
      return action.kind !== 'network' || action.operation !== 'accept';
    case 'direction':
      return action.kind === 'network' && networkLineMatches(terms.line, action, false);
    case 'limit':
      return false;
    case 'setting':
      return settingMatches(terms.setting, action);
    case 'process':
      return action.kind === 'exec' && processLineMatches(terms.line, action);
    case 'file':
      return action.kind === 'file' && fileLineMatches(terms.line, action);
    case 'network':
      return action.kind === 'network' && networkLineMatches(terms.line, action, verdict === 'allow');
    case 'name':
      return nameOf(action) === terms.line.name;
  }
}

function settingMatches(setting: Setting, action: Action): boolean {
  if (action.kind === 'exec') {
    return (setting === 'drift' && action.drifted) || (setting === 'fileless' && action.fileless);
  }
  return action.kind === 'privilege' && action.privilege === setting;
}

function nameOf(action: Action): string | undefined {
  if (action.kind === 'capability' || action.kind === 'syscall') return action.name;
  return action.kind === 'kernel' ? action.handle : undefined;
}

function processLineMatches(line: ProcessLine, action: ExecAction): boolean {
  if (!matcherOf(line.pattern)(action.path) || matchesAny(line.except, action.path)) return false;
  if (line.sha256.length > 0 && !(action.sha256 && line.sha256.includes(action.sha256))) return false;
  if (line.arguments.length > 0 && !argumentsMatch(line, action.arguments)) return false;
  if (line.ancestors.length === 0) return true;
  return action.ancestors.some((ancestor) => matchesAny(line.ancestors, ancestor));
}

const argumentMatchers = new WeakMap<ProcessLine, readonly Matcher[]>();

function argumentsMatch(line: ProcessLine, text: string): boolean {
  let matchers = argumentMatchers.get(line);
  if (matchers === undefined) {
    matchers = line.arguments.map(textMatcher);
    argumentMatchers.set(line, matchers);
  }
  return matchers.some((matches) => matches(text));
}

const fileLineMatches = (line: FileLine, action: FileAction): boolean =>
  line.operations.includes(action.operation) &&
  (!line.ownerOnly || action.owner) &&
  matcherOf(line.pattern)(action.path) &&
  !matchesAny(line.except, action.path) &&
  (line.from.length === 0 || matchesAny(line.from, action.by));
