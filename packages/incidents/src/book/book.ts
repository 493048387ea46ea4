import { IncidentError } from '../error.js';
import { absorb } from '../incident/absorb.js';
import { freshIncident, incidentId } from '../incident/fresh-incident.js';
import { type Draft, type ExposedContainer, type Incident, isClosed } from '../incident/incident.js';
import { bounded, INCIDENT_LIMITS as LIMITS } from '../incident/limits.js';
import type { Sighting } from '../sighting/sighting.js';
import { type Link, Links } from './links.js';
import { checked, move, NOBODY, optional, record, tell, wrongState } from './moves.js';
import { RETENTION, type Retention, WINDOWS, type Windows } from './windows.js';

export interface BookOptions {
  readonly windows?: Partial<Windows>;
  readonly retention?: Partial<Retention>;
}

/** What became of a detection. */
export interface Taken {
  /** undefined: it opens none by itself and belongs to none. */
  readonly incident: Incident | undefined;
  /** opened, reopened: there was none, or nobody worked on it; grew: something new; counted: more of the same. */
  readonly news: 'opened' | 'reopened' | 'grew' | 'counted' | 'none';
}

/** Kept, lost and left out, since the start. */
export interface BookStats {
  readonly incidents: number;
  readonly open: number;
  /** Forgotten because there were too many, and because they were old. */
  readonly evicted: number;
  readonly expired: number;
  /** Detections of little urgency that belong to no incident. */
  readonly unattached: number;
}

/** Those that open no incident by themselves: they say more of one that is there. */
const CONTEXT: ReadonlySet<string> = new Set(['Informational', 'Debug']);
const SHORTEST_ID = 4;

/**
 * Which detections belong together. Pure: times are those of the detections and of whoever asks for a change; the same
 * detections in the same order give the same incidents.
 */
export class IncidentBook {
  readonly #incidents = new Map<string, Draft>();
  readonly #links = new Links();
  readonly #windows: Windows;
  readonly #retention: Retention;
  #evicted = 0;
  #expired = 0;
  #unattached = 0;
  /** Ids of incidents that were forgotten, for whoever keeps them elsewhere. */
  readonly #forgotten: string[] = [];

  /** `stored`: those of an earlier run. They are the book's from now on. */
  constructor(options: BookOptions = {}, stored: readonly Incident[] = []) {
    this.#windows = { ...WINDOWS, ...options.windows };
    this.#retention = { ...RETENTION, ...options.retention };
    for (const incident of stored.toSorted((a, b) => a.lastMs - b.lastMs)) {
      this.#incidents.set(incident.id, incident as Draft); // given away by the caller
      this.#links.restore(incident);
    }
    this.#makeRoom();
  }

