import { Agent, AgentError, type AgentOptions, EvidenceHost, type Loss } from '@runward/agent';
import type { HealthServer } from '@runward/agent/health';
import type { IncidentService } from '@runward/agent/incidents';
import type { IsolationHost } from '@runward/agent/isolation';
import type { PolicyHost } from '@runward/agent/policies';
import type { RespondHost } from '@runward/agent/respond';
import type { Decision } from '@runward/state';
import type { ControlSession } from '../control-session.js';
import { formatter } from '../detection-output.js';
import { printDiagnostics } from '../diagnostics-text.js';
import { enforceObject, isolateObject, producerName } from '../installation.js';
import { interestText } from '../interest-text.js';
import { LineWriter } from '../output.js';
import { OutputSession } from '../output-session.js';
import { missingAbilities } from '../programs-text.js';
import { readRuleFiles } from '../rule-files.js';
import { conclude, LossNotices, type SessionEnd } from '../session.js';
import { ServerDocuments } from './documents/server-documents.js';
import { Findings } from './findings.js';
import { flowRulesOf } from './flow-rules.js';
import { type HostModules, loadHostModules } from './host-modules.js';
import { OwnWatch } from './own-watch.js';
import type { RunSettings } from './run-settings.js';
import { ServerSession } from './server-session.js';

const say = (message: string): void => void process.stderr.write(`runward: ${message}\n`);

const flightFolder = (recording: AgentOptions['recording']): string | undefined =>
  recording?.target.kind === 'flight' ? recording.target.folder : undefined;

/** Who changes policies when the server does. */
const theServer = () => ({ uid: process.getuid?.() ?? 0, user: 'server', program: 'runward server' });

/** Acts on containers. */
interface Hosts {
  readonly policies: PolicyHost;
  readonly incidents: IncidentService;
  readonly isolation: IsolationHost;
  readonly respond: RespondHost;
}

/** `runward run` from the attached sensor to the last line. */
export class RunSession {
  readonly #settings: RunSettings;
  readonly #end: SessionEnd;
  readonly #evidence: EvidenceHost;
  readonly #writer: LineWriter;
  readonly #outputs: OutputSession | undefined;
  readonly #server: ServerSession | undefined;
  readonly #findings: Findings;
  readonly #watch: OwnWatch;
  readonly #losses = new LossNotices();
  #lost: readonly Loss[] = [];
  /** This node's own. */
  #rules: RunSettings['rules'];
  /** With those of the server. */
  #inForce: RunSettings['rules'];
  #playbooks: RunSettings['playbooks'];
  #documents: ServerDocuments | undefined;
  #begun: Agent | undefined;
  #hosts: Partial<Hosts> = {};
  #control: ControlSession | undefined;
  #health: HealthServer | undefined;

