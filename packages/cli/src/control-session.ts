import { hostname } from 'node:os';
import type { Agent, Detection, EvidenceHost, Loss } from '@runward/agent';
import { captureRoutes } from '@runward/agent/capture';
import type { CaptureService } from '@runward/agent/capture-service';
import { ControlServer, SocketError, statusRoute } from '@runward/agent/control';
import { DEFAULT_SOCKET } from '@runward/agent/control-client';
import { creationRoutes } from '@runward/agent/creation';
import { type DetectionHub, detectionRoutes } from '@runward/agent/detections';
import { commandRecords, evidenceRoutes } from '@runward/agent/evidence';
import type { FlowRules, FlowService } from '@runward/agent/flows';
import { type IncidentService, incidentRoutes } from '@runward/agent/incidents';
import type { IsolationHost } from '@runward/agent/isolation';
import { LearningService, learningRoutes } from '@runward/agent/learning';
import type { PolicyHost } from '@runward/agent/policies';
import type { RespondHost } from '@runward/agent/respond';
import { RunwardError } from '@runward/core';
import type { NoiseOptions } from '@runward/detect';
import { type FlowFilter, parseFilter } from '@runward/flows';
import type { Settings } from '@runward/flows/analyse';
import { type ImageJudge, IndexSource } from '@runward/oci';
import type { OutputStatus } from '@runward/outputs';
import type { Rule } from '@runward/rules';
import { ProfileStore } from '@runward/state';
import { flowsObject, ociFront, producerName } from './installation.js';
import type { ServerSurvey } from './run/server-survey.js';

export interface ControlSessionOptions {
  /** undefined: the default place, without which the agent runs as well. */
  readonly socket: string | undefined;
  /** Where policies are kept. */
  readonly state: string;
  readonly policies: PolicyHost;
  /** Says whether images of containers that are created are trusted. */
  readonly images: ImageJudge;
  readonly isolation: IsolationHost;
  readonly evidence: EvidenceHost;
  readonly incidents: IncidentService;
  readonly respond: RespondHost;
  /** The folder of the flight recorder, if it is on. */
  readonly recordings: string | undefined;
  readonly host: boolean;
  /** What is detected, for tools that follow it. */
  readonly detections: DetectionHub;
  readonly lost: () => readonly Loss[];
  /** What the outputs have to do and have done; undefined: there are none. */
  readonly outputs: (() => readonly OutputStatus[]) | undefined;
  /** How the link to the server is; undefined: there is none. */
  readonly server: (() => unknown) | undefined;
  /** Tells a server who talks to whom, and what is learnt. */
  readonly survey: Pick<ServerSurvey, 'use'> | undefined;
  /** Count who talks to whom. */
  readonly flows: boolean;
  /** Rules with `source: flow`, and who takes what they find. */
  readonly flowRules: {
    readonly rules: readonly Rule[];
    readonly noise: NoiseOptions;
    readonly take: (detections: readonly Detection[]) => void;
  };
  /** Takes what the flows of containers say when they are looked at together; undefined: they are not. */
  readonly network:
    | {
        readonly take: (detections: readonly Detection[]) => void;
        /** undefined: the defaults. */
        readonly settings: Settings | undefined;
      }
    | undefined;
}

/** Of one container, in a capture. */
const MOST_FLOWS = 5000;

/** The control socket of `runward run`, and what can be asked there. Loaded when the sensor is attached. */
export class ControlSession {
  /** What `GET /v1/status` tells, by key. */
  readonly parts = new Map<string, () => unknown>();
  readonly server: ControlServer;
  #flows: FlowService | undefined;
  #flowRules: FlowRules | undefined;
  #learning: LearningService | undefined;

  private constructor(server: ControlServer) {
    this.server = server;
  }

