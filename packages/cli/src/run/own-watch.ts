import { hostname } from 'node:os';
import type { Agent, Detection, EvidenceHost } from '@runward/agent';
import type { AttestService } from '@runward/agent/attest';
import { TOUCH_RULE } from '@runward/agent/attest-touch';
import type { IntegrityService } from '@runward/agent/integrity';
import { OwnEars, type OwnRule, ownRulesFile } from '@runward/agent/own-rules';
import type { ImageTrust, TrustWatch } from '@runward/agent/trust';
import type { ContainerInfo } from '@runward/events';
import type { ImageJudge } from '@runward/oci';
import type { SourceFile } from '@runward/rules';
import type { ControlSession } from '../control-session.js';
import type { RunSettings } from './run-settings.js';
import type { ServerSession } from './server-session.js';

export interface WatchHosts {
  readonly agent: Agent;
  readonly evidence: EvidenceHost;
  readonly take: (detections: readonly Detection[]) => void;
  readonly server: Pick<ServerSession, 'attestation' | 'attestationEnd'> | undefined;
  readonly control: Pick<ControlSession, 'server' | 'parts'> | undefined;
  readonly say: (message: string) => void;
}

type WatchSettings = Pick<RunSettings, 'attest' | 'integrity' | 'state'>;

/**
 * What the agent keeps an eye on besides rules and policies: what containers may do, what they are made of, and files that
 * matter. It asks the sensor by rules of its own, which nobody else is told of.
 */
export class OwnWatch {
  readonly ears = new OwnEars();
  readonly #settings: WatchSettings;
  #integrity: IntegrityService | undefined;
  #fileRules: readonly OwnRule[] = [];
  #attest: AttestService | undefined;
  #trust: Promise<ImageTrust> | undefined;
  #trustWatch: TrustWatch | undefined;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
  }

  /** Rules that come after everybody's. */
  get rules(): readonly SourceFile[] {
    return ownRulesFile([...(this.#settings.attest === undefined ? [] : [TOUCH_RULE]), ...this.#fileRules]);
  }

  /** What the rules are made from is loaded only where files are watched. */
  async prepare(): Promise<void> {
    const { integrity } = this.#settings;
    if (integrity === undefined) return;
    const { touchRules } = await import('@runward/agent/integrity');
    this.#fileRules = touchRules(integrity.watches);
  }

  /** For containers that are created; loaded when the first policy asks. */
  readonly images: ImageJudge = {
    judge: async (trust, workload) => (await this.#imageTrust()).judge(trust, workload),
    refused: (policy, trust, workload, judgement) =>
      this.#trustWatch?.refused(policy, trust, workload, judgement),
  };

  #imageTrust(): Promise<ImageTrust> {
    this.#trust ??= import('@runward/agent/trust').then(
      ({ ImageTrust }) => new ImageTrust({ state: this.#settings.state }),
    );
    return this.#trust;
  }

  async #watchImages({ agent, take, control, say }: WatchHosts): Promise<void> {
    const [{ RunningContainers, TrustWatch }, { IndexSource }] = await Promise.all([
      import('@runward/agent/trust'),
      import('@runward/oci'),
    ]);
    const index = new IndexSource(this.#settings.state);
    const containers = new RunningContainers((request) => agent.identify(request, 0));
    const watch = new TrustWatch({
      ...{ hostname: hostname(), images: this.images, take, say },
      policies: () => index.policies(),
      running: () => containers.list(),
    });
    this.#trustWatch = watch;
    control?.parts.set('trust', () => watch.status);
    watch.start();
  }

  async open(hosts: WatchHosts): Promise<void> {
    const { agent, evidence, take, server, control, say } = hosts;
    await this.#watchImages(hosts);
    const { attest, state } = this.#settings;
    const { AttestService, attestRoutes } = await import('@runward/agent/attest');
    if (attest !== undefined) {
      const service = new AttestService({
        ...{ state, hostname: hostname(), intervalMs: attest.intervalMs, take, say },
        identify: (request) => agent.identify(request, 0),
        onState: (attestation, info) => server?.attestation(attestation, info),
        onEnded: (info) => server?.attestationEnd(info),
      });
      this.#attest = service;
      this.ears.hear(service.hear);
      control?.parts.set('attest', () => service.status);
      service.start();
    }
    await this.#watchFiles({ agent, take, control, say });
    control?.server.mount(
      attestRoutes({
        ...{ state, service: this.#attest },
        onApproved: (news) => void evidence.append('attest.approved', news),
      }),
    );
  }

  async #watchFiles({
    agent,
    take,
    control,
    say,
  }: Pick<WatchHosts, 'agent' | 'take' | 'control' | 'say'>): Promise<void> {
    const { integrity, state } = this.#settings;
    if (integrity === undefined) return;
    const { IntegrityService } = await import('@runward/agent/integrity');
    const service = new IntegrityService({
      ...{ state, hostname: hostname(), settings: integrity, take, say },
      identify: (request) => agent.identify(request, 0),
    });
    this.#integrity = service;
    this.ears.hear(service.hear);
    control?.parts.set('integrity', () => service.status);
    service.start();
  }

  met(container: ContainerInfo): void {
    this.#integrity?.met(container);
    this.#attest?.met(container);
  }

  ended(id: string): void {
    this.#integrity?.ended(id);
    this.#attest?.ended(id);
  }

  async close(): Promise<void> {
    this.#attest?.close();
    this.#trustWatch?.close();
    void this.#trust?.then((trust) => trust.close());
    await this.#integrity?.close();
  }
}
