import { release } from 'node:os';
import { eventTypeById, type RingView, SYSCALLS } from '@runward/events';
import {
  currentEventTypes,
  FORMAT_VERSION,
  layoutName,
  type RawBlock,
  Recorder,
  type RecordingHeader,
} from '@runward/evidence';
import { namespaceId } from '@runward/sensor';
import type { Interest } from './interest.js';
import type { RecordingSetup, WorkerSetup } from './messages.js';

/** The sensor thread's side of a recording. */
export class ThreadRecording {
  readonly recorder: Recorder;
  readonly #setup: WorkerSetup;
  readonly #recording: RecordingSetup;

  constructor(
    setup: WorkerSetup,
    recording: RecordingSetup,
    send: (block: RawBlock) => void,
    filter: ((view: RingView) => boolean) | undefined,
  ) {
    this.#setup = setup;
    this.#recording = recording;
    // A process that only records may use more memory for it.
    const isSole = setup.mode.kind === 'record';
    const maxBlocks = isSole ? 64 : 16;
    this.recorder = new Recorder({
      send,
      maxBlocks,
      resolvePaths: isSole,
      ...(filter === undefined ? {} : { filter }),
    });
  }

  /** What the recording says of itself while this is asked of the kernel. */
  headerOf(interest: Interest): RecordingHeader {
    const { mode, host, hostname, identityTimeoutMs } = this.#setup;
    const isSelective = mode.kind === 'rules' || (mode.kind === 'record' && mode.files !== undefined);
    return {
      version: FORMAT_VERSION,
      layoutHash: layoutName(),
      eventTypes: currentEventTypes(),
      architecture: process.arch,
      kernel: release(),
      hostname,
      producer: this.#recording.producer,
      recordingId: this.#recording.recordingId,
      identityTimeoutMs,
      hostMntNs: namespaceId(1, 'mnt'),
      hostPidNs: namespaceId(process.pid, 'pid'),
      carries: {
        eventTypes: typesOf(interest),
        scope: host ? 'host' : 'containers',
        filter: mode.kind === 'record' ? mode.filter : '',
        opens: isSelective ? 'rules' : 'all',
        dataBytes: interest.dataBytes,
        environment: interest.environment,
        paths: mode.kind === 'record' ? 'all' : 'asked',
      },
    };
  }
}

/** System calls that were asked for, and what is always sent: the life of processes and groups. */
function typesOf(interest: Interest): string[] {
  const asked = SYSCALLS.filter((call) => call.family === 'exec' || interest.callOf(call).scope !== 0);
  const internal = [...eventTypeById.values()].filter((type) => !type.isSyscall);
  return [...asked, ...internal].map((type) => type.name);
}
