import { closeFd, openProcess, signalProcess } from '@runward/native';
import { type RespondError, respondError } from '../error.js';
import { isOver, statOf } from './processes.js';

export const SIGKILL = 9;
export const SIGTERM = 15;
export const SIGSTOP = 19;

const ESRCH = 3;
const EPERM = 1;
const EMFILE = 24;
const ENFILE = 23;

/** A process that is held by a descriptor: whatever becomes of its pid, no other is meant. */
export class PinnedProcess {
  readonly #fd: number;
  readonly #startTicks: number;

  private constructor(
    readonly pid: number,
    fd: number,
    startTicks: number,
  ) {
    this.#fd = fd;
    this.#startTicks = startTicks;
  }

  /**
   * undefined when it ended, or when `isMeant` says no. It is asked once the process is held, so that its answer is
   * about this process: had another taken the pid in between, the one that is held is dead and no signal reaches it.
   *
   * @throws RespondError RESPOND_BUSY, RESPOND_DENIED, RESPOND_FAILED
   */
  static hold(pid: number, isMeant: (pid: number) => boolean): PinnedProcess | undefined {
    const fd = openProcess(pid);
    if (fd === -ESRCH || fd === -22) return undefined; // EINVAL: a thread, no process
    if (fd < 0) throw failed(`process ${pid} cannot be held`, -fd);
    const stat = statOf(pid);
    if (stat !== undefined && !isOver(stat) && isMeant(pid))
      return new PinnedProcess(pid, fd, stat.startTicks);
    closeFd(fd);
    return undefined;
  }

  /** False when it has ended. @throws RespondError RESPOND_DENIED, RESPOND_FAILED */
  signal(number: number): boolean {
    const result = signalProcess(this.#fd, number);
    if (result === -ESRCH) return false;
    if (result < 0) throw failed(`process ${this.pid} cannot be sent a signal`, -result);
    return true;
  }

  get isOver(): boolean {
    const stat = statOf(this.pid);
    return stat === undefined || isOver(stat) || stat.startTicks !== this.#startTicks;
  }

  release(): void {
    closeFd(this.#fd);
  }
}

function failed(what: string, errno: number): RespondError {
  const code = errno === EPERM ? 'EPERM' : errno === EMFILE || errno === ENFILE ? 'EAGAIN' : '';
  return respondError(what, Object.assign(new Error(`errno ${errno}`), { code }));
}
