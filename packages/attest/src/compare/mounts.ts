import type { Configuration, Mount } from '../configuration/configuration.js';
import type { Difference } from './difference.js';
import { changes, listed } from './lists.js';

/** Pure. By where they are seen. */
export function compareMounts(before: Configuration, after: Configuration): readonly Difference[] {
  const had = new Map(before.mounts.map((mount) => [mount.destination, mount]));
  const has = new Map(after.mounts.map((mount) => [mount.destination, mount]));
  return [...new Set([...had.keys(), ...has.keys()])].sort().flatMap((destination): readonly Difference[] => {
    const [old, now] = [had.get(destination), has.get(destination)];
    if (old === undefined) return now === undefined ? [] : [appeared(now)];
    return now === undefined
      ? [disappeared(old)]
      : changed(old, now, before.rootReadOnly !== after.rootReadOnly);
  });
}

const COVERS = /^\/(?:proc|sys)\//;

function appeared(mount: Mount): Difference {
  const { destination, source, type, readOnly } = mount;
  const isCover = COVERS.test(destination) && source === '' && readOnly;
  return {
    what: `mounts.${destination}`,
    effect: isCover ? 'stronger' : 'weaker',
    text: isCover
      ? `\`${destination}\` is covered, which it is not as approved`
      : source === ''
        ? `a ${type} is mounted at \`${destination}\`${readOnly ? ', read-only' : ''}`
        : `the host's \`${source}\` is mounted at \`${destination}\`${readOnly ? ', read-only' : ', writable'}`,
  };
}

function disappeared({ destination, type, source }: Mount): Difference {
  const wasCover = COVERS.test(destination);
  return {
    what: `mounts.${destination}`,
    effect: wasCover ? 'weaker' : 'other',
    text: wasCover
      ? `\`${destination}\` of the kernel is not covered any more`
      : `nothing is mounted at \`${destination}\`, where ${source === '' ? `a ${type}` : `the host's \`${source}\``} is as approved`,
  };
}

/** `rootTold`: that the root is read-only or not is a difference of its own. */
function changed(old: Mount, now: Mount, rootTold: boolean): readonly Difference[] {
  const what = `mounts.${now.destination}`;
  const at = `\`${now.destination}\``;
  const found: Difference[] = [];
  if (old.source !== now.source || old.type !== now.type)
    found.push({
      what,
      effect: 'other',
      text: `${now.source === '' ? `a ${now.type}` : `the host's \`${now.source}\``} is at ${at} and not ${old.source === '' ? `a ${old.type}` : `the host's \`${old.source}\``}`,
    });
  if (old.readOnly !== now.readOnly && !(now.destination === '/' && rootTold))
    found.push({
      what,
      effect: now.readOnly ? 'stronger' : 'weaker',
      text: now.readOnly
        ? `${at} is read-only, and writable as approved`
        : `${at} is writable, and read-only as approved`,
    });
  const { added, gone } = changes(old.flags, now.flags);
  if (gone.length > 0)
    found.push({ what, effect: 'weaker', text: `the mount at ${at} is without ${listed(gone)}` });
  if (added.length > 0)
    found.push({ what, effect: 'stronger', text: `the mount at ${at} is with ${listed(added)}` });
  if (old.propagation !== now.propagation)
    found.push({
      what,
      effect: now.propagation === 'shared' ? 'weaker' : 'other',
      text: `mounts below ${at} are ${now.propagation} and not ${old.propagation}${now.propagation === 'shared' ? ': what is mounted there appears elsewhere too' : ''}`,
    });
  return found;
}
