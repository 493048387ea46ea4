import { AttestError } from '../error.js';

const MOST_NAMED = 20;

/** `running`: the names of those that could have been meant. */
export function noContainer(name: string, running: readonly string[]): AttestError {
  const more = running.length > MOST_NAMED ? ` and ${running.length - MOST_NAMED} more` : '';
  const help =
    running.length === 0
      ? 'no container runs here that can be seen'
      : `those that run: ${running.toSorted().slice(0, MOST_NAMED).join(', ')}${more}`;
  return new AttestError('ATTEST_NO_CONTAINER', `no container, workload or image \`${name}\` runs here`, {
    help,
  });
}

/** What is approved is one configuration. */
export const notAlike = (name: string, containers: readonly string[]): AttestError =>
  new AttestError(
    'ATTEST_SEVERAL',
    `the containers of \`${name}\` may do different things: ${containers.slice(0, MOST_NAMED).join(', ')}`,
    { help: 'look at each with `runward attest show`, make them alike, or approve one by its own name' },
  );
