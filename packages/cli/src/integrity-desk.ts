import { join } from 'node:path';
import { watchesOf } from '@runward/agent/integrity-watches';
import { BaselineStore, type IntegritySettings, ScopeCheck } from '@runward/integrity';
import { STATE_OPTION, stateOf } from './agent-client.js';
import { type OptionSpec, type Parsed, UsageError } from './command.js';
import { scanContainers } from './container-scan.js';
import { readIntegrityFile } from './integrity-settings.js';
import { RUNTIME_OPTIONS, registryOptions } from './runtime-options.js';

export const INTEGRITY_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  settings: { type: 'string', value: 'FILE', doc: 'which files are watched (required)' },
  json: { type: 'boolean', doc: 'one JSON object' },
  ...STATE_OPTION,
  ...RUNTIME_OPTIONS,
};

export interface NamedCheck {
  readonly id: string;
  readonly name: string;
  readonly check: ScopeCheck;
}

export interface IntegrityDesk {
  readonly store: BaselineStore;
  readonly checks: readonly NamedCheck[];
}

export const openStore = (args: Parsed): BaselineStore =>
  new BaselineStore(join(stateOf(args), 'integrity.db'));

/** undefined: the settings have errors, which were printed. */
export async function integrityDesk(args: Parsed): Promise<IntegrityDesk | undefined> {
  const path = args.text('settings');
  if (path === undefined)
    throw new UsageError(
      '`--settings` is missing',
      'name the file that says which files are watched: docs/integrity.md',
    );
  const settings = await readIntegrityFile(path);
  if (settings === undefined) return undefined;
  const store = openStore(args);
  return {
    store,
    checks: [...hostCheck(store, settings), ...(await containerChecks(store, settings, args))],
  };
}

function hostCheck(store: BaselineStore, { watches, secrets }: IntegritySettings): readonly NamedCheck[] {
  const own = watches.filter(({ where }) => where === 'host');
  if (own.length === 0) return [];
  const name = 'the host';
  return [
    {
      id: 'host',
      name,
      check: new ScopeCheck(store, { id: 'host', name, root: '/', watches: own, secrets }),
    },
  ];
}

async function containerChecks(
  store: BaselineStore,
  { watches, secrets }: IntegritySettings,
  args: Parsed,
): Promise<readonly NamedCheck[]> {
  if (!watches.some(({ where }) => where === 'containers')) return [];
  const found = await scanContainers(await registryOptions(args)());
  return found.flatMap(({ container, processes }) => {
    const own = watchesOf(watches, container);
    const pid = processes[0]?.pid;
    if (own.length === 0 || pid === undefined) return [];
    const [id, name] = [container.id, container.name || container.id];
    return [
      {
        id,
        name,
        check: new ScopeCheck(store, { id, name, root: `/proc/${pid}/root`, watches: own, secrets }),
      },
    ];
  });
}
