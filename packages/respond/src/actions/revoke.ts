import { RespondError } from '../error.js';
import type { Revoker } from '../revoke/table.js';
import type { Action } from './action.js';
import { texts } from './term.js';

export interface RevokeOrder {
  readonly action: 'revoke';
  /** Names of revokers; empty: all. */
  readonly with: readonly string[];
}

const PATIENCE_MS = 120_000;

export const revoke: Action<RevokeOrder> = {
  name: 'revoke',
  summary: 'make void the credentials a container holds',
  about: `Reads the tokens and other credentials that the settings of responses name from the container's environment and files, in memory
alone, and has each made void by who gave it out: an OAuth server, Vault, AWS, or what a webhook leads to. What they hold is in no
record. There is no undo: a credential that was revoked has to be given out anew.`,
  example: ['runward respond revoke web --with idp --why "its token was read"', 'by one of the revokers'],
  terms: {
    with: texts({
      ...{ word: 'with', value: 'NAME', doc: 'A revoker of the settings. Default: all.' },
      ...{ what: 'the name of a revoker', most: 64, longest: 63 },
    }),
  },
  patienceMs: () => PATIENCE_MS,
  perform: async (order, subject, hands, doing) => {
    const { mustBeRevoked, revokeAll } = await import('../revoke/revoke.js');
    const chosen = chosenOf(hands.settings.revokers, order.with);
    const report = await revokeAll(chosen, {
      subject,
      id: doing.id,
      why: doing.why,
      nowMs: Date.now(),
      kubernetes: hands.settings.kubernetes,
    });
    for (const note of report.notes) doing.note(note);
    for (const { revoker, name, outcome } of report.credentials)
      if (outcome !== 'failed') doing.note(`\`${name}\`: ${outcome} by \`${revoker}\``);
    mustBeRevoked(report);
    const isSo = report.credentials.every(({ outcome }) => outcome === 'already');
    return { result: isSo ? 'already' : 'done', facts: { credentials: report.credentials } };
  },
};

function chosenOf(revokers: readonly Revoker[], names: readonly string[]): readonly Revoker[] {
  if (revokers.length === 0)
    throw new RespondError('RESPOND_NOT_SET_UP', 'there is no revoker', {
      help: 'name some in a file, and start the agent with `--response-settings FILE`',
    });
  const known = revokers.map(({ settings }) => settings.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new RespondError('RESPOND_NOT_SET_UP', `there is no revoker \`${unknown}\``, {
      help: `there are ${known.join(', ')}`,
    });
  return names.length === 0 ? revokers : revokers.filter(({ settings }) => names.includes(settings.name));
}
