import { closest } from '@runward/core';
import { failuresOf } from './counters.js';
import type { Endpoint } from './endpoint.js';
import type { Flow } from './flow.js';
import { globTest } from './words.js';

/** Which flows are meant. */
export interface FlowFilter {
  readonly matches: (flow: Flow) => boolean;
}

export type ParsedFilter =
  | { readonly kind: 'filter'; readonly filter: FlowFilter }
  | { readonly kind: 'problem'; readonly message: string; readonly help: string };

const nameOf = (end: Endpoint): string[] => {
  const { container, names = [], name, address, kind } = end;
  return [
    kind,
    name,
    address,
    ...names,
    container?.id ?? '',
    container?.id.slice(0, 12) ?? '',
    container?.workload ?? '',
  ];
};

/** What a flow has under each word; a part holds when one of the values fits. */
const FIELDS: Readonly<Record<string, (flow: Flow) => readonly string[]>> = {
  container: ({ self }) => (self.container === undefined ? [] : [self.container.name]),
  id: ({ self }) => (self.container === undefined ? [] : [self.container.id, self.container.id.slice(0, 12)]),
  workload: ({ self }) => (self.container === undefined ? [] : [self.container.workload]),
  image: ({ self }) => (self.container === undefined ? [] : [self.container.image]),
  pod: ({ self }) => (self.container?.pod === undefined ? [] : [self.container.pod.name]),
  namespace: ({ self }) => (self.container?.pod === undefined ? [] : [self.container.pod.namespace]),
  peer: ({ peer }) => nameOf(peer),
  client: (flow) => nameOf(flow.role === 'client' ? flow.self : flow.peer),
  server: (flow) => nameOf(flow.role === 'server' ? flow.self : flow.peer),
  service: ({ peer }) => (peer.service === undefined ? [] : [peer.service.address]),
  address: ({ remote }) => [remote],
  protocol: ({ protocol }) => [protocol],
  role: ({ role }) => [role],
  family: ({ remote, isMapped }) =>
    isMapped ? ['mapped', 'ipv4'] : [remote.includes(':') ? 'ipv6' : 'ipv4'],
  failed: ({ counters }) => [failuresOf(counters) > 0 ? 'yes' : 'no'],
  denied: ({ policy }) => [policy !== undefined && policy.lastDeniedMs > 0 ? 'yes' : 'no'],
  open: ({ open }) => [open > 0 ? 'yes' : 'no'],
};
const WORDS = [...Object.keys(FIELDS), 'port'];
const MOST_LENGTH = 1024;

const problem = (message: string, help: string): ParsedFilter => ({ kind: 'problem', message, help });

/**
 * Reads `WORD=VALUE` and `WORD!=VALUE`, separated by blanks; all must hold. A value may list several by commas and use
 * `*` and `?`; of a port it may be a range. Never throws.
 */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > MOST_LENGTH)
    return problem('the filter is too long', `use at most ${MOST_LENGTH} characters`);
  const tests: ((flow: Flow) => boolean)[] = [];
  for (const part of text.split(/\s+/).filter((word) => word !== '')) {
    const match = /^([^=!]+)(!?=)(.+)$/.exec(part);
    const [, word = '', operator, value = ''] = match ?? [];
    if (match === null) return problem(`\`${part}\` is no \`WORD=VALUE\``, `words are ${WORDS.join(', ')}`);
    const test = word === 'port' ? portTest(value) : fieldTest(word, value);
    if (typeof test !== 'function') return test;
    tests.push(operator === '=' ? test : (flow) => !test(flow));
  }
  return { kind: 'filter', filter: { matches: (flow) => tests.every((test) => test(flow)) } };
}

function fieldTest(word: string, value: string): ((flow: Flow) => boolean) | ParsedFilter {
  const read = Object.hasOwn(FIELDS, word) ? FIELDS[word] : undefined;
  if (read === undefined) {
    const near = closest(word, WORDS);
    return problem(
      `\`${word}\` is nothing a flow is known by`,
      near === undefined ? `use one of ${WORDS.join(', ')}` : `did you mean \`${near}\`?`,
    );
  }
  const fits = value.split(',').map(globTest);
  return (flow) => read(flow).some((have) => have !== '' && fits.some((fit) => fit(have)));
}

function portTest(value: string): ((flow: Flow) => boolean) | ParsedFilter {
  const ranges: (readonly [number, number])[] = [];
  for (const part of value.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || to > 65_535 || from > to)
      return problem(`\`${part}\` is no port`, 'write a port, or a range such as `8000-8099`');
    ranges.push([from, to]);
  }
  return ({ port }) => ranges.some(([from, to]) => port >= from && port <= to);
}
