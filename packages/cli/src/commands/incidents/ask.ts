import { agentClient } from '../../agent-client.js';
import { type Parsed, UsageError } from '../../command.js';

/** Reading all rules on a slow machine. */
const TIMEOUT_MS = 60_000;

/** The id, and what follows it in one text. */
export function namedIncident(args: Parsed, usage: string): { readonly id: string; readonly text: string } {
  const [id, ...words] = args.rest;
  if (id === undefined)
    throw new UsageError(
      'no incident is named',
      `write \`runward incidents ${usage}\`; \`runward incidents list\` lists them`,
    );
  return { id, text: words.join(' ') };
}

export function onlyIncident(args: Parsed, usage: string): string {
  const { id, text } = namedIncident(args, usage);
  if (text !== '') throw new UsageError(`unexpected \`${text}\``, `write \`runward incidents ${usage}\``);
  return id;
}

export async function askAbout(args: Parsed, id: string, act?: string, body?: unknown): Promise<unknown> {
  const client = await agentClient(args);
  const path = `/v1/incidents/${encodeURIComponent(id)}`;
  if (act === undefined) return client.ask('GET', path, { timeoutMs: TIMEOUT_MS });
  return client.ask('POST', `${path}/${act}`, { body, timeoutMs: TIMEOUT_MS });
}
