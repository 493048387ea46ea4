import { parseFilter } from '@runward/flows';
import { type OptionSpec, type Parsed, UsageError } from '../command.js';

/** Of commands about flows. */
export const HOST_OPTION: Readonly<Record<string, OptionSpec>> = {
  host: { type: 'boolean', doc: 'also flows without a container at either end' },
};

export const FILTER_HELP = `FILTER is one or more WORD=VALUE or WORD!=VALUE; all must hold. Words: container, id, workload, image, pod, namespace
(of the end that was counted), peer, client, server, service, address, port, protocol, role, family, failed, open.
Values may be lists (80,443), ranges of ports (8000-8099) and patterns (web-*).`;

/** The query of the agent's routes. */
export function flowQuery(args: Parsed): string {
  const filter = args.rest.join(' ');
  const parsed = parseFilter(filter);
  if (parsed.kind === 'problem') throw new UsageError(parsed.message, parsed.help);
  const query = new URLSearchParams();
  if (filter !== '') query.set('filter', filter);
  if (args.flag('host')) query.set('host', 'yes');
  return query.size === 0 ? '' : `?${query}`;
}

/** What agents without flows answer is a missing route: say why. */
export async function askFlows<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { code } = error as { readonly code?: unknown }; // whatever was thrown: any key may be asked for
    if (code !== 'CONTROL_NOT_FOUND') throw error;
    throw new UsageError(
      'the agent does not count flows',
      'it was started with `--no-flows`, or said at its start why it cannot (`GET /v1/status` tells)',
    );
  }
}
