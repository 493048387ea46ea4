import { Problem } from './problem.js';

/** For requests that change something: other sites cannot know it. Told with the session. */
let proof: string | null = null;
export const setProof = (value: string | null): void => {
  proof = value;
};

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export function queryOf(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of [value].flat())
      if (each !== undefined && each !== '') search.append(name, String(each));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** One request to the API. @throws Problem */
export async function ask<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const headers = new Headers();
  if (body !== undefined) headers.set('content-type', 'application/json');
  if (method !== 'GET' && proof !== null) headers.set('x-runward-page', proof);
  if (method === 'POST') headers.set('idempotency-key', crypto.randomUUID());
  const answer = await fetch(`/api/v1${path}`, {
    ...{ method, headers, credentials: 'same-origin' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Problem(0, 'UNREACHABLE', 'the server cannot be reached', 'it is tried again', []);
  });
  const text = await answer.text();
  const told: unknown = text === '' ? undefined : JSON.parse(text);
  if (!answer.ok) throw Problem.of(answer.status, told);
  return told as T; // as the document of the API says
}