  take(sighting: Sighting): Taken {
    const home = this.#homeOf(sighting);
    if (home !== undefined) return this.#add(home, sighting);
    if (CONTEXT.has(sighting.entry.priority)) {
      this.#unattached += sighting.weight;
      return { incident: undefined, news: 'none' };
    }
    const draft = freshIncident(this.#freshId(sighting), sighting);
    this.#incidents.set(draft.id, draft);
    absorb(draft, sighting);
    this.#links.note(draft, sighting);
    record(draft, {
      atMs: draft.firstMs,
      who: NOBODY,
      what: 'opened',
      from: '',
      to: 'open',
      why: sighting.entry.rule,
    });
    this.#makeRoom(draft.id);
    return { incident: draft, news: 'opened' };
  }

  get(id: string): Incident | undefined {
    return this.#incidents.get(id);
  }

  /**
   * By its id, or what it begins or ends with.
   *
   * @throws IncidentError INCIDENT_UNKNOWN, INCIDENT_AMBIGUOUS
   */
  find(text: string): Incident {
    return this.#find(text);
  }

  /** The latest first. */
  list(): readonly Incident[] {
    return [...this.#incidents.values()].sort((a, b) => b.lastMs - a.lastMs);
  }

  /** Of a container, those nobody has closed. */
  openOf(containerId: string): readonly Incident[] {
    return this.list().filter(
      ({ state, containers }) => !isClosed(state) && containers.some(({ id }) => id === containerId),
    );
  }

  get stats(): BookStats {
    return {
      incidents: this.#incidents.size,
      open: [...this.#incidents.values()].filter(({ state }) => !isClosed(state)).length,
      ...{ evicted: this.#evicted, expired: this.#expired, unattached: this.#unattached },
    };
  }

  /** @throws IncidentError INCIDENT_TEXT_INVALID */
  note(id: string, text: string, who: string, nowMs: number): Incident {
    const draft = this.#find(id);
    const trimmed = checked(text, 'a note', LIMITS.noteCharacters);
    draft.notes.push({ atMs: nowMs, who, text: trimmed });
    if (draft.notes.length > LIMITS.notes) {
      draft.notes.shift();
      draft.leftOut.notes += 1;
    }
    return draft;
  }

  /** Whoever it is assigned to investigates it. @throws IncidentError */
  assign(id: string, assignee: string, who: string, nowMs: number): Incident {
    const draft = this.#find(id);
    const name = checked(assignee, 'a name', LIMITS.nameCharacters);
    record(draft, { atMs: nowMs, who, what: 'assigned', from: draft.assignee, to: name, why: '' });
    draft.assignee = name;
    if (draft.state === 'open') move(draft, 'investigating', { who, why: `assigned to ${name}`, nowMs });
    return draft;
  }

  /** Something was done about it: a capture, a response. @throws IncidentError INCIDENT_UNKNOWN, INCIDENT_AMBIGUOUS */
  responded(id: string, what: string, why: string, who: string, nowMs: number): Incident {
    const draft = this.#find(id);
    record(draft, {
      atMs: nowMs,
      who,
      what: 'response',
      from: '',
      to: bounded(what, LIMITS.nameCharacters),
      why: bounded(why, LIMITS.noteCharacters),
    });
    return draft;
  }

  /** What a container held, once; undefined when that is known already or the incident is not there any more. */
  expose(id: string, exposed: ExposedContainer): Incident | undefined {
    const draft = this.#incidents.get(id);
    if (draft === undefined || draft.exposed.length >= LIMITS.containers) return undefined;
    if (draft.exposed.some(({ container }) => container === exposed.container)) return undefined;
    const names = (list: readonly string[]): string[] =>
      list.slice(0, LIMITS.exposed).map((name) => bounded(name, LIMITS.nameCharacters));
    const { environment, files, serviceAccounts } = exposed;
    const lists = [environment, files, serviceAccounts];
    const more = lists.reduce((sum, list) => sum + Math.max(0, list.length - LIMITS.exposed), 0);
    draft.exposed.push({
      ...exposed,
      ...{ environment: names(environment), files: names(files), serviceAccounts: names(serviceAccounts) },
      ...{ leftOut: exposed.leftOut + more, problem: bounded(exposed.problem, LIMITS.nameCharacters) },
    });
    return draft;
  }

  /** @throws IncidentError INCIDENT_STATE when it is closed */
  contain(id: string, why: string, who: string, nowMs: number): Incident {
    const draft = this.#find(id);
    if (isClosed(draft.state)) throw wrongState(draft, 'contained');
    record(draft, { atMs: nowMs, who, what: 'response', from: '', to: why, why: '' });
    move(draft, 'contained', { who, why, nowMs });
    return draft;
  }

  /** @throws IncidentError INCIDENT_STATE when it is closed already */
  resolve(id: string, why: string, who: string, nowMs: number): Incident {
    return this.#close(id, 'resolved', why, who, nowMs);
  }

  /** What is the same by the same program is counted from now on, and opens nothing. @throws IncidentError */
  callFalsePositive(id: string, why: string, who: string, nowMs: number): Incident {
    return this.#close(id, 'false-positive', why, who, nowMs);
  }

  /** @throws IncidentError INCIDENT_STATE when it is not closed */
  reopen(id: string, why: string, who: string, nowMs: number): Incident {
    const draft = this.#find(id);
    if (!isClosed(draft.state)) throw wrongState(draft, 'reopened');
    move(draft, 'open', { who, why: optional(why), nowMs });
    return draft;
  }

  /** Forgets what is old. Returns how many. */
  sweep(nowMs: number): number {
    const { closedMs, openMs } = this.#retention;
    const old = [...this.#incidents.values()].filter(
      ({ state, lastMs, stateMs }) =>
        nowMs - Math.max(lastMs, stateMs) > (isClosed(state) ? closedMs : openMs),
    );
    for (const draft of old) this.#forget(draft);
    this.#expired += old.length;
    return old.length;
  }

  /** Ids of those that were forgotten since it was last asked. */
  takeForgotten(): readonly string[] {
    return this.#forgotten.splice(0);
  }

  #find(text: string): Draft {
    const exact = this.#incidents.get(text);
    if (exact !== undefined) return exact;
    const fits =
      text.length < SHORTEST_ID
        ? []
        : [...this.#incidents.keys()].filter((id) => id.startsWith(text) || id.endsWith(text));
    const [only, ...others] = fits;
    const found = only === undefined ? undefined : this.#incidents.get(only);
    if (found === undefined)
      throw new IncidentError('INCIDENT_UNKNOWN', `there is no incident \`${text}\``, {
        help: '`runward incidents list --all` lists them; old ones are forgotten',
      });
    if (others.length > 0)
      throw new IncidentError('INCIDENT_AMBIGUOUS', `\`${text}\` stands for ${fits.length} incidents`, {
        help: `write more of one: ${fits.slice(0, 10).join(', ')}`,
      });
    return found;
  }

  #homeOf(sighting: Sighting): Draft | undefined {
    // What was looked at and found harmless must not come to be part of something else.
    const repeat = this.#incidents.get(this.#links.repeatOf(sighting) ?? '');
    if (repeat?.state === 'false-positive' && this.#belongs(repeat, 'repeat', sighting)) return repeat;
    const tried = new Set<string>();
    for (const [link, id] of this.#links.of(sighting)) {
      const draft = this.#incidents.get(id);
      if (draft === undefined || tried.has(`${link}${id}`)) continue;
      tried.add(`${link}${id}`);
      if (this.#belongs(draft, link, sighting)) return draft;
    }
    return undefined;
  }

  #belongs(draft: Draft, link: Link, { entry }: Sighting): boolean {
    const { quietMs, repeatMs, reopenMs } = this.#windows;
    const since = entry.timeMs - draft.lastMs;
    if (draft.state === 'false-positive') return isTheSame(draft, entry.rule, entry.exe);
    if (draft.state === 'resolved')
      return entry.lastMs > draft.stateMs ? entry.timeMs - draft.stateMs <= reopenMs : since <= quietMs;
    return (
      since <= (link === 'container' ? quietMs : repeatMs) ||
      (link === 'container' && isKnownRule(draft, entry.rule) && since <= repeatMs)
    );
  }

  #add(draft: Draft, sighting: Sighting): Taken {
    const { entry } = sighting;
    const growth = absorb(draft, sighting);
    // What else happens in the container is not to be taken for this.
    if (draft.state !== 'false-positive') this.#links.note(draft, sighting);
    tell(draft, growth, entry.timeMs);
    if (draft.state === 'false-positive') {
      draft.absorbed += sighting.weight;
      return { incident: draft, news: 'counted' };
    }
    if (draft.state === 'resolved' && entry.lastMs > draft.stateMs) {
      move(draft, 'open', {
        who: NOBODY,
        why: `it went on after it was resolved: ${entry.rule}`,
        nowMs: entry.lastMs,
      });
      return { incident: draft, news: 'reopened' };
    }
    if (draft.state === 'contained' && growth.newStages.length > 0 && entry.timeMs > draft.stateMs) {
      const why = `a stage that was not seen before it was contained: ${growth.newStages.join(', ')}`;
      move(draft, draft.assignee === '' ? 'open' : 'investigating', {
        who: NOBODY,
        why,
        nowMs: entry.timeMs,
      });
      return { incident: draft, news: 'reopened' };
    }
    const isNew =
      growth.newRule ||
      growth.newContainer ||
      growth.newStages.length > 0 ||
      growth.severityBefore !== draft.severity;
    return { incident: draft, news: isNew ? 'grew' : 'counted' };
  }

  #close(id: string, to: 'resolved' | 'false-positive', why: string, who: string, nowMs: number): Incident {
    const draft = this.#find(id);
    if (draft.state === to)
      throw wrongState(draft, to === 'resolved' ? 'resolved' : 'called a false positive');
    move(draft, to, { who, why: optional(why), nowMs });
    return draft;
  }

  #freshId(sighting: Sighting): string {
    for (let salt = 0; ; salt += 1) {
      const id = incidentId(sighting, salt);
      if (!this.#incidents.has(id)) return id;
    }
  }

  /** `spare`: it has only just begun. */
  #makeRoom(spare?: string): void {
    while (this.#incidents.size > this.#retention.most) {
      let worst: Draft | undefined;
      for (const draft of this.#incidents.values())
        if (draft.id !== spare && (worst === undefined || goesBefore(draft, worst))) worst = draft;
      if (worst === undefined) return;
      this.#forget(worst);
      this.#evicted += 1;
    }
  }

  #forget(draft: Draft): void {
    this.#incidents.delete(draft.id);
    this.#links.forget(draft);
    this.#forgotten.push(draft.id);
  }
}

const isKnownRule = (draft: Draft, rule: string): boolean => draft.rules.some((each) => each.rule === rule);

/** By the same rule and the same program: what was looked at when it was called a false positive. */
const isTheSame = (draft: Draft, rule: string, exe: string): boolean =>
  isKnownRule(draft, rule) &&
  [draft.timeline.first, draft.timeline.milestones, draft.timeline.last].some((entries) =>
    entries.some((entry) => entry.rule === rule && entry.exe === exe),
  );

function goesBefore(a: Draft, b: Draft): boolean {
  const [closedA, closedB] = [isClosed(a.state), isClosed(b.state)];
  if (closedA !== closedB) return closedA;
  if (!closedA && a.score !== b.score) return a.score < b.score;
  return a.lastMs < b.lastMs;
}
