import type { EventView } from '@runward/events';
import type { Tally } from '../tally.js';
import type { BlockHandler } from './block-splitter.js';
import { type BlockType, BYTE_ORDER_MAGIC, MAJOR_VERSION } from './block-types.js';
import { OutOfBounds } from './byte-cursor.js';
import { Call } from './call.js';
import type { Descriptor } from './descriptor.js';
import { applyToDescriptors } from './descriptor-events.js';
import { EnterEvents } from './enter-events.js';
import { readDescriptors, readHostname, readProcesses, readUsers } from './lists.js';
import { Machine } from './machine.js';
import { applyClone, applyExec, applyIdentity } from './process-events.js';
import { ScapEvent } from './scap-event.js';
import { ScapView } from './scap-view.js';

const CLONES = new Set(['clone', 'clone3', 'fork', 'vfork']);
const EXECS = new Set(['execve', 'execveat']);

/** Turns the blocks of a capture into events, keeping the state of the captured machine on the way. */
export class ScapReplay implements BlockHandler {
  readonly machine = new Machine();
  events = 0;
  fromNs: bigint | undefined;
  toNs: bigint | undefined;
  readonly #enters = new EnterEvents();
  readonly #event = new ScapEvent();
  readonly #call = new Call(this.#event);
  readonly #view = new ScapView();
  readonly #onEvent: (view: EventView) => void;
  readonly #tally: Tally;
  #sampledSinceNs: bigint | undefined;

  constructor(onEvent: (view: EventView) => void, tally: Tally) {
    this.#onEvent = onEvent;
    this.#tally = tally;
    this.#view.accounts = this.machine.accounts;
  }

  get forgotten(): number {
    return this.machine.forgotten + this.#enters.forgotten;
  }

