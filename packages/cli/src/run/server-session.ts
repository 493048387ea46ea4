import { release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent, Detection, EvidenceHost, Loss } from '@runward/agent';
import type { IncidentService } from '@runward/agent/incidents';
import type { RespondHost } from '@runward/agent/respond';
import { RunwardError } from '@runward/core';
import type { NodeTpm } from '@runward/tpm/node';
import type { Identity, News, Obey, PutInForce, Uplink, UplinkStatus } from '@runward/uplink';
import { producerName } from '../installation.js';
import { moveIncident } from './incident-moves.js';
import { identityFolder, type ServerChoice } from './server-choice.js';
import * as tell from './server-news.js';
import { ServerSurvey } from './server-survey.js';

const HEALTH_MS = 60_000;
const ENROL_AGAIN_MS = 10_000;
const INCIDENT_MS = 2000;
const END_MS = 2000;
const TPM_GONE =
  'this node is bound to a TPM that is not here: it cannot prove what it runs on, and will not be trusted';
const TPM_UNBOUND =
  'this node is not bound to the TPM of its machine: enrol it again (`runward agent enrol`) to prove what it runs on';
/** Until this machine is a node. */
const MOST_EARLY = 20_000;

export interface ServerSessionOptions {
  readonly choice: ServerChoice;
  readonly tpm: NodeTpm | undefined;
  readonly state: string;
  readonly evidence: EvidenceHost;
  readonly say: (message: string) => void;
}

export interface ServerHosts {
  readonly agent: Agent;
  readonly incidents: IncidentService;
  readonly respond: RespondHost;
  /** Has in force what the server says this node is to hold. */
  readonly putInForce: PutInForce;
  readonly lost: () => readonly Loss[];
}

type Told = UplinkStatus | { readonly problem: string };

/** What a running agent tells its server, and does for it. What comes before this machine is a node waits for that. */
export class ServerSession {
  readonly #options: ServerSessionOptions;
  readonly #stop = new AbortController();
  readonly survey: ServerSurvey;
  #early: News[] = [];
  #earlyLost = 0;
  #uplink: Uplink | undefined;
  #problem = 'it is not enrolled yet';
  #opening: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];
  #changed = new Map<string, News>();

  constructor(options: ServerSessionOptions) {
    this.#options = options;
    this.survey = new ServerSurvey({
      ...{ everyMs: options.choice.summaryMs, say: options.say },
      tell: (news) => this.#tell(news),
    });
  }

  get status(): Told {
    return this.#uplink?.status ?? { problem: this.#problem };
  }

  detections(items: readonly Detection[]): void {
    this.#tell(items.map(tell.detection));
  }

  attestation(...told: Parameters<typeof tell.attestation>): void {
    this.#tell([tell.attestation(...told)]);
  }

  attestationEnd(info: Parameters<typeof tell.attestationEnd>[0]): void {
    this.#tell([tell.attestationEnd(info)]);
  }

  response(record: Parameters<typeof tell.response>[0]): void {
    this.#tell([tell.response(record)]);
  }

