import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trimNativeHeap } from '@runward/native';

/**
 * Gives back what starting up left behind (rule texts, syntax trees, the parser's scratch): several times what
 * the running thread needs. V8 would do so eventually; a quiet sensor might wait for hours.
 */
export function releaseStartupMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') {
    collect();
    collect();
  }
  trimNativeHeap();
}
