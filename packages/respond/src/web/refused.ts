import { RespondError } from '../error.js';
import { mayPass, type WebAnswer } from './web-client.js';

const LONGEST = 200;

/** What a server said against it. Its words are cut, and go nowhere if they have the credential in them. */
export function refused(
  label: string,
  { status }: WebAnswer,
  words: unknown,
  secrets: readonly string[],
): RespondError {
  const said = typeof words === 'string' ? words.replace(/\s+/g, ' ').trim().slice(0, LONGEST) : '';
  const shown =
    said === '' || secrets.some((each) => each !== '' && String(words).includes(each)) ? '' : `: ${said}`;
  return new RespondError(
    mayPass(status) ? 'RESPOND_UNREACHABLE' : 'RESPOND_REFUSED',
    `${label} answered ${status}${shown}`,
    { help: 'its own log says why' },
  );
}
