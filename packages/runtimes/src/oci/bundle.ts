import { isAbsolute, join } from 'node:path';
import type { ContainerInfo, ContainerRuntime } from '@runward/events';
import { blankContainer } from '../container-info.js';
import { readBoundedFile } from '../io/bounded-file.js';
import { parseJson } from '../io/json.js';
import { readSpec } from './spec.js';
import { readBundleImage } from './spec-image.js';

/** The specification in a bundle folder, or undefined when there is none. */
export async function readBundleSpec(bundle: string): Promise<unknown> {
  if (!isAbsolute(bundle)) return undefined;
  const path = join(bundle, 'config.json');
  const text = await readBoundedFile(path);
  return text === undefined ? undefined : parseJson(text, path);
}

/** A container as its specification tells it. `bundle` is where it lies, for the notes beside it. */
export async function containerOfSpec(
  id: string,
  runtime: ContainerRuntime,
  spec: unknown,
  bundle: string | undefined,
): Promise<ContainerInfo> {
  const { annotations, ...facts } = readSpec(spec);
  return {
    ...blankContainer(id, runtime),
    ...facts,
    ...(await readBundleImage(annotations, bundle)),
    name: id,
    labels: annotations,
  };
}
