import type { Action, ExecAction, NetworkAction } from '../decide/action.js';
import { quoteWord } from './split-words.js';

/** An action as `parseActions` reads it back, and as people read it. */
export function actionText(action: Action): string {
  switch (action.kind) {
    case 'exec':
      return execText(action);
    case 'file': {
      const { operation, owner, path } = action;
      return words(program(action.by), operation, owner ? 'owned' : '', quoteWord(path));
    }
    case 'network':
      return words(program(action.by), networkText(action));
    case 'capability':
    case 'syscall':
      return words(action.kind, action.name);
    case 'kernel':
      return words('kernel', action.handle);
    case 'privilege':
      return words('privilege', action.privilege);
  }
}

const words = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ');
const program = (path: string): string => (path === '' ? '' : quoteWord(path));

function execText({ path, arguments: args, ancestors, drifted, fileless, sha256 }: ExecAction): string {
  // One blank between arguments reads back as it is; anything else needs quotes.
  const plain = args !== '' && !/["'\\]|[^\S ]|^ | $| {2}/.test(args);
  return words(
    ...ancestors.toReversed().map(quoteWord),
    'exec',
    drifted ? 'drifted' : '',
    fileless ? 'fileless' : '',
    sha256 === undefined ? '' : `sha256:${sha256}`,
    quoteWord(path),
    args === '' || plain ? args : quoteWord(args),
  );
}

function networkText({ operation, family, protocol, address, port }: NetworkAction): string {
  const suffix = protocol === undefined ? '' : `/${protocol}`;
  if (operation === 'create') return `socket ${family}${suffix}`;
  if (family === 'unix' && address !== undefined) return `${operation} ${quoteWord(`unix:${address}`)}`;
  if (address === undefined) return `${operation} ${family}${suffix}`;
  if (port === undefined) return `${operation} ${address}${suffix}`;
  return `${operation} ${address.includes(':') ? `[${address}]` : address}:${port}${suffix}`;
}
