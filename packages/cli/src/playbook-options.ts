import type { Playbook } from '@runward/respond/playbooks';
import type { OptionSpec, Parsed } from './command.js';

export const PLAYBOOK_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  playbooks: {
    type: 'string',
    multiple: true,
    value: 'FILE|DIR',
    doc: 'what is done about detections, repeatable; without it nothing is',
  },
};

/** Those that `--playbooks` names, none without it; undefined after the problems were printed. What reads them is loaded for them. */
export async function playbookOption(args: Parsed): Promise<readonly Playbook[] | undefined> {
  const paths = args.texts('playbooks');
  return paths.length === 0 ? [] : (await import('./playbook-files.js')).soundPlaybooks(paths);
}