  #tell(news: readonly News[]): void {
    if (this.#uplink !== undefined) this.#uplink.tell(news);
    else {
      const room = Math.max(0, MOST_EARLY - this.#early.length);
      this.#early.push(...news.slice(0, room));
      this.#earlyLost += Math.max(0, news.length - room);
    }
  }

  /** Returns at once: the sensor and what is enforced do not wait for a server. */
  open(hosts: ServerHosts): void {
    hosts.incidents.follow((incident, news) => {
      if (news !== 'counted') this.#changed.set(incident.id, tell.incident(incident));
    });
    this.#timers.push(setInterval(() => this.#flush(), INCIDENT_MS).unref());
    this.#opening = this.#connect(hosts).catch((error: unknown) => {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#options.say(`without a server: ${this.#problem}`);
    });
  }

  #flush(): void {
    const news = [...this.#changed.values()];
    this.#changed.clear();
    this.#tell(news);
  }

  async #connect(hosts: ServerHosts): Promise<void> {
    const { choice, tpm, state, evidence, say } = this.#options;
    const { IdentityFolder, NodeAttester, serverUrl, Uplink } = await import('@runward/uplink');
    const folder = new IdentityFolder(identityFolder(state));
    const known = folder.read() ?? (await this.#enrol(folder));
    if (known === undefined) return; // told to end meanwhile
    const identity =
      choice.server === undefined ? known : { ...known, server: serverUrl(choice.server).href };
    if (identity.attested !== (tpm !== undefined)) say(identity.attested ? TPM_GONE : TPM_UNBOUND);
    const { agent } = hosts;
    const about = {
      ...{ version: producerName(), kernel: release(), startedMs: Math.round(performance.timeOrigin) },
      features: agent.programs.map(({ program, attached, problem }) => ({
        ...{
          name: program.name.slice(0, 512),
          problem: attached ? '' : (problem || 'not attached').slice(0, 512),
        },
      })),
    };
    const dropped = (): number => hosts.lost().reduce((sum, { count }) => sum + count, 0);
    this.#uplink = new Uplink({
      ...{ identity, folder, say, maxBytes: choice.queueBytes, state: join(state, 'server') },
      about: () => ({ ...about, dropped: dropped() }),
      obey: await this.#obey(hosts),
      putInForce: hosts.putInForce,
      onLoss: ({ why, lost, firstTime, lastTime }) =>
        void evidence.append('gap', { where: 'server', why, lost, firstTime, lastTime }),
      attester: identity.attested && tpm !== undefined ? new NodeAttester(tpm) : undefined,
      onVerdict: (verdict) => {
        void evidence.append('node.trust', verdict);
        const { state: trust, reason, detail } = verdict;
        say(`the server says of this machine: ${trust}${reason === '' ? '' : ` (${reason})`}: ${detail}`);
      },
    });
    this.#begin(about, agent);
  }

  #begin(about: object, agent: Agent): void {
    const health = async (): Promise<void> => {
      const link = this.status;
      this.#tell([tell.health({ ...about, sensor: await agent.report(), link })]);
    };
    const report = (): void => void health().catch(() => undefined); // the sensor ended: told elsewhere
    this.#tell(this.#early.splice(0));
    if (this.#earlyLost > 0) this.#tell([tell.earlyGap(this.#earlyLost)]);
    report();
    this.#timers.push(setInterval(report, HEALTH_MS).unref());
  }

  /** Tried again while the server is away, and no longer when it refuses. */
  async #enrol(folder: import('@runward/uplink').IdentityFolder): Promise<Identity | undefined> {
    const { choice, tpm, say } = this.#options;
    const { enrol, notEnrolled } = await import('@runward/uplink');
    if (choice.server === undefined || choice.token === undefined) throw notEnrolled();
    const { server, token, node } = choice;
    while (!this.#stop.signal.aborted)
      try {
        const identity = await enrol({ server, token, node, tpm }, folder);
        say(`this machine is the node \`${identity.node}\` of \`${identity.cluster}\` at ${identity.server}`);
        return identity;
      } catch (error) {
        const isAway = error instanceof RunwardError && error.code === 'UPLINK_UNREACHABLE';
        if (!isAway) throw error;
        if (this.#problem !== error.message) say(error.message);
        this.#problem = error.message;
        await sleep(ENROL_AGAIN_MS, undefined, { signal: this.#stop.signal, ref: false }).catch(
          () => undefined,
        );
      }
    return undefined;
  }

  /** As an operator of this node would ask, with whose name it is on record. */
  async #obey({ respond, incidents }: ServerHosts): Promise<Obey> {
    const { orderOf } = await import('@runward/respond/orders');
    return async (action, by) => {
      const who = { uid: process.getuid?.() ?? 0, user: by, program: 'runward server' };
      const asker = { kind: 'person', who } as const;
      void this.#options.evidence.append('command', { who, request: `server ${action.do}`, status: 202 });
      if (action.do === 'incident') return moveIncident(incidents, action, who);
      if (action.do === 'undo') return respond.undo(action.id, asker);
      return respond.respond(action.container, orderOf(action.order), asker, action.why);
    };
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stop.abort();
    this.#flush();
    // A server that does not answer does not hold up the end.
    await Promise.race([this.#opening, sleep(END_MS, undefined, { ref: false })]);
    await this.#uplink?.close();
  }
}
