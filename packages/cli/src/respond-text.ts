import type { PlaybookDecision, RespondAnswer, RespondStatus } from '@runward/agent/respond';
import type { Asker, ResponseRecord } from '@runward/respond/orders';
import { table, visible } from './terminal.js';

const HEAD = ['ID', 'WHEN', 'ACTION', 'CONTAINER', 'BY', 'RESULT', 'TOOK', 'WHY'];
const SHOWN_WHY = 60;

export const respondedText = ({ responses }: RespondAnswer): string =>
  responses.flatMap((record) => [sentence(record), ...details(record)]).join('\n');

export function undoneText(record: ResponseRecord): string {
  const { action, undone } = record;
  const lines = [`\`${action}\` of ${nameOf(record)} is over: ${undone?.why ?? ''}`];
  return [...lines, ...(undone?.notes ?? []).map((note) => `  ${visible(note)}`)].join('\n');
}

export function respondListText({ inForce, history, playbooks }: RespondStatus): string {
  const rows = (records: readonly ResponseRecord[]): string =>
    table([HEAD, ...records.map((record) => row(record))]);
  const { pending, decisions, open } = playbooks;
  return [
    inForce.length === 0 ? 'nothing is in force' : `in force:\n${rows(inForce)}`,
    ...(history.length === 0 ? [] : [`before:\n${rows(history)}`]),
    ...(pending.length === 0 ? [] : [`waiting for an answer:\n${decisionTable(pending)}`]),
    ...(open.length === 0
      ? []
      : [`not responded to: ${open.map(({ rule, until }) => `${visible(rule)} until ${until}`).join(', ')}`]),
    ...(decisions.length === 0 ? [] : [`playbooks:\n${decisionTable(decisions)}`]),
  ].join('\n\n');
}

const DECISION_HEAD = ['ID', 'WHEN', 'PLAYBOOK', 'CONTAINER', 'OUTCOME', 'ACTIONS', 'RULE', 'WHY'];

const decisionTable = (decisions: readonly PlaybookDecision[]): string =>
  table([
    DECISION_HEAD,
    ...decisions.map(({ id, at, playbook, container, outcome, actions, rule, why }) => [
      ...[id.slice(0, 8), at.slice(0, 19), playbook, visible(container.name || container.id), outcome],
      ...[actions.join(' '), visible(rule), visible(why) || '-'],
    ]),
  ]);

function sentence(record: ResponseRecord): string {
  const { action, result, error, tookMs = 0, id, undo } = record;
  const what = `${action}: ${nameOf(record)}`;
  if (error !== undefined) return `${what}: failed: ${visible(error.message)} [${error.code}]`;
  const back = undo.length > 0 ? `; \`runward respond undo ${id.slice(0, 8)}\` takes it back` : '';
  return `${what}: ${result === 'already' ? 'it was so already' : result} after ${tookMs} ms${back}`;
}

function details({ error, facts, notes, action }: ResponseRecord): readonly string[] {
  const shown = facts === undefined || action === 'isolate' ? [] : [JSON.stringify(facts)];
  const help = error === undefined || error.help === '' ? [] : [error.help];
  return [...shown, ...help, ...notes].map((line) => `  ${visible(line)}`);
}

function row(record: ResponseRecord): readonly string[] {
  const { id, beganAt, action, by, result, undone, replacedBy, tookMs, why } = record;
  const end = undone !== undefined ? 'undone' : replacedBy !== undefined ? 'replaced' : result;
  return [
    ...[id.slice(0, 8), beganAt.slice(0, 19), action, nameOf(record), visible(askerText(by))],
    ...[end, tookMs === undefined ? '-' : `${tookMs} ms`, visible(why.slice(0, SHOWN_WHY)) || '-'],
  ];
}

const nameOf = ({ target }: ResponseRecord): string => visible(target.name || target.id);

function askerText(by: Asker): string {
  if (by.kind === 'playbook') return `playbook ${by.playbook}`;
  const { who } = by;
  if (typeof who !== 'object' || who === null) return '-';
  const { loginUser, user }: { readonly loginUser?: unknown; readonly user?: unknown } = who;
  return String(loginUser ?? user ?? '-');
}
