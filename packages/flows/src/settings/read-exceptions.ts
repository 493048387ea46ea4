import { parseNetwork } from '@runward/core';
import { type ItemKind, listed, type YamlNode } from '@runward/yaml';
import { DETECTORS, type Detector, type Exception } from '../analyse/index.js';
import type { Problems } from './problems.js';

const MOST_EXCEPTIONS = 256;
const MOST_ITEMS = 256;
const LONGEST_GLOB = 253;

export const DETECTOR: ItemKind<Detector | undefined> = {
  parse: (text) => DETECTORS.find((name) => name === text),
  expected: `a detector: ${listed(DETECTORS)}`,
  most: MOST_ITEMS,
};

const glob = (expected: string): ItemKind<string | undefined> => ({
  parse: (text) => (text !== '' && text.length <= LONGEST_GLOB ? text : undefined),
  expected,
  most: MOST_ITEMS,
});

const WORKLOAD = glob('the name of a workload or container, such as `shop/web` or `backup-*`');
const NAME = glob('a name of the other side, such as `*.example.org`');
const NETWORK = {
  parse: parseNetwork,
  expected: 'an address or network, such as `203.0.113.0/24`',
  most: MOST_ITEMS,
};
const PORTS = {
  parse: parsePorts,
  expected: 'a port or a range, such as `443` or `8000-8100`',
  most: MOST_ITEMS,
};

const KEYS = ['detectors', 'workloads', 'networks', 'names', 'ports'] as const;

export function readExceptions(node: YamlNode, problems: Problems): readonly Exception[] {
  if (node.kind !== 'list') {
    const help = 'write a list: `- workloads: [backup]`';
    problems.tell('type', '`exceptions` is no list', help, node.span);
    return [];
  }
  if (node.items.length > MOST_EXCEPTIONS) {
    const message = `there are more than ${MOST_EXCEPTIONS} exceptions`;
    problems.tell('type', message, 'one may list several networks or workloads', node.span);
    return [];
  }
  return node.items.map((item) => readException(item, problems));
}

function readException(node: YamlNode, problems: Problems): Exception {
  const entries = new Map(problems.entries(node, KEYS, 'an exception'));
  const list = <T>(key: string, kind: ItemKind<T>): readonly Exclude<T, undefined>[] => {
    const entry = entries.get(key);
    if (entry === undefined) return [];
    if (entry.value.kind === 'list' && entry.value.items.length === 0) {
      const message = `\`${key}\` is an empty list, which would fit everything`;
      problems.tell('value', message, 'leave the key out, or name some', entry.value.span);
    }
    return problems.list(entry.value, key, kind);
  };
  if (node.kind === 'map' && ![...entries.keys()].some((key) => key !== 'detectors')) {
    const help = `name ${listed(KEYS.slice(1))}, or turn detectors off with \`off: [beacon]\``;
    problems.tell('value', 'an exception fits everything', help, node.span);
  }
  return {
    detectors: list('detectors', DETECTOR),
    workloads: list('workloads', WORKLOAD),
    networks: list('networks', NETWORK),
    names: list('names', NAME).map((name) => name.toLowerCase()),
    ports: list('ports', PORTS),
  };
}

function parsePorts(text: string): readonly [number, number] | undefined {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return first >= 1 && last >= first && last <= 65_535 ? [first, last] : undefined;
}
