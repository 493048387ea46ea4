import type { Action, NetworkAction } from '../decide/action.js';
import type { ObservedAction, ObservedNetworkUse } from './observed-action.js';

/**
 * What was observed as what policies decide about. An event does not always tell whether the acting user owned the file:
 * then there are two possible actions, and the first one is that he did not.
 */
export function asActions(observed: ObservedAction): readonly [Action, Action?] {
  switch (observed.section) {
    case 'process': {
      const { path, arguments: args, ancestors, drift, fileless } = observed;
      return [{ kind: 'exec', path, arguments: args, ancestors, drifted: drift, fileless }];
    }
    case 'file': {
      const { operation, path, by, owned } = observed;
      const action = { kind: 'file', operation, path, by } as const;
      return owned === undefined
        ? [
            { ...action, owner: false },
            { ...action, owner: true },
          ]
        : [{ ...action, owner: owned }];
    }
    case 'network':
      return [networkAction(observed)];
    case 'capabilities':
      return [{ kind: 'capability', name: observed.name }];
    case 'syscalls':
      return [{ kind: 'syscall', name: observed.name }];
    case 'kernelSurface':
      return [{ kind: 'kernel', handle: observed.name }];
    case 'privilege':
      return [{ kind: 'privilege', privilege: observed.operation }];
  }
}

function networkAction({
  operation,
  family,
  protocol,
  address,
  port,
  by,
}: ObservedNetworkUse): NetworkAction {
  const hasPort = operation !== 'create' && (family === 'ipv4' || family === 'ipv6');
  return {
    ...{ kind: 'network', operation, family, by },
    ...(protocol === 'other' ? {} : { protocol }),
    ...(address === '' || operation === 'create' ? {} : { address }),
    ...(hasPort ? { port } : {}),
  };
}
