/**
 * Entry of the thread that answers permission events. All it needs is loaded before the first mount is marked: from
 * then on a read of its own could wait for its own answer.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { drainEventFd, epollCreate, setThreadPriority } from '@runward/native';
import { Waiter } from '@runward/native/fanotify';
import { findContainerHierarchy } from '@runward/sensor';
import { Actors } from './actors.js';
import { Answerer } from './answerer.js';
import { GuardedMounts } from './guarded-mounts.js';
import type { FromAnswerer, GuardSetup, ToAnswerer } from './messages.js';
import { VerdictPost } from './verdict-post.js';

const PRIORITY = -10;

const setup = workerData as GuardSetup; // made by FanotifyGuard
const port = parentPort;
if (port === null) throw new Error('this is the entry of a thread');
const post = (message: FromAnswerer): void => port.postMessage(message);
const problem = (text: string): void => post({ kind: 'problem', text });

const pulse = new Int32Array(setup.pulse);
const beat = (): void => void Atomics.add(pulse, 0, 1);
const epoll = epollCreate();
const waiter = new Waiter(epoll);
// The same descriptors, looked at while a list of the others is being worked off.
const mounts = new GuardedMounts(setup.fanotify, new Waiter(epoll), ({ point, problem: why }, pid) =>
  problem(`the mount at \`${point}\` of the container of process ${pid} is not watched: ${why}`),
);
const answerer = new Answerer(
  setup.fanotify,
  new Actors(setup, findContainerHierarchy()),
  mounts,
  new VerdictPost(post),
  beat,
  problem,
);

function obey(message: ToAnswerer): boolean {
  switch (message.kind) {
    case 'load':
      answerer.sets.set(message.set.number, message.set);
      break;
    case 'unload':
      answerer.sets.delete(message.set);
      break;
    case 'bind': {
      const { request, container } = message;
      const set = answerer.sets.get(container.set);
      const report = set === undefined ? 'its policy is not loaded' : mounts.bind(container, set.tables);
      post(
        typeof report === 'string'
          ? { kind: 'refused', request, problem: report }
          : { kind: 'bound', request, report },
      );
      break;
    }
    case 'unbind':
      mounts.unbind(message.pid);
      break;
    case 'close':
      return false;
  }
  return true;
}

function obeyAll(): boolean {
  for (;;) {
    const received: { message: ToAnswerer } | undefined = receiveMessageOnPort(port ?? fail());
    if (received === undefined) return true;
    if (!obey(received.message)) return false;
  }
}

function fail(): never {
  throw new Error('this is the entry of a thread');
}

setThreadPriority(PRIORITY);
waiter.add(setup.fanotify);
waiter.add(setup.wake);
post({ kind: 'ready' });
let waitMs = -1;
for (let goesOn = true; goesOn; ) {
  const ready = waiter.wait(waitMs);
  Atomics.store(pulse, 1, 1);
  for (let i = 0; i < ready; i += 1) {
    const fd = waiter.at(i);
    if (fd === setup.fanotify) answerer.answerAll();
    else if (fd === setup.wake) {
      drainEventFd(setup.wake);
      goesOn = obeyAll();
    } else mounts.ready(fd);
    beat();
  }
  if (answerer.isWaiting) answerer.answerWaiting(performance.now());
  waitMs = mounts.catchUp();
  if (answerer.isWaiting) waitMs = 1;
  beat();
  Atomics.store(pulse, 1, 0);
}
mounts.close();
answerer.answerAll();
port.close();
