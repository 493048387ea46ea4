/** What the tables of exercises are made of. */
import type { ContainerOptions } from '../harness/index.js';

/** Containers in which several exercises happen one after another; each is a container of runc. */
export const PLACES = {
  /** The capabilities a container has by default. */
  plain: {},
  /** May give itself addresses: those of {@link NETWORK_SETUP}. */
  network: { privileged: true },
} as const satisfies Record<string, Partial<ContainerOptions>>;
export type Place = keyof typeof PLACES;

/** A peer that is neither loopback nor private (TEST-NET-3), inside the container's own network namespace. */
export const FOREIGN = '203.0.113.1';
export const METADATA = '169.254.169.254';
/** Run first where the place is `network`. */
export const NETWORK_SETUP = `ip addr add ${FOREIGN}/32 dev lo; ip addr add ${METADATA}/32 dev lo`;

interface Shown {
  /** Name in the stock file. */
  readonly rule: string;
  readonly does: string;
  /** Output fields the detection must carry, besides the container's identity. */
  readonly fields: Readonly<Record<string, string | number>>;
  /** Programs of the machine it needs, besides the container runtime. */
  readonly requires?: readonly string[];
  /** A rule file loaded after the stock ones, without which the rule cannot fire. */
  readonly override?: { readonly rules: string; readonly because: string };
}

/** An act in a container of its own. */
export interface OwnContainer extends Shown {
  readonly runtime: 'runc' | 'docker' | 'podman' | 'containerd-cri';
  readonly container: ContainerOptions;
}

/**
 * An act in a container that others share: a line for its shell. Programs of busybox go by their full path:
 * by their bare name its shell does what they do itself.
 */
export interface InPlace extends Shown {
  readonly place: Place;
  readonly script: string;
}

/** A rule that no container can make fire, by what its own condition says. */
export interface Impossible {
  readonly rule: string;
  readonly because: string;
}

export type Exercise = OwnContainer | InPlace;

export const shell = (script: string): readonly string[] => ['sh', '-c', script];

/** `exercise` under another name: rules go by the task's name, which is that of its file. */
export const renamed = (name: string, act: string): string =>
  `cp /usr/local/bin/exercise /tmp/${name} && /tmp/${name} ${act}`;
export const as = (name: string, act: string): readonly string[] => shell(renamed(name, act));
