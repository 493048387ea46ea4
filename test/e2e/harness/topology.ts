import { must, run } from './process.js';
import { uniqueName } from './runtime.js';

/** Addresses of a node's own side of its bridge. */
export const NODE = { v4: '10.77.0.1', v6: 'fd77::1' } as const;

/** The address of guest `n` on the bridge. */
export const guest = (n: number): { readonly v4: string; readonly v6: string } => ({
  v4: `10.77.0.${n}`,
  v6: `fd77::${n}`,
});

/** Has a namespace pass packets on, and not tell others of shorter ways. */
export const ROUTER =
  'echo 1 > /proc/sys/net/ipv4/ip_forward; for f in /proc/sys/net/ipv4/conf/*/send_redirects; do echo 0 > $f; done';

/**
 * Sends what a process's namespace answers to `address` through `gateway`, also on the same bridge: there the address that
 * a service's answers come from is put back.
 */
export const answersThrough = (pid: number | undefined, address: string, gateway: string): Promise<string> =>
  must('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', 'route', 'add', `${address}/32`, 'via', gateway]);

/**
 * A machine's network in namespaces of its own: `node` has a bridge that containers are joined to, and a wire to `outside`
 * (192.0.2.1 and 192.0.2.9). Nothing of it touches the host's network.
 */
export class Topology {
  readonly node = uniqueName('rwn');
  readonly outside = uniqueName('rwo');

  static async make(): Promise<Topology> {
    const made = new Topology();
    for (const name of [made.node, made.outside]) {
      await must('ip', ['netns', 'add', name]);
      await must('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
    const wire = ['link', 'add', 'wan', 'type', 'veth', 'peer', 'name', 'wan', 'netns', made.outside];
    await made.onNode('ip', wire);
    await made.onNode('ip', ['link', 'add', 'br0', 'type', 'bridge']);
    for (const [link, address] of [
      ['br0', `${NODE.v4}/24`],
      ['br0', `${NODE.v6}/64`],
      ['wan', '192.0.2.1/24'],
    ] as const) {
      await made.onNode('ip', [
        'address',
        'add',
        address,
        'dev',
        link,
        ...(address.includes(':') ? ['nodad'] : []),
      ]);
      await made.onNode('ip', ['link', 'set', link, 'up']);
    }
    await must('ip', ['-n', made.outside, 'address', 'add', '192.0.2.9/24', 'dev', 'wan']);
    await must('ip', ['-n', made.outside, 'link', 'set', 'wan', 'up']);
    await made.onNode('sh', ['-c', ROUTER]);
    return made;
  }

  /** Of a command that is to run in the node's network, and nothing else of it. */
  inNode(command: string, args: readonly string[]): readonly [string, readonly string[]] {
    return ['nsenter', [`--net=/run/netns/${this.node}`, command, ...args]];
  }

  inOutside(command: string, args: readonly string[]): readonly [string, readonly string[]] {
    return ['nsenter', [`--net=/run/netns/${this.outside}`, command, ...args]];
  }

  onNode(command: string, args: readonly string[]): Promise<unknown> {
    return must(...this.inNode(command, args));
  }

  /** Joins the network namespace of a process to the bridge. */
  async join(pid: number, n: number): Promise<void> {
    const link = `g${n}`;
    await this.onNode('ip', [
      'link',
      'add',
      link,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      String(pid),
    ]);
    await this.onNode('ip', ['link', 'set', link, 'master', 'br0', 'up']);
    const inside = (args: readonly string[]): Promise<unknown> =>
      must('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', ...args]);
    const { v4, v6 } = guest(n);
    await inside(['link', 'set', 'lo', 'up']);
    await inside(['link', 'set', 'eth0', 'up']);
    await inside(['address', 'add', `${v4}/24`, 'dev', 'eth0']);
    await inside(['address', 'add', `${v6}/64`, 'dev', 'eth0', 'nodad']);
    await inside(['route', 'add', 'default', 'via', NODE.v4]);
  }

  async remove(): Promise<void> {
    for (const name of [this.node, this.outside]) await run('ip', ['netns', 'delete', name]);
  }
}
