import { type Term, texts } from './term.js';

/** As the API has them: a name, perhaps behind a domain. */
const KEY = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/;
const LONGEST_ANNOTATION = 16 * 1024;

const keyProblem = (key: string): string =>
  KEY.test(key)
    ? ''
    : 'its key is none that the API takes: letters, digits, `-`, `_`, `.`, perhaps `DOMAIN/` before';

const setProblem =
  (isLabel: boolean) =>
  (text: string): string => {
    const at = text.indexOf('=');
    if (at < 1) return 'it has no `=`';
    const wrong = keyProblem(text.slice(0, at));
    if (wrong !== '' || !isLabel || LABEL_VALUE.test(text.slice(at + 1))) return wrong;
    return 'its value is none that a label takes: at most 63 letters, digits, `-`, `_`, `.`';
  };

export const setTerm = (what: 'label' | 'annotation'): Term<readonly string[]> =>
  texts({
    ...{ word: 'set', value: 'KEY=VALUE', doc: `A ${what} as it is to be.`.replace('A a', 'An a') },
    ...{ what: '`KEY=VALUE`', most: 32, longest: what === 'label' ? 512 : LONGEST_ANNOTATION },
    objection: setProblem(what === 'label'),
  });

export const removeTerm = (what: 'label' | 'annotation'): Term<readonly string[]> =>
  texts({
    ...{ word: 'remove', value: 'KEY', doc: `A ${what} that is to go.`.replace('A a', 'An a') },
    ...{ what: '`KEY`', most: 32, longest: 320, objection: keyProblem },
  });

export interface MetadataOrder {
  readonly set: readonly string[];
  readonly remove: readonly string[];
}

export function metadataObjection({
  set,
  remove,
}: MetadataOrder): { readonly message: string; readonly help: string } | undefined {
  if (set.length + remove.length === 0)
    return { message: 'nothing is to be set or removed', help: 'give `set`, `remove` or both' };
  const keys = [...set.map((text) => text.slice(0, text.indexOf('='))), ...remove];
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  return twice === undefined
    ? undefined
    : { message: `\`${twice}\` is named twice`, help: 'name each key once' };
}
