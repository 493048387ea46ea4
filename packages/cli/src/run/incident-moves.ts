import type { IncidentService } from '@runward/agent/incidents';
import type { Action } from '@runward/protocol';
import type { Who } from '@runward/state';

type Move = Extract<Action, { readonly do: 'incident' }>;

/**
 * An incident is worked on where it is kept, as its own operators would. The incident itself goes to the server as a
 * record: what comes back is what there is besides.
 *
 * @throws IncidentError
 */
export async function moveIncident(
  incidents: IncidentService,
  { id, move, text }: Move,
  who: Who,
): Promise<unknown> {
  switch (move) {
    case 'advise': {
      const { guidance, prevention } = await incidents.show(id);
      return { guidance, prevention };
    }
    case 'false-positive': {
      const { exception } = await incidents.callFalsePositive(id, text, who);
      return { exception };
    }
    case 'note':
      return stateOf(incidents.note(id, text, who));
    case 'assign':
      return stateOf(incidents.assign(id, text, who));
    case 'contain':
      return stateOf(incidents.contain(id, text === '' ? 'by hand' : text, who));
    case 'resolve':
      return stateOf(incidents.resolve(id, text, who));
    case 'reopen':
      return stateOf(incidents.reopen(id, text, who));
  }
}

const stateOf = ({ state, assignee }: { readonly state: string; readonly assignee: string }) => ({
  ...{ state, assignee },
});
