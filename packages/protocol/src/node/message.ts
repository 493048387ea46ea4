import type { z } from 'zod';
import { ProtocolError } from '../error.js';

/** Text as what the schema says it is. @throws ProtocolError PROTOCOL_MALFORMED, with the first place that is wrong */
export function parseMessage<T extends z.ZodType>(schema: T, text: string, what: string): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('PROTOCOL_MALFORMED', `${what} is no JSON`, { cause });
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at \`${issue.path.join('.')}\``;
  throw new ProtocolError('PROTOCOL_MALFORMED', `${what} is not as agreed${where}: ${issue?.message ?? ''}`, {
    help: 'agent and server may be of versions that do not fit together',
  });
}