  private constructor(settings: RunSettings, end: SessionEnd, write: Awaited<ReturnType<typeof formatter>>) {
    this.#settings = settings;
    this.#end = end;
    this.#rules = settings.rules;
    this.#inForce = settings.rules;
    this.#playbooks = settings.playbooks;
    const { folder, limits, timeAuthority } = settings.evidence;
    const { host, isUrgent, sealer } = settings;
    const log = { folder, limits, timeAuthority, sealer };
    this.#evidence = new EvidenceHost({ ...log, producer: producerName(), host, say });
    this.#writer = new LineWriter(() => end.request());
    this.#outputs =
      settings.outputs.length === 0
        ? undefined
        : new OutputSession(({ output, count, firstTime, lastTime, why }) => {
            const what = { where: `output ${output}`, why, lost: { detection: count } };
            void this.#evidence.append('gap', { ...what, firstTime, lastTime });
          });
    this.#server =
      settings.server === undefined
        ? undefined
        : new ServerSession({
            choice: settings.server,
            tpm: settings.tpm,
            state: settings.state,
            evidence: this.#evidence,
            say,
          });
    this.#watch = new OwnWatch(settings);
    this.#findings = new Findings({
      ears: this.#watch.ears,
      ...{ evidence: this.#evidence, outputs: this.#outputs, server: this.#server, say },
      print: (told) => this.#writer.write(told.filter((d) => isUrgent(d.priority)).map(write)),
    });
  }

  /**
   * Resolves when everything is in force. undefined: the rules have errors, which were printed; nothing was attached.
   *
   * @throws AgentError, and what else cannot be had that was asked for
   */
  static async start(settings: RunSettings, end: SessionEnd): Promise<RunSession | undefined> {
    const session = new RunSession(settings, end, await formatter(settings.format));
    if (settings.evidence.isAsked) await session.#evidence.open();
    // The sensor thread is on its way by then.
    const [isAttached, modules] = await Promise.all([session.#attach(), loadHostModules()]);
    if (!isAttached) {
      await session.#evidence.close();
      say('the rules have errors; nothing was attached');
      return undefined;
    }
    session.#sayReady();
    try {
      await session.#putInForce(modules);
    } catch (error) {
      await session.#agent.stop();
      throw error;
    }
    return session;
  }

  /** Set by {@link start} before anything else. */
  get #agent(): Agent {
    if (this.#begun === undefined) throw new Error('the session was used before its sensor was attached');
    return this.#begun;
  }

  async #attach(): Promise<boolean> {
    const { sensor, rules: files, allMatches, noise } = this.#settings;
    await this.#watch.prepare();
    const handlers = {
      onDetections: this.#findings.take,
      onDiagnostics: printDiagnostics,
      onLoss: (lost: readonly Loss[]): void => {
        this.#lost = lost;
        this.#losses.tell(lost);
        this.#evidence.loss(lost);
      },
      onRecordingProblem: ({ message }: Error): void =>
        say(`flight recorder: ${message}; it goes on with its next segment`),
      onFailure: ({ message }: Error): void => {
        void this.#evidence.append('agent.stop', { why: message });
        this.#end.request();
      },
    };
    try {
      this.#begun = await Agent.start(
        { ...sensor, mode: { kind: 'rules', files: this.#withOwn(files), allMatches, noise } },
        {
          ...handlers,
          onContainer: (_, container, asked) => {
            this.#hosts.policies?.met(asked, container);
            this.#hosts.respond?.met(container);
            this.#server?.survey.met(container);
            this.#watch.met(container);
          },
          onContainerEnd: (id) => {
            this.#hosts.policies?.ended(id);
            this.#hosts.respond?.ended(id);
            this.#server?.survey.ended(id);
            this.#watch.ended(id);
          },
        },
      );
      return true;
    } catch (error) {
      if (error instanceof AgentError && error.code === 'AGENT_RULES_REJECTED') return false;
      throw error;
    }
  }

  #withOwn(files: RunSettings['rules']): RunSettings['rules'] {
    return [...files, ...this.#watch.rules];
  }

  #sayReady(): void {
    const { interest, programs, rules, eventTypes } = this.#agent;
    const { format, sensor } = this.#settings;
    if (interest !== undefined) {
      const text = format === 'text' ? interestText(interest).join('\n') : JSON.stringify(interest);
      process.stderr.write(`${text}\n`);
    }
    for (const { gives, problem } of missingAbilities(programs))
      say(`without ${gives}: ${problem} (\`runward doctor\` tells more)`);
    const scope = sensor.host ? 'containers and host' : 'containers';
    say(
      `ready after ${Math.round(performance.now())} ms; ${rules} rules over ${eventTypes} event types, ${scope}`,
    );
  }

  async #putInForce(modules: HostModules): Promise<void> {
    const { state, outputs, sensor, rules: files, metrics } = this.#settings;
    await this.#outputs?.open(outputs, state);
    const hosts = await this.#openHosts(modules);
    const onRecord = modules.beginEvidence(this.#evidence, { state, host: sensor.host, files });
    const responding = hosts.isolation.start().then(() => hosts.respond.start());
    const inForce = Promise.all([hosts.policies.start(), responding, onRecord]);
    this.#control = await this.#openControl(hosts, modules);
    await this.#watch.open({
      ...{ agent: this.#agent, evidence: this.#evidence, server: this.#server, control: this.#control, say },
      take: (found) => void this.#findings.take(found),
    });
    if (metrics !== undefined) {
      const { openHealth } = await import('../health-session.js');
      this.#health = await openHealth(metrics, this.#agent, () => this.#outputs?.status ?? []);
    }
    await inForce;
  }

  async #openHosts(modules: HostModules): Promise<Hosts> {
    const { state, pinFolder, enforces, sensor, playbooks, responses } = this.#settings;
    const agent = this.#agent;
    const evidence = this.#evidence;
    // Asked about containers that run: their runtimes know them by now, or will not.
    const identify = (request: Parameters<Agent['identify']>[0]) => agent.identify(request, 0);
    const record = (decision: Decision): void => evidence.decision(decision);
    const policies = new modules.PolicyHost({
      ...{ state, objectPath: enforceObject, identify, say, onDecision: record },
      pinFolder: pinFolder ?? modules.pinFolderOf(state),
      disabled: enforces ? undefined : 'this agent was started with `--no-enforcement`',
      report: (records) => agent.reportVerdicts(records),
    });
    this.#hosts = { policies };
    const incidents = await modules.IncidentService.open({
      ...{ state, say, rules: () => this.#inForce },
      record: (body) => void evidence.append('incident', body),
      seal: (id, digest, who) => evidence.sealBundle(id, digest, who),
      exposure: async (id, pid) => {
        const { respond } = this.#hosts;
        if (respond === undefined) throw new Error('the agent was only about to begin');
        return respond.exposure(id, pid);
      },
    });
    this.#findings.gatherIn(incidents);
    const isolation = new modules.IsolationHost({
      ...{ state, objectPath: isolateObject, pinFolder: modules.isolationFolderOf(state), identify, say },
      onDecision: (decision) => {
        record(decision);
        incidents.decided(decision);
      },
    });
    const respond = new modules.RespondHost({
      ...{ state, isolation, identify, evidence, playbooks, say, runtimes: sensor.runtimes },
      known: (cgroup) => agent.containerOf(cgroup),
      ...{ quick: agent, settings: responses },
      onResponse: (record) => {
        incidents.response(record);
        this.#server?.response(record);
      },
    });
    agent.onQuick((verdict) => respond.takeQuick(verdict));
    this.#findings.respondBy(respond);
    this.#hosts = { policies, incidents, isolation, respond };
    this.#server?.survey.use({ coverage: (containers) => policies.coverage(containers) });
    this.#documents = new ServerDocuments({
      ...{ state, ownRules: () => this.#rules, ownPlaybooks: () => this.#playbooks },
      useRules: (extra) => this.#useRules([...this.#rules, ...extra], 'server'),
      usePlaybooks: (extra) => respond.replacePlaybooks([...this.#playbooks, ...extra]),
      holdPolicies: (held) => policies.hold(held, theServer()),
    });
    const { putInForce } = this.#documents;
    this.#server?.open({ agent, incidents, respond, putInForce, lost: () => this.#lost });
    return { policies, incidents, isolation, respond };
  }

  async #openControl(hosts: Hosts, modules: HostModules): Promise<ControlSession | undefined> {
    const { socket, state, sensor, flows, network, noise } = this.#settings;
    const rules = await flowRulesOf(this.#agent, this.#inForce);
    if (socket === 'none') {
      this.#tellIdle();
      return undefined;
    }
    const [outputs, server] = [this.#outputs, this.#server];
    const session = await modules.ControlSession.open(this.#agent, {
      ...hosts,
      images: this.#watch.images,
      ...{ socket, state, flows, host: sensor.host, evidence: this.#evidence },
      detections: this.#findings.hub,
      recordings: flightFolder(sensor.recording),
      lost: () => this.#lost,
      outputs: outputs && (() => outputs.status),
      server: server && (() => server.status),
      survey: server?.survey,
      flowRules: { rules, noise, take: (found) => void this.#findings.take(found) },
      network: network && { ...network, take: (found) => void this.#findings.take(found) },
    });
    if (session?.useFlowRules(rules) !== true) this.#tellIdle();
    return session;
  }

  /** Without `--no-flows` and with a control socket there are flows, where the kernel takes the programs. */
  #tellIdle(): void {
    const { flowRules } = this.#agent;
    if (flowRules > 0)
      say(`${flowRules} rules with \`source: flow\` judge nothing: flows are not counted here`);
  }

  /** Reads rules, policies and playbooks again. What has errors is printed, and what is in force stays. */
  reload(): void {
    void this.#reloadRules();
    void this.#hosts.policies?.reload();
    void this.#settings.readPlaybooks().then((again) => {
      if (again === undefined) return;
      this.#playbooks = again;
      this.#hosts.respond?.replacePlaybooks([...again, ...(this.#documents?.playbooks ?? [])]);
    });
  }

  async #reloadRules(): Promise<void> {
    const { files, problems } = await readRuleFiles(this.#settings.rulePaths);
    printDiagnostics(problems);
    const all = [...files, ...(this.#documents?.rules ?? [])];
    const accepted = problems.length === 0 && (await this.#useRules(all, 'reload'));
    if (accepted) this.#rules = files;
    say(accepted ? 'rules reloaded' : 'the rules have errors; the old ones stay in force');
  }

  /** False: they have errors, and what is in force stays. */
  async #useRules(files: RunSettings['rules'], when: 'reload' | 'server'): Promise<boolean> {
    const { recordRules } = await import('../evidence-session.js');
    const accepted = await this.#agent.reload(this.#withOwn(files));
    recordRules(this.#evidence, when, files, accepted);
    if (!accepted) return false;
    this.#inForce = files;
    const rules = await flowRulesOf(this.#agent, files);
    if (this.#control?.useFlowRules(rules) !== true) this.#tellIdle();
    return true;
  }

  /** Waits for the end, closes in the opposite order and writes the summary. Resolves to the exit code. */
  async conclude(startedAtMs: number): Promise<number> {
    await this.#end.requested;
    const { policies, respond, isolation, incidents } = this.#hosts;
    await this.#health?.close();
    await this.#watch.close();
    await this.#server?.survey.close();
    await this.#control?.close();
    await policies?.close();
    respond?.close();
    await isolation?.close();
    await this.#agent.stop().catch(() => undefined); // told by what follows
    await incidents?.close();
    await this.#outputs?.close();
    await this.#server?.close();
    const json = this.#settings.format !== 'text';
    return conclude(this.#agent, this.#end, {
      ...{ writer: this.#writer, startedAtMs, json, evidence: this.#evidence },
    });
  }
}
