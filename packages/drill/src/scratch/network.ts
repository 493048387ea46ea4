import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { DrillError } from '../error.js';
import type { Scenario } from '../scenario/scenario.js';
import { poll, runCommand, startCommand } from './command.js';

const LISTENS_WITHIN_MS = 30_000;
/** A listener that nobody ends any more, because the drill was killed, ends by itself. */
const LISTENER_LIFE_SECONDS = 1800;

/** Gives the loopback interface of a container's own network namespace addresses, and servers that answer there. */
export class ScratchNetwork {
  readonly #listeners: ChildProcess[] = [];

  /** @throws DrillError DRILL_CONTAINER_FAILED */
  async open(
    { addresses = [], listeners = [] }: NonNullable<Scenario['network']>,
    {
      pid,
      busybox,
      signal,
    }: { readonly pid: number; readonly busybox: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const inside = ['nsenter', '-t', String(pid), '-n', busybox];
    const commands = [
      ['ip', 'link', 'set', 'lo', 'up'],
      ...addresses.map((address) => ['ip', 'addr', 'add', `${address}/32`, 'dev', 'lo']),
    ];
    for (const command of commands) {
      const { code, output } = await runCommand(busybox, [...inside, ...command], { signal });
      if (code !== 0) throw failed(`\`${command.join(' ')}\`: ${output.trim()}`);
    }
    for (const port of listeners) {
      const server = ['nc', '-ll', '-p', String(port), '-e', 'cat'];
      const child = startCommand(busybox, [
        'timeout',
        String(LISTENER_LIFE_SECONDS),
        busybox,
        ...inside,
        ...server,
      ]);
      child.on('error', () => undefined); // told below: it does not listen
      child.stdout?.resume();
      child.stderr?.resume();
      this.#listeners.push(child);
    }
    for (const port of listeners) {
      const isOpen = await poll(() => isListening(pid, port) || undefined, LISTENS_WITHIN_MS, signal);
      if (isOpen === undefined) throw failed(`nothing listens on port ${port}`);
    }
  }

  close(): void {
    // The group: `timeout` starts what listens.
    for (const { pid } of this.#listeners) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    this.#listeners.length = 0;
  }
}

const failed = (reason: string): DrillError =>
  new DrillError(
    'DRILL_CONTAINER_FAILED',
    `the network of the scratch container could not be made: ${reason}`,
  );

/** proc(5): local address and port in hex, state 0A is LISTEN. */
export function isListening(pid: number, port: number): boolean {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].some((table) => {
    try {
      return readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
        .split('\n')
        .some((line) => {
          const [, local = '', , state] = line.trim().split(/\s+/);
          return local.endsWith(suffix) && state === '0A';
        });
    } catch {
      return false;
    }
  });
}
