import type { YamlNode } from '@runward/yaml';
import type { Reporter } from '../diagnostics/reporter.js';
import type { PodObject } from './kubernetes-objects.js';
import { entryOf, textOf } from './kubernetes-objects.js';
import { isSound } from './peers.js';

/** Ports of one protocol, as parts of a line; a rule without ports is about all protocols, and has neither part. */
export interface LinePorts {
  readonly protocols?: readonly string[];
  readonly ports?: readonly string[];
}

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const MAX_PORT = 65_535;

/** `pods`: whose containers have the ports that are named. undefined, and reported, where one cannot be taken. */
export function linePorts(
  items: readonly YamlNode[],
  pods: readonly PodObject[],
  reporter: Reporter,
  path: string,
): readonly LinePorts[] | undefined {
  if (items.length === 0) return [{}];
  const byProtocol = new Map<string, string[] | undefined>();
  for (const [at, item] of items.entries()) {
    const here = `${path}[${at}]`;
    if (!isSound(item, ['protocol', 'port', 'endPort'], reporter, here)) return undefined;
    const protocol = textOf(item, 'protocol') || 'TCP';
    if (!PROTOCOLS.includes(protocol)) {
      const help = `one of ${PROTOCOLS.join(', ')}`;
      reporter.report('POLICY_VALUE', `\`${protocol}\` is no protocol of ports`, help, item.span, here);
      return undefined;
    }
    const [port, end] = [textOf(item, 'port'), textOf(item, 'endPort')];
    if (port === '' && entryOf(item, 'port') === undefined && end === '') {
      byProtocol.set(protocol, undefined);
      continue;
    }
    const said = portText(port, end, protocol, pods, item, reporter, here);
    if (said === undefined) return undefined;
    const known = byProtocol.get(protocol);
    // All ports of the protocol are allowed by another item already.
    if (!byProtocol.has(protocol) || known !== undefined) byProtocol.set(protocol, [...(known ?? []), said]);
  }
  return [...byProtocol].map(([protocol, ports]) => ({
    protocols: [protocol.toLowerCase()],
    ...(ports !== undefined && { ports }),
  }));
}

function portText(
  port: string,
  end: string,
  protocol: string,
  pods: readonly PodObject[],
  item: YamlNode,
  reporter: Reporter,
  path: string,
): string | undefined {
  const isNumber = (text: string): boolean => /^[0-9]{1,5}$/.test(text) && Number(text) <= MAX_PORT;
  if (isNumber(port)) {
    if (end === '') return port;
    if (isNumber(end) && Number(end) >= Number(port)) return `${port}-${end}`;
    reporter.report('POLICY_VALUE', `the ports \`${port}\` to \`${end}\` are no range`, '', item.span, path);
    return undefined;
  }
  const numbers = new Set(
    pods.flatMap(({ ports }) =>
      ports.flatMap((each) => (each.name === port && each.protocol === protocol ? [each.port] : [])),
    ),
  );
  const [number, ...more] = numbers;
  if (end === '' && number !== undefined && more.length === 0 && isNumber(`${number}`)) return `${number}`;
  const message =
    more.length > 0
      ? `the port \`${port}\` is another one in each pod: ${[...numbers].join(', ')}`
      : `no pod that is given has a port \`${port}\` of ${protocol}`;
  const help = 'give the pods, or what they are made of, as well; or write the number';
  reporter.report('POLICY_VALUE', message, help, item.span, path);
  return undefined;
}
