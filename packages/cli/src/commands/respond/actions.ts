import { RunwardError } from '@runward/core';
import { ACTIONS, type AnyAction, actionOf, orderOf } from '@runward/respond/orders';
import { type OptionSpec, type Parsed, UsageError } from '../../command.js';
import { actionCommand } from './act.js';

type Term = AnyAction['terms'][string];

/** `maxSize` in playbooks is `--max-size` here. */
const optionName = ({ word }: Term): string => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const lower = (doc: string): string => `${doc.charAt(0).toLowerCase()}${doc.slice(1).replace(/\.$/, '')}`;

const termsOf = (action: AnyAction): readonly (readonly [string, Term])[] =>
  Object.entries(action.terms).filter(([, term]) => term.in !== 'order');

const optionsOf = (action: AnyAction): Readonly<Record<string, OptionSpec>> =>
  Object.fromEntries(
    termsOf(action).map(([, term]) => [
      optionName(term),
      { type: 'string', multiple: term.many, value: term.value, doc: optionDoc(term) },
    ]),
  );

const optionDoc = ({ doc, many }: Term): string => (many ? `${lower(doc)}; repeatable` : lower(doc));

/** What the options say, as the agent takes it. */
function writtenOrder(action: AnyAction, args: Parsed): Readonly<Record<string, unknown>> {
  const given = termsOf(action).flatMap(([key, term]) => {
    const name = optionName(term);
    const values = args.texts(name).map((text) => readValue(text, name, term));
    return values.length === 0 ? [] : [[key, term.many ? values : values.at(-1)] as const];
  });
  const order = { action: action.name, ...Object.fromEntries(given) };
  try {
    return { ...orderOf(order) };
  } catch (error) {
    if (error instanceof RunwardError) throw new UsageError(error.message, error.help);
    throw error;
  }
}

function readValue(text: string, name: string, { parse, expected }: Term): unknown {
  const value = parse(text);
  if (value !== undefined) return value;
  throw new UsageError(`\`--${name} ${text}\` is not understood`, `it takes ${expected}`);
}

/** By name, as the group `respond` has them. */
export const actionCommands = Object.fromEntries(
  ACTIONS.map((name) => {
    const action = actionOf(name);
    const { summary, about, example } = action;
    const options = optionsOf(action);
    const order = (args: Parsed): Readonly<Record<string, unknown>> => writtenOrder(action, args);
    return [
      name,
      { summary, load: async () => actionCommand({ action: name, summary, about, example, options, order }) },
    ];
  }),
);
