import { RUNTIMES, type Workload } from '@runward/policy';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

/** Who a container is, told by hand: what selectors look at. */
export const FACT_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  image: {
    type: 'string',
    value: 'REFERENCE',
    doc: 'of a container with this image, such as registry/shop/web:2',
  },
  digest: { type: 'string', value: 'DIGEST', doc: 'of a container whose image has this digest' },
  namespace: { type: 'string', value: 'NAME', doc: 'of a pod in this namespace' },
  'pod-label': {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    doc: 'of a pod with this label; repeatable',
  },
  label: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    doc: 'of a container with this label; repeatable',
  },
  'container-name': { type: 'string', value: 'NAME', doc: 'of a container with this name' },
  runtime: { type: 'string', value: 'NAME', doc: `of a container of ${RUNTIMES.slice(0, -1).join(', ')}` },
};

/** The workload the options describe; undefined when none was given. */
export function factsOf(args: Parsed): Workload | undefined {
  const given = Object.keys(FACT_OPTIONS).filter((name) => args.texts(name).length > 0);
  if (given.length === 0) return undefined;
  const image = args.text('image') ?? '';
  const runtime = args.text('runtime') ?? '';
  if (runtime !== '' && !RUNTIMES.some((known) => known === runtime))
    throw new UsageError(`unknown runtime \`${runtime}\``, `use one of ${RUNTIMES.join(', ')}`);
  const podLabels = labelsOf(args, 'pod-label');
  const namespace = args.text('namespace');
  return {
    name: args.text('container-name') ?? '',
    runtime,
    image,
    imageRepository: repositoryOf(image),
    imageDigest: args.text('digest') ?? '',
    labels: labelsOf(args, 'label'),
    pod:
      namespace === undefined && podLabels.size === 0
        ? undefined
        : { namespace: namespace ?? '', labels: podLabels },
  };
}

/** The reference without tag and digest. */
export const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');

function labelsOf(args: Parsed, option: string): ReadonlyMap<string, string> {
  return new Map(
    args.texts(option).map((text) => {
      const at = text.indexOf('=');
      if (at < 1)
        throw new UsageError(`\`--${option} ${text}\` is no label`, `write \`--${option} NAME=VALUE\``);
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
  );
}
