import type { Beyond, Configuration, NamespaceName } from '../configuration/configuration.js';
import type { Difference } from './difference.js';
import { listed, same } from './lists.js';

/** What sharing a namespace with the host means. */
export const NAMESPACE_WORDS: Readonly<Record<NamespaceName, string>> = {
  cgroup: "it sees the host's control groups",
  ipc: "it shares the host's memory segments and queues",
  mnt: "it sees the host's file systems as they are mounted there",
  net: "it uses the host's network: its interfaces, its loopback and its abstract sockets",
  pid: "it sees and may signal the host's processes",
  user: 'root inside is root of the host',
  uts: "it may change the host's name",
};

/** Pure. Namespaces, user mapping, root, and processes beyond the first. */
export function compareContainment(before: Configuration, after: Configuration): readonly Difference[] {
  const found: Difference[] = [];
  for (const name of Object.keys(NAMESPACE_WORDS) as NamespaceName[]) {
    // its keys are these names
    const [had, has] = [before.namespaces[name], after.namespaces[name]];
    if (had === has) continue;
    found.push({
      what: `namespaces.${name}`,
      effect: has === 'host' ? 'weaker' : had === 'host' ? 'stronger' : 'other',
      text:
        has === 'host'
          ? `${NAMESPACE_WORDS[name]} (the ${name} namespace is the host's)`
          : `its ${name} namespace is ${has === 'own' ? 'its own' : 'not known'}, and ${had === 'host' ? "the host's" : had} as approved`,
    });
  }
  if (!same(before.userMapping, after.userMapping))
    found.push({
      what: 'userMapping',
      effect:
        after.userMapping.length === 0 ? 'weaker' : before.userMapping.length === 0 ? 'stronger' : 'other',
      text: `its user ids are mapped ${listed(after.userMapping)} and not ${listed(before.userMapping)}`,
    });
  if (before.rootReadOnly !== after.rootReadOnly)
    found.push({
      what: 'rootReadOnly',
      effect: after.rootReadOnly ? 'stronger' : 'weaker',
      text: after.rootReadOnly
        ? 'its root file system is read-only, and writable as approved'
        : 'its root file system is writable: programs in it can be changed',
    });
  return [...found, ...beyond(before.beyond, after.beyond)];
}

const BEYOND_WORDS: Readonly<Record<Beyond['what'], (names: readonly string[]) => string>> = {
  capabilities: (names) => `with ${listed(names)}, which its first process cannot have`,
  seccomp: () => 'without the filter of system calls that its first process has',
  'no-new-privileges': () => 'without no-new-privileges, which its first process has',
  namespace: (names) => `in the host's ${listed(names)} namespace`,
  label: () => 'without the security label that its first process has',
  root: () => 'with another root than its first process',
};

export const beyondText = ({ executable, what, names }: Beyond): string =>
  `\`${executable}\` runs in it ${BEYOND_WORDS[what](names)}`;

function beyond(before: readonly Beyond[], after: readonly Beyond[]): readonly Difference[] {
  const key = ({ executable, what, names }: Beyond): string => `${executable}\0${what}\0${names.join()}`;
  const known = new Set(before.map(key));
  // What is not there now comes and goes with the program.
  return after
    .filter((each) => !known.has(key(each)))
    .map((each) => ({ what: `beyond.${each.what}`, effect: 'weaker', text: beyondText(each) }));
}
