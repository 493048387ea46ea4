import { join } from 'node:path';
import { HELLO_MS } from '@runward/protocol';
import { enrol, type Identity, IdentityFolder } from '@runward/uplink';
import { SimNode } from './sim-node.js';
import { type Figures, Tally } from './tally.js';

export interface SimFleetOptions {
  readonly server: string;
  readonly agents: number;
  /** Records of each agent in a second. */
  readonly rate: number;
  readonly name: string;
  /** Where identities are kept: a node is made once. */
  readonly folder: string;
  readonly version: string;
  /** So many tokens, each for one node. */
  readonly tokens: (count: number) => Promise<readonly string[]>;
  readonly say: (message: string) => void;
}

const AT_ONCE = 8;
/** Nodes speak in turn: so many groups of them, one after the other, within a second. */
const GROUPS = 20;
const SECOND_MS = 1000;
const END_MS = 30_000;

/** Runs `act` on each, several at a time. */
async function each<T>(items: readonly T[], act: (item: T, at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) await act(item, at);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Many simulated nodes of one server. */
export class SimFleet {
  readonly #options: SimFleetOptions;
  readonly #nodes: readonly SimNode[];
  readonly #tally: Tally;
  readonly identities: readonly Identity[];
  readonly #timers: NodeJS.Timeout[] = [];
  #began = 0;
  #ended: number | undefined;
  #cpu: NodeJS.CpuUsage = { user: 0, system: 0 };

  private constructor(options: SimFleetOptions, identities: readonly Identity[]) {
    this.#options = options;
    this.identities = identities;
    this.#tally = new Tally();
    this.#nodes = identities.map((identity, at) => new SimNode(identity, at, options.version, this.#tally));
  }

  /** Enrols those that are no nodes yet, and connects all of them. @throws UplinkError with what is refused */
  static async open(options: SimFleetOptions): Promise<SimFleet> {
    const { agents, name, folder, server, say } = options;
    const names = Array.from({ length: agents }, (_, at) => `${name}-${String(at + 1).padStart(4, '0')}`);
    const folders = names.map((node) => new IdentityFolder(join(folder, node)));
    const identities = folders.map((each) => each.read());
    const missing = names.flatMap((_, at) => (identities[at] === undefined ? [at] : []));
    if (missing.length > 0) {
      say(`enrolling ${missing.length} nodes, \`${names[missing[0] ?? 0]}\` and so on`);
      const tokens = await options.tokens(missing.length);
      await each(missing, async (at, turn) => {
        const [token = '', node = '', place] = [tokens[turn], names[at], folders[at]];
        if (place !== undefined) identities[at] = await enrol({ server, token, node }, place);
      });
    }
    const fleet = new SimFleet(
      options,
      identities.filter((identity) => identity !== undefined),
    );
    await each(fleet.#nodes, (node) => node.hello());
    say(`${fleet.connected} of ${agents} connected`);
    return fleet;
  }

  get connected(): number {
    return this.#nodes.filter(({ isConnected }) => isConnected).length;
  }

  /** From now on they tell. */
  begin(): void {
    this.#began = performance.now();
    this.#cpu = process.cpuUsage();
    const group = (at: number): readonly SimNode[] => this.#nodes.filter((_, index) => index % GROUPS === at);
    const groups = Array.from({ length: GROUPS }, (_, at) => ({
      nodes: group(at),
      lastMs: performance.now(),
    }));
    let turn = 0;
    const tick = (): void => {
      const now = performance.now();
      const one = groups[turn % GROUPS];
      turn += 1;
      if (one === undefined) return;
      // By the time that passed: a busy machine calls late, and the rate is kept.
      const count = (this.#options.rate * (now - one.lastMs)) / SECOND_MS;
      one.lastMs = now;
      for (const node of one.nodes) node.make(count, Date.now());
    };
    this.#timers.push(setInterval(tick, SECOND_MS / GROUPS));
    let next = 0;
    const greet = (): void => {
      const node = this.#nodes[next % this.#nodes.length];
      next += 1;
      void node?.hello();
    };
    this.#timers.push(setInterval(greet, Math.max(1, HELLO_MS / this.#nodes.length)));
  }

  figures(): Figures {
    const { user, system } = process.cpuUsage(this.#cpu);
    return this.#tally.figures({
      ...{ agents: this.#nodes.length, connected: this.connected },
      seconds: Math.round((this.#ended ?? performance.now()) - this.#began) / 1000,
      waiting: this.#nodes.reduce((sum, { waiting }) => sum + waiting, 0),
      cpuSeconds: Math.round((user + system) / 1e4) / 100,
    });
  }

  /** Nothing more is made; what waits is sent, within reason. */
  async close(patienceMs = END_MS): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#nodes.map((node) => node.close(patienceMs)));
    this.#ended = performance.now();
  }
}
