import { type Detection, NOBODY, summarizeContainer } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import type { FileChange } from '@runward/integrity';

const RULES: Readonly<Record<FileChange['kind'], string>> = {
  new: 'Integrity: file appeared',
  removed: 'Integrity: file removed',
  content: 'Integrity: file changed',
  attributes: 'Integrity: owner or permissions changed',
  kind: 'Integrity: file replaced',
};

export interface Told {
  readonly change: FileChange;
  /** undefined: it is the host's. */
  readonly container: ContainerInfo | undefined;
  /** What was heard of last of the path; undefined: it was found by looking. */
  readonly cause: Detection | undefined;
}

/** A change of a watched file as a detection, with who did it. */
export function describeFileChange({ change, container, cause }: Told, hostname: string): Detection {
  const { path, text, diff, before, after } = change;
  const by =
    cause === undefined ? ', found when it was looked for' : ` by ${cause.process.exe || cause.process.name}`;
  return {
    ...{
      time: cause?.time ?? new Date().toISOString(),
      rule: RULES[change.kind],
      priority: 'Warning',
      source: 'integrity',
    },
    ...{ hostname, tags: ['filesystem', 'integrity', 'T1565.001'] },
    output: `${path} of ${container === undefined ? 'the host' : container.name || container.id} ${text}${by}`,
    output_fields: {
      ...{ 'integrity.path': path, 'integrity.change': change.kind, 'integrity.text': text },
      ...{
        'integrity.before.sha256': before?.sha256 ?? null,
        'integrity.after.sha256': after?.sha256 ?? null,
      },
      ...{ 'integrity.diff': diff, 'integrity.call': cause?.event.type ?? null },
    },
    container: container === undefined ? null : summarizeContainer(container),
    process: cause?.process ?? NOBODY,
    ancestors: cause?.ancestors ?? [],
    event: {
      ...{ type: 'integrity', number: 0, cpu: 0 },
      ...{ callerMemory: false, truncated: false, compat32: false, ioUring: false },
    },
  };
}
