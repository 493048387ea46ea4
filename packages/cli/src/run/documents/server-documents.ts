import type { HeldOutcome, HeldPolicies } from '@runward/agent/policies';
import { type Diagnostic, formatDiagnostic, RunwardError } from '@runward/core';
import type { BundleDocument, DocumentKind, DocumentStanding } from '@runward/protocol';
import type { Playbook } from '@runward/respond/playbooks';
import type { SourceFile } from '@runward/rules';
import { keepDrills } from './drill-files.js';
import { fileOf, judgeTogether, standing } from './judged-together.js';

export interface DocumentHosts {
  /** Where drills are put. */
  readonly state: string;
  /** This node's own, beside which those of the server are. */
  readonly ownRules: () => readonly SourceFile[];
  readonly ownPlaybooks: () => readonly Playbook[];
  /** Puts the node's own rules and these in force; false: they were not taken, and what was in force stays. */
  readonly useRules: (extra: readonly SourceFile[]) => Promise<boolean>;
  readonly usePlaybooks: (extra: readonly Playbook[]) => void;
  readonly holdPolicies: (documents: readonly HeldPolicies[]) => Promise<readonly HeldOutcome[]>;
}

const ofKind = (documents: readonly BundleDocument[], kind: DocumentKind): readonly BundleDocument[] =>
  documents.filter((each) => each.kind === kind);

/** What a node holds because its server says so, put in force the ways its own is. */
export class ServerDocuments {
  readonly #hosts: DocumentHosts;
  #rules: readonly SourceFile[] = [];
  #playbooks: readonly Playbook[] = [];

  constructor(hosts: DocumentHosts) {
    this.#hosts = hosts;
  }

  /** Of the server, in force now. */
  get rules(): readonly SourceFile[] {
    return this.#rules;
  }

  get playbooks(): readonly Playbook[] {
    return this.#playbooks;
  }

  readonly putInForce = async (
    documents: readonly BundleDocument[],
    sound: readonly BundleDocument[],
  ): Promise<readonly DocumentStanding[]> => [
    ...(await each(ofKind(documents, 'policy'), (own) => this.#policies(own))),
    ...(await each(ofKind(documents, 'rules'), (own) => this.#useRules(own, ofKind(sound, 'rules')))),
    ...(await each(ofKind(documents, 'playbook'), (own) =>
      this.#usePlaybooks(own, ofKind(sound, 'playbook')),
    )),
    ...(await each(ofKind(documents, 'drill'), (own) => keepDrills(this.#hosts.state, own))),
  ];

  async #policies(documents: readonly BundleDocument[]): Promise<readonly DocumentStanding[]> {
    const outcomes = await this.#hosts.holdPolicies(documents);
    return documents.map((document) => {
      const { problem = '', holds = null } = outcomes.find(({ name }) => name === document.name) ?? {};
      return standing(document, problem, holds);
    });
  }

  async #useRules(
    documents: readonly BundleDocument[],
    sound: readonly BundleDocument[],
  ): Promise<readonly DocumentStanding[]> {
    if (documents.length === 0 && this.#rules.length === 0) return [];
    const problemOf = await ruleProblems(this.#hosts.ownRules());
    const { accepted, standings } = judgeTogether(documents, sound, problemOf);
    const files = accepted.map(fileOf);
    if (isSame(files, this.#rules)) return standings;
    if (await this.#hosts.useRules(files)) {
      this.#rules = files;
      return standings;
    }
    return documents.map((each) =>
      standing(each, 'the sensor did not take the rules; its standard error says why'),
    );
  }

  async #usePlaybooks(
    documents: readonly BundleDocument[],
    sound: readonly BundleDocument[],
  ): Promise<readonly DocumentStanding[]> {
    if (documents.length === 0 && this.#playbooks.length === 0) return [];
    const { readPlaybooks } = await import('@runward/respond/playbooks');
    const own = new Set(this.#hosts.ownPlaybooks().map(({ name }) => name));
    const problemOf = (files: readonly SourceFile[]): string => {
      const { playbooks, diagnostics } = readPlaybooks(files);
      const twice = playbooks.find(({ name }) => own.has(name));
      if (twice !== undefined) return `this node has a playbook \`${twice.name}\` of its own`;
      return firstError(diagnostics);
    };
    const { accepted, standings } = judgeTogether(documents, sound, problemOf);
    this.#playbooks = readPlaybooks(accepted.map(fileOf)).playbooks;
    this.#hosts.usePlaybooks(this.#playbooks);
    return standings;
  }
}

/** One kind that fails inside does not keep the others from being put in force. */
async function each(
  documents: readonly BundleDocument[],
  put: (documents: readonly BundleDocument[]) => Promise<readonly DocumentStanding[]>,
): Promise<readonly DocumentStanding[]> {
  try {
    return await put(documents);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const help = error instanceof RunwardError && error.help !== '' ? ` (${error.help})` : '';
    return documents.map((document) => standing(document, `${why}${help}`));
  }
}

const isSame = (a: readonly SourceFile[], b: readonly SourceFile[]): boolean =>
  a.length === b.length && a.every(({ name, text }, at) => b[at]?.name === name && b[at].text === text);

const firstError = (diagnostics: readonly Diagnostic[]): string => {
  const first = diagnostics.find(({ severity }) => severity === 'error');
  return first === undefined ? '' : formatDiagnostic(first);
};

/** What is wrong with rules beside this node's own. Loaded when there are some: the sensor's thread has the language itself. */
async function ruleProblems(own: readonly SourceFile[]): Promise<(files: readonly SourceFile[]) => string> {
  const [{ loadRules }, { fieldCatalogue }] = await Promise.all([
    import('@runward/rules'),
    import('@runward/events'),
  ]);
  return (files) => firstError(loadRules([...own, ...files], { catalogue: fieldCatalogue }).diagnostics);
}
