import { LIMITS } from '../model/limits.js';
import type { WorkloadProfile } from '../profile/profile.js';
import { flowList, quote } from './quote.js';

/** A name as Kubernetes wants it, made from the workload's. */
export function policyNameOf(workload: string): string {
  const plain = workload
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, LIMITS.nameCharacters)
    .replace(/-+$/, '');
  return plain === '' ? 'workload' : plain;
}

const ID = /^[0-9a-f]{12,64}$/;
/** Fields of a workload's name and what selectors call them. */
const PARTS: Readonly<Record<string, string>> = {
  name: 'containerNames',
  namespace: 'namespaces',
  image: 'images',
  digest: 'digests',
  runtime: 'runtimes',
};

/**
 * The containers of the workload, as selectors can say it. What they cannot (ids, pods by name) becomes the names the
 * containers had; a selector is never empty, which would be every container of the machine.
 */
export function selectorOf(profile: WorkloadProfile): readonly string[] {
  const { workload, namespaces, containerNames, images } = profile;
  const parts = new Map<string, string[]>();
  const labels: [string, string][] = [];
  const add = (key: string, values: readonly string[]): void => {
    if (values.length > 0) parts.set(key, [...new Set([...(parts.get(key) ?? []), ...values])].sort());
  };
  if (workload.includes('=')) {
    for (const part of workload.split(',')) {
      const at = part.indexOf('=');
      const [field, value] = [part.slice(0, at), part.slice(at + 1)];
      const key = Object.hasOwn(PARTS, field) ? PARTS[field] : undefined;
      if (key !== undefined) add(key, [value]);
      else if (field.startsWith('label.') && !/[*?]/.test(value)) labels.push([field.slice(6), value]);
    }
  } else if (workload.includes('/')) {
    add('namespaces', [workload.slice(0, workload.indexOf('/'))]);
    add('containerNames', containerNames);
  } else add('containerNames', ID.test(workload) && containerNames.length > 0 ? containerNames : [workload]);
  if (parts.size === 0 && labels.length === 0) {
    add('namespaces', namespaces);
    add('containerNames', containerNames);
    if (parts.size === 0) add('images', images.length > 0 ? images : [workload]);
  }
  return [
    ...[...parts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, values]) => `${key}: ${flowList(escaped(key, values))}`),
    ...(labels.length === 0
      ? []
      : [
          `containerLabels: { ${labels.map(([k, v]) => `${JSON.stringify(k)}: ${quoteText(v)}`).join(', ')} }`,
        ]),
  ];
}

/** Words that selectors take for globs: those of workloads know `*` and `?` only. */
const escaped = (key: string, values: readonly string[]): readonly string[] =>
  key === 'runtimes' ? values : values.map((value) => value.replace(/[[\]{},\\]/g, '\\$&'));

const quoteText = (text: string): string => (quote(text) === text ? text : JSON.stringify(text));
