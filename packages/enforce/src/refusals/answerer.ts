import { closeFd, inNetworkNamespace, packetSender, sendPacket } from '@runward/native';
import { NetworkNamespaces } from './namespaces.js';
import { type Answer, answerTo } from './segment.js';

/**
 * Answers who was denied with resets, from the network namespace that refused. Sockets are had for each batch: one that is
 * kept would keep the network of a container that has ended.
 */
export class Answerer {
  readonly #namespaces = new NetworkNamespaces();

  /** @param records of rw_refusals */
  take(records: readonly Uint8Array[]): void {
    const byNamespace = new Map<number, Answer[]>();
    for (const record of records) {
      const answer = answerTo(record);
      if (answer === undefined) continue;
      const there = byNamespace.get(answer.netns) ?? [];
      there.push(answer);
      byNamespace.set(answer.netns, there);
    }
    for (const [netns, answers] of byNamespace) {
      const path = this.#namespaces.pathOf(netns);
      if (path !== undefined) inNetworkNamespace(path, () => sendAll(answers));
    }
  }
}

/** What cannot be sent is tried again when the other end does. */
function sendAll(answers: readonly Answer[]): void {
  for (const isIpv6 of [false, true]) {
    const those = answers.filter(({ to }) => (to.length === 16) === isIpv6);
    const socket = those.length === 0 ? -1 : packetSender(isIpv6);
    if (socket < 0) continue;
    for (const { packet, to, device } of those) sendPacket(socket, packet, to, device);
    closeFd(socket);
  }
}
