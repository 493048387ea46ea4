import type { z } from 'zod';
import { type Fault, ServerError } from '../error.js';
import type { Operation } from './operation.js';

const MOST_FAULTS = 50;

/** What a request says, as the schemas of its operation have it, or all that is wrong with it at once. */
export function readInput(
  { params, query, body }: Operation,
  given: { readonly params: unknown; readonly query: unknown; readonly body: unknown },
): { readonly params: unknown; readonly query: unknown; readonly body: unknown } {
  const faults: Fault[] = [];
  const read = (where: string, schema: z.ZodType | undefined, value: unknown): unknown => {
    if (schema === undefined) return undefined;
    const { success, data, error } = schema.safeParse(value ?? {});
    if (success) return data;
    for (const issue of error.issues)
      faults.push({
        ...{ at: [where, ...issue.path.map(String)].join('.'), message: issue.message },
        ...placeOf(issue),
      });
    return undefined;
  };
  const input = {
    params: read('path', params, given.params),
    query: read('query', query?.strict(), given.query),
    body: read('body', body, given.body),
  };
  if (faults.length === 0) return input;
  throw new ServerError('SERVER_INVALID', sentenceOf(faults), { faults: faults.slice(0, MOST_FAULTS) });
}

/** Of texts that are a language: where it is wrong. */
function placeOf(issue: z.core.$ZodIssue): { readonly start?: number; readonly end?: number } {
  const { start, end }: Record<string, unknown> = (issue.code === 'custom' && issue.params) || {};
  return typeof start === 'number' && typeof end === 'number' ? { start, end } : {};
}

const sentenceOf = ([first, ...rest]: readonly Fault[]): string =>
  `\`${first?.at ?? ''}\`: ${first?.message ?? ''}${rest.length === 0 ? '' : ` (and ${rest.length} more)`}`;
