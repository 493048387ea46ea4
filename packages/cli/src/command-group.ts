import { type Command, nearest, UsageError } from './command.js';

/** A command whose first word says what to do: `policy apply`. Each is loaded only when it is used. */
export interface CommandGroup {
  readonly name: string;
  /** Paragraphs of help before the list of actions. */
  readonly about: string;
  /** The action that is meant where none is named. */
  readonly otherwise?: string;
  readonly actions: Readonly<
    Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>
  >;
}

export const isGroup = (command: Command | CommandGroup): command is CommandGroup => 'actions' in command;

export function groupHelp({ name, about, actions }: CommandGroup): string {
  const width = Math.max(...Object.keys(actions).map((action) => action.length)) + 2;
  const rows = Object.entries(actions).map(([action, { summary }]) => `  ${action.padEnd(width)}${summary}`);
  return [
    `Usage: runward ${name} ACTION [options]`,
    '',
    about.trim(),
    '',
    'Actions:',
    ...rows,
    '',
    `runward ${name} ACTION --help tells more about one.`,
    'Exit codes: 0 done, 1 failed while running, 2 bad input or bad usage.',
    '',
  ].join('\n');
}

/** The command an action stands for. */
export function actionOf(group: CommandGroup, action: string | undefined): Promise<Command> {
  const names = Object.keys(group.actions);
  const entry = action !== undefined && names.includes(action) ? group.actions[action] : undefined;
  if (entry !== undefined) return entry.load();
  if (action === undefined)
    throw new UsageError(`what \`${group.name}\` is to do is missing`, `use one of ${names.join(', ')}`);
  const near = nearest(action, names);
  throw new UsageError(
    `unknown action \`${group.name} ${action}\``,
    near === undefined ? `use one of ${names.join(', ')}` : `did you mean \`runward ${group.name} ${near}\`?`,
  );
}
