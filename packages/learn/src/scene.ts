import type { ContainerInfo, EventView } from '@runward/events';
import type { Replica } from './builder/coverage.js';
import type { Executable } from './builder/executables.js';
import type { FileMount } from './builder/files.js';
import type { ProfileBuilder } from './builder/profile-builder.js';
import type { Moment } from './builder/tally.js';
import { mountOf } from './mounts.js';

/** Who acts, when, and where what it does is noted. One object, moved from event to event. */
export class Scene implements Moment {
  nowMs = 0;
  isStartup = false;
  replicaBit = 0;
  readonly builder: ProfileBuilder;
  readonly container: ContainerInfo;
  readonly replica: Replica | undefined;
  executable: Executable;
  readonly #mountOf: (path: string) => FileMount;

  readonly #infers: boolean;

  /** `infers`: capabilities follow from system calls that need them. */
  constructor(builder: ProfileBuilder, container: ContainerInfo, infers = true) {
    this.#infers = infers;
    this.builder = builder;
    this.container = container;
    this.replica = builder.coverage.replica(container);
    this.replicaBit = this.replica?.bit ?? 0;
    this.executable = builder.executables.of('');
    this.#mountOf = (path) => mountOf(path, container);
  }

  at(nowMs: number): void {
    this.nowMs = nowMs;
    this.isStartup = this.replica?.isStartup(nowMs) ?? false;
    this.replica?.advance(nowMs);
  }

  move(view: EventView, nowMs: number): void {
    this.at(nowMs);
    const { process } = view;
    const { path } = process.executable;
    if (this.executable.path !== path) this.executable = this.builder.executables.of(path);
    if (process.euid === 0) this.executable.ranAsRoot = true;
    this.builder.ranAs(process.uid);
  }

  file(path: string, operations: number, isOwn: boolean | undefined): void {
    this.#facts.isOwn = isOwn;
    this.#facts.executable = this.executable.id;
    this.builder.took(this.builder.files.note(path, operations, this.#facts, this, this.#mountOf), this);
  }
  readonly #facts = { isOwn: undefined as boolean | undefined, executable: 0 };

  mountOf(path: string): FileMount {
    return this.#mountOf(path);
  }

  /** Told by the kernel itself, which does not say by whom. */
  counted(what: 'syscalls' | 'capabilities', name: string): void {
    const { builder } = this;
    builder.took(builder[what].note(name, 'seen', undefined, this), this);
  }

  /** `certain`: noted even where the kernel counts, since it is not counted there. */
  capability(name: string, certain = false): void {
    if (!this.#infers && !certain) return;
    const { builder, executable } = this;
    builder.took(builder.capabilities.note(name, 'inferred', executable.id, this), this);
  }

  surface(name: string): void {
    const { builder, executable } = this;
    builder.took(builder.kernelSurface.note(name, 'seen', executable.id, this), this);
  }

  syscall(name: string): void {
    const { builder, executable } = this;
    builder.took(builder.syscalls.note(name, 'seen', executable.id, this), this);
  }
}
