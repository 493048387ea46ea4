import type { FieldScalar } from '@runward/events';

/**
 * Short options of an argument list, as getopt(3) of POSIX reads them: option letters, each followed by its
 * value if it takes one; `?` (or `:` when `spec` starts with a colon) where a value is missing. With
 * `wanted`, the value of the last such option, or its letter if it takes none.
 */
export function getopt(
  args: readonly FieldScalar[],
  spec: string,
  wanted: string | undefined,
): string | readonly string[] | undefined {
  const missing = spec.startsWith(':') ? ':' : '?';
  const found: string[] = [];
  let last: string | undefined;
  const emit = (letter: string, value?: string): void => {
    found.push(letter, ...(value === undefined ? [] : [value]));
    if (letter === wanted) last = value ?? letter;
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (typeof arg !== 'string' || arg === '--' || !arg.startsWith('-') || arg === '-') break;
    if (arg.startsWith('--')) continue;
    for (let at = 1; at < arg.length; at++) {
      const letter = arg.charAt(at);
      const known = letter !== ':' && spec.includes(letter);
      if (!known || spec[spec.indexOf(letter) + 1] !== ':') {
        emit(known ? letter : '?');
        continue;
      }
      const value = at + 1 < arg.length ? arg.slice(at + 1) : args[++i];
      if (typeof value === 'string') emit(letter, value);
      else emit(missing);
      break;
    }
  }
  return wanted === undefined ? found : last;
}
