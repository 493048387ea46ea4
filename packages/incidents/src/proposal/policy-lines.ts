import { parseAddress } from '@runward/core';
import type { FileOperation, NetworkProtocol, SectionName } from '@runward/policy';
import type { ObservedAction } from '@runward/policy/observe';
import { flowList, scalar } from './yaml.js';

/** A line of a policy, or a setting of a section, as YAML. */
export interface ProposedLine {
  readonly section: SectionName;
  readonly kind: 'line' | 'setting';
  /** What follows `- `, or `KEY: VALUE`. */
  readonly yaml: string;
  /** What it takes away besides; '' where that is nothing. */
  readonly caution: string;
}

/** Programs that do what they are told, or are many programs in one file. */
const INTERPRETER =
  /(?:^|\/)(?:sh|bash|dash|ash|zsh|ksh|busybox|toybox|coreutils|python[\d.]*|perl|ruby|node|php[\d.]*|java|lua[\d.]*)$/;
const MOST_ARGUMENTS = 1024;

/** The line that denies what was done; undefined where no line of a policy could say it. */
export function denyLine(action: ObservedAction): ProposedLine | undefined {
  switch (action.section) {
    case 'process':
      return denyStart(action);
    case 'file':
      return isPath(action.path)
        ? line('file', `{ path: ${scalar(action.path)}, operations: [${widened(action.operation)}] }`)
        : undefined;
    case 'network':
      return networkLine(action);
    case 'capabilities':
    case 'kernelSurface':
      return line(action.section, scalar(action.name));
    case 'privilege':
      return setting(
        'privilege',
        'setuidExecution: deny',
        'every set-user-ID program of the workload is denied',
      );
    case 'syscalls':
      return undefined;
  }
}

function denyStart(action: Extract<ObservedAction, { section: 'process' }>): ProposedLine | undefined {
  const { path, arguments: args, drift, fileless } = action;
  if (fileless) return setting('process', 'fileless: deny', '');
  if (drift) return setting('process', 'drift: deny', 'nothing that is not in the image starts any more');
  if (!isPath(path)) return undefined;
  if (!INTERPRETER.test(path)) return line('process', `{ path: ${scalar(path)} }`);
  const pattern = literalGlob(args);
  if (args === '' || pattern.length > MOST_ARGUMENTS)
    return line(
      'process',
      `{ path: ${scalar(path)} }`,
      `\`${path}\` is many programs in one: all of them are denied`,
    );
  return line('process', `{ path: ${scalar(path)}, arguments: ${flowList([pattern])} }`);
}

/** Who could write a file could as well replace it. */
const widened = (operation: FileOperation): string =>
  operation === 'read' || operation === 'execute' || operation === 'mount' ? operation : 'modify';

const FAMILIES = new Set(['ipv4', 'ipv6']);

export function networkLine(
  action: Extract<ObservedAction, { section: 'network' }>,
): ProposedLine | undefined {
  const { operation, family, protocol, address, port } = action;
  const protocols = protocol === 'other' ? [] : [`protocols: [${protocol satisfies NetworkProtocol}]`];
  if (!FAMILIES.has(family)) {
    const parts = [`operation: ${operation}`, `families: [${family}]`];
    const all =
      family === 'unix' && operation === 'connect' ? 'every unix socket is denied, not just this one' : '';
    return line('network', `{ ${parts.join(', ')} }`, all);
  }
  if (operation !== 'connect') {
    const local = operation === 'create' || port === 0 ? [`families: [${family}]`] : [`ports: [${port}]`];
    return line('network', `{ ${[`operation: ${operation}`, ...local, ...protocols].join(', ')} }`);
  }
  if (parseAddress(address) === undefined) return undefined;
  const ports = port > 0 ? [`ports: [${port}]`] : [];
  return line(
    'network',
    `{ ${[`operation: connect`, `cidrs: ${flowList([address])}`, ...protocols, ...ports].join(', ')} }`,
  );
}

export const line = (section: SectionName, yaml: string, caution = ''): ProposedLine => ({
  ...{ section, kind: 'line', yaml, caution },
});
const setting = (section: SectionName, yaml: string, caution: string): ProposedLine => ({
  ...{ section, kind: 'setting', yaml, caution },
});

const MOST_PATH = 4096;
export const isPath = (text: string): boolean =>
  text.startsWith('/') && text.length < MOST_PATH && !text.endsWith('…') && !text.includes(' (deleted)');

/** As a pattern that matches this text alone. */
export const literalGlob = (text: string): string => text.replace(/[\\*?[\]{},]/g, '\\$&');