  block(type: BlockType, bytes: Buffer, start: number, end: number, offset: number): void {
    if (type.kind === 'event') this.#onBlock(type, bytes, start, end, offset);
    else {
      try {
        this.#list(type, bytes, start, end, offset);
      } catch (error) {
        // What the entries before the damaged one told stays known.
        if (!(error instanceof OutOfBounds || error instanceof RangeError)) throw error;
        this.#tally.skip(
          'damaged',
          `the rest of a list of ${type.kind}: ${error.message}`,
          end - start,
          offset,
        );
      }
    }
  }

  unknown(type: number, length: number, offset: number): void {
    this.#tally.skip('unknown', `unknown block type 0x${type.toString(16)}`, length, offset);
  }

  damaged(reason: string, bytes: number, offset: number): void {
    this.#tally.skip('damaged', reason, bytes, offset);
  }

  #list({ kind, version }: BlockType, bytes: Buffer, start: number, end: number, offset: number): void {
    const { machine } = this;
    switch (kind) {
      case 'section':
        this.#section(bytes, start, end, offset);
        return;
      case 'machine':
        machine.hostname = readHostname(bytes, start, end);
        this.#view.hostname = machine.hostname;
        return;
      case 'processes':
        readProcesses(bytes, start, end, version, (task) => machine.addListed(task));
        return;
      case 'descriptors': {
        const found: [number, Descriptor][] = [];
        const tid = readDescriptors(bytes, start, end, version, (fd, d) => found.push([fd, d]));
        if (found.length === 0 || !machine.knowsThread(tid)) return;
        const process = machine.ofThread(tid);
        for (const [fd, descriptor] of found) machine.setDescriptor(process, fd, descriptor);
        return;
      }
      case 'users':
        readUsers(bytes, start, end, version, machine.accountData);
        return;
      default:
        // Addresses of network interfaces: nothing a rule asks for.
        return;
    }
  }

  #section(bytes: Buffer, start: number, end: number, offset: number): void {
    if (end - start < 8 || bytes.readUInt32LE(start) !== BYTE_ORDER_MAGIC) {
      this.#tally.skip('damaged', 'a section in another byte order', end - start, offset);
      return;
    }
    const major = bytes.readUInt16LE(start + 4);
    if (major > MAJOR_VERSION) {
      const reason = `a section of version ${major}, newer than ${MAJOR_VERSION}: read as far as it is understood`;
      this.#tally.skip('unknown', reason, 0, offset);
    }
    if (offset === 0) return;
    this.machine.reset();
    this.#enters.clear();
  }

  #onBlock(type: BlockType, bytes: Buffer, start: number, end: number, offset: number): void {
    const event = this.#event;
    const problem = event.attach(bytes, start, end, type);
    if (problem !== undefined) {
      this.#tally.malformed += 1;
      this.#tally.skip('damaged', problem, end - start, offset);
      return;
    }
    const { row } = event;
    if (row === undefined) {
      this.#tally.skip('unknown', `unknown event number ${event.type}`, end - start, offset);
      return;
    }
    this.fromNs ??= event.timeNs;
    this.#view.streamStartNs = this.fromNs;
    this.toNs = event.timeNs;
    if (row.type === undefined) this.#internal(row.name, end - start, offset);
    else if (event.isExit || row.type === 'procexit') this.#finish(row.type);
    else if (event.count > 0) this.#enters.put(event.tid, bytes, start, end, type);
  }

  #finish(type: string): void {
    const event = this.#event;
    const { machine } = this;
    machine.linkListed();
    const process = machine.ofThread(event.tid);
    const call = this.#call;
    call.enter = event.isExit ? this.#enters.take(event.tid, event.type) : undefined;
    if (CLONES.has(type)) applyClone(machine, call, process);
    else if (EXECS.has(type)) applyExec(machine, call, process);
    else {
      applyIdentity(machine, call, process);
      applyToDescriptors(machine, call, process);
    }
    this.events += 1;
    this.#view.number = this.events;
    // A clone seen in the child enters it only now.
    const owner = machine.ofThread(event.tid);
    if (this.#view.attach(call, owner, machine.containerOf(owner))) this.#onEvent(this.#view);
    this.#view.previousTimeNs = event.timeNs;
    if (type === 'close' && call.result === 0) machine.closeDescriptor(process, call.number('fd') ?? -1);
    if (type === 'procexit') machine.removeThread(event.tid);
    call.enter = undefined;
  }

  /** What no rule can speak about: some of it tells of containers, users and losses. */
  #internal(name: string, bytes: number, offset: number): void {
    const event = this.#event;
    const { accountData } = this.machine;
    switch (name) {
      case 'container':
      case 'asyncevent':
        this.#container(name, bytes, offset);
        return;
      case 'useradded':
        accountData.users.set(event.number('uid', false) ?? -1, {
          name: event.text('name') ?? '',
          home: event.text('home') ?? '',
          shell: event.text('shell') ?? '',
        });
        return;
      case 'groupadded':
        accountData.groups.set(event.number('gid', false) ?? -1, event.text('name') ?? '');
        return;
      case 'drop':
        this.#drop();
        return;
      default:
        if (event.isExit || event.row?.exitParams.size === 0) {
          this.#tally.skip(
            'unsupported',
            `event type \`${name}\`, of which no rule can speak`,
            bytes,
            offset,
          );
        }
    }
  }

  #container(name: string, bytes: number, offset: number): void {
    const event = this.#event;
    const json = event.text(name === 'container' ? 'json' : 'data');
    if (json !== undefined && this.machine.addContainer(json)) return;
    const id = event.text('id');
    if (name === 'container' && id !== undefined) {
      const type = event.number('type', false);
      const container = { id, type, name: event.text('name'), image: event.text('image') };
      this.machine.addContainer(JSON.stringify({ container }));
    } else if (name === 'container') {
      this.#tally.skip('damaged', 'a container event that names no container', bytes, offset);
    } else
      this.#tally.skip('unsupported', 'event type `asyncevent`, of which no rule can speak', bytes, offset);
  }

  /** The capturing side fell behind and kept a part of the events only, from the enter to the exit event. */
  #drop(): void {
    const event = this.#event;
    if (!event.isExit) {
      this.#sampledSinceNs ??= event.timeNs;
      return;
    }
    const ratio = event.number('ratio', false);
    this.#tally.gap({
      fromNs: this.#sampledSinceNs,
      toNs: event.timeNs,
      lost: undefined,
      reason: `the capture kept one part in ${ratio ?? '?'} of each second`,
    });
    this.#sampledSinceNs = undefined;
  }
}
