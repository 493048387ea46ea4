import type { EffectiveLine, Setting } from '../../decide/effective.js';
import { capabilityChange } from '../capabilities/capabilities.js';
import { type Exported, nothingToSay, Shortfalls } from '../export/exported.js';
import { reasonOf } from '../export/reasons.js';
import { type ExportSubject, linesOf } from '../export/subject.js';
import { because, type Commented, commentedYaml } from '../export/yaml.js';
import { seccompFilter } from '../seccomp/seccomp.js';

const FORMAT = 'a securityContext';
const SECTIONS = ['privilege', 'capabilities', 'syscalls', 'kernelSurface', 'network'] as const;

/** The `securityContext` of a container of a Kubernetes pod, as YAML. */
export function exportSecurityContext(subject: ExportSubject): Exported {
  const shortfalls = new Shortfalls();
  const setting = (name: Setting): EffectiveLine | undefined =>
    linesOf(subject, 'privilege').find(({ terms }) => terms.kind === 'setting' && terms.setting === name);
  const escalation = setting('new-privileges') ?? setting('setuid-execution');
  const root = setting('root-write');
  const capabilities = capabilitiesOf(subject);
  const context = {
    ...(escalation !== undefined && escalationOf(subject, escalation, shortfalls)),
    ...(root !== undefined && { readOnlyRootFilesystem: because(true, reasonOf(root)) }),
    ...userOf(subject),
    ...(capabilities !== undefined && { capabilities }),
    ...seccompOf(subject),
  };
  if (SECTIONS.every((section) => linesOf(subject, section).length === 0) && subject.uids === undefined)
    return nothingToSay(subject, FORMAT, SECTIONS);
  const header = [
    `Made by runward from ${subject.effective.policies.map(({ name }) => name).join(', ')}. Goes into the container (spec.containers[].securityContext) of a pod.`,
  ];
  const text = commentedYaml(
    { securityContext: { privileged: because(false, PRIVILEGED), ...context } },
    header,
  );
  return { text, diagnostics: shortfalls.diagnostics(FORMAT) };
}

const PRIVILEGED = 'a privileged container has every capability and no filter, whatever stands below';

/** The API server refuses the word beside SYS_ADMIN, which gives the privileges anyway. */
function escalationOf(subject: ExportSubject, line: EffectiveLine, shortfalls: Shortfalls) {
  const gives = capabilityChange(subject)?.add.includes('SYS_ADMIN') === true;
  if (!gives) return { allowPrivilegeEscalation: because(false, reasonOf(line)) };
  shortfalls.wider(line, 'that no privileges are gained by a container with SYS_ADMIN');
  return {};
}

function capabilitiesOf(subject: ExportSubject): Commented | object | undefined {
  const change = capabilityChange(subject);
  if (change === undefined) return undefined;
  const listed = (names: readonly string[]): readonly Commented[] =>
    names.map((name) => {
      const line = change.reasons.get(name);
      return because(name, line === undefined ? '' : reasonOf(line));
    });
  return { drop: listed(change.drop), ...(change.add.length > 0 && { add: listed(change.add) }) };
}

/** Policies say nothing of users; a profile has seen which there were. */
function userOf({ uids }: ExportSubject) {
  if (uids === undefined || uids.length === 0 || uids.includes(0)) return {};
  const why = `it was only seen running as ${uids.length === 1 ? 'user' : 'users'} ${uids.join(', ')}`;
  return {
    runAsNonRoot: because(true, why),
    ...(uids.length === 1 && { runAsUser: uids[0] }),
  };
}

function seccompOf(subject: ExportSubject) {
  // What it cannot say is told by its own export.
  if (seccompFilter(subject, new Shortfalls()) === undefined)
    return {
      seccompProfile: because({ type: 'RuntimeDefault' }, 'the policy asks for no filter of its own'),
    };
  const file = `runward/${subject.name}.json`;
  const why = `runward policy export --format seccomp, put below the kubelet's seccomp folder (/var/lib/kubelet/seccomp/${file})`;
  return { seccompProfile: because({ type: 'Localhost', localhostProfile: file }, why) };
}