  /**
   * undefined when the default place cannot be had; standard error says why.
   *
   * @throws SocketError when the place was asked for
   */
  static async open(agent: Agent, options: ControlSessionOptions): Promise<ControlSession | undefined> {
    const { policies, isolation, respond, evidence, incidents, state } = options;
    try {
      const session = new ControlSession(await ControlServer.open(options.socket ?? DEFAULT_SOCKET, []));
      session.server.onChange = commandRecords(evidence);
      session.parts.set('agent', agentPart(session.server.path, options.host));
      session.parts.set('sensor', sensorPart(agent, options.lost));
      if (options.outputs !== undefined) session.parts.set('outputs', options.outputs);
      if (options.server !== undefined) session.parts.set('server', options.server);
      session.server.mount([statusRoute(session.parts)]);
      session.server.mount(detectionRoutes(options.detections));
      session.server.mount(policies.routes);
      session.parts.set('evidence', () => evidence.summary);
      session.server.mount(evidenceRoutes(evidence));
      session.parts.set('isolation', () => isolation.summary);
      session.server.mount(isolation.routes);
      session.parts.set('incidents', () => incidents.status);
      session.server.mount(incidentRoutes(incidents));
      session.parts.set('respond', () => respond.summary);
      session.server.mount(respond.routes);
      const hook = { program: ociFront, socket: session.server.path, state };
      session.server.mount(creationRoutes({ ...policies.creation, hook, images: options.images }));
      if (options.flows) await session.#openFlows(agent, options);
      session.#openCaptures(agent, options);
      await session.#openLearning(agent, state);
      options.survey?.use({ flows: session.#flows, learning: session.#learning });
      return session;
    } catch (error) {
      if (options.socket !== undefined || !(error instanceof SocketError)) throw error;
      process.stderr.write(`runward: without a control socket: ${error.message}\n`);
      return undefined;
    }
  }

  /** Loaded when the first is asked for. */
  #openCaptures(
    agent: Agent,
    { state, isolation, respond, evidence, incidents, recordings }: ControlSessionOptions,
  ): void {
    let loading: Promise<CaptureService> | undefined;
    const load = async (): Promise<CaptureService> => {
      const { CaptureService } = await import('@runward/agent/capture-service');
      return new CaptureService({
        ...{ state, recordings, identify: (request) => agent.identify(request, 0) },
        network: (id, cgroups) => this.#networkOf(id, cgroups),
        isolation: (id) => isolation.standingOf(id) ?? { isolated: false },
        record: ({ folder, container, problems }, who, why) => {
          void evidence.append('response', {
            action: 'capture',
            outcome: 'done',
            who,
            container,
            folder,
            why,
            problems,
          });
          incidents.responded(container.id, 'captured', folder, who);
        },
      });
    };
    const captures = (): Promise<CaptureService> => {
      loading ??= load();
      return loading;
    };
    respond.captureBy(captures);
    this.server.mount(captureRoutes(captures));
  }

  async #networkOf(id: string, cgroups: readonly number[]): Promise<unknown> {
    const flows = this.#flows;
    if (flows === undefined) return undefined;
    const all = await flows.flows(everyFlow());
    const own = all.filter(({ self, peer }) => self.container?.id === id || peer.container?.id === id);
    const rest = flows.rest().filter(({ self }) => self.container?.id === id);
    return {
      flows: own.slice(0, MOST_FLOWS),
      leftOut: Math.max(0, own.length - MOST_FLOWS),
      rest,
      names: flows.namesOf(cgroups),
    };
  }

  async #openLearning(agent: Agent, state: string): Promise<void> {
    const index = new IndexSource(state);
    this.#learning = await LearningService.open(agent, {
      store: new ProfileStore(state),
      policies: () => index.policies(),
      onProblem: (message) => void process.stderr.write(`runward: learning: ${message}\n`),
    });
    this.server.mount(learningRoutes(this.#learning));
  }

  /** Puts other rules about flows in force; false: there are no flows. */
  useFlowRules(rules: readonly Rule[]): boolean {
    this.#flowRules?.use(rules);
    return this.#flowRules !== undefined;
  }

  async close(): Promise<void> {
    this.#flowRules?.close();
    this.#flows?.close();
    this.#learning?.close();
    await this.server.close();
  }

  /** The agent runs without them where the kernel does not take them; standard error and the status say why. */
  async #openFlows(
    agent: Agent,
    { network, policies, flowRules, host }: ControlSessionOptions,
  ): Promise<void> {
    try {
      const { FlowRules, FlowService, flowRoutes, watchFlows } = await import('@runward/agent/flows');
      const service = await FlowService.open({
        ...{ objectPath: flowsObject, containers: agent, judged: policies.judgedGroups },
      });
      this.#flows = service;
      policies.followTraffic((verdicts) => service.takeVerdicts(verdicts));
      this.parts.set('flows', () => service.status);
      this.server.mount(flowRoutes(service));
      const { rules, noise, take } = flowRules;
      this.#flowRules = new FlowRules(service, { hostname: hostname(), host, noise, take });
      this.#flowRules.use(rules);
      if (network !== undefined) watchFlows(service, hostname(), network.take, network.settings);
    } catch (error) {
      if (!(error instanceof RunwardError)) throw error;
      this.parts.set('flows', () => ({ problem: error.message }));
      process.stderr.write(`runward: without flows: ${error.message} (${error.help.split('\n')[0]})\n`);
    }
  }
}

function everyFlow(): FlowFilter {
  const parsed = parseFilter('');
  if (parsed.kind !== 'filter') throw new TypeError('an empty filter is one');
  return parsed.filter;
}

function agentPart(socket: string, host: boolean): () => unknown {
  const startedAt = new Date(Date.now() - performance.now()).toISOString();
  return () => ({
    producer: producerName(),
    pid: process.pid,
    startedAt,
    socket,
    scope: host ? 'containers and host' : 'containers',
    residentBytes: process.memoryUsage.rss(),
  });
}

const sensorPart = (agent: Agent, lost: () => readonly Loss[]) => (): unknown => ({
  rules: agent.rules,
  eventTypes: agent.eventTypes,
  programs: agent.programs,
  lost: lost(),
});
