import { END, type Exercise, type Option, type Rating, type Scene } from './exercise.js';

export interface Decision {
  readonly scene: string;
  readonly title: string;
  readonly ask: string;
  readonly chosen: string;
  readonly rating: Rating;
  readonly effect: string;
  readonly lesson: string;
  /** From the telling of the scene to the decision. */
  readonly tookMs: number;
  readonly withinMs: number;
  readonly at: string;
  readonly notes: readonly string[];
}

export interface Answer {
  readonly question: string;
  readonly answer: string;
}

/** What an exercise came to, for the after-action report. */
export interface TabletopRecord {
  readonly id: string;
  readonly title: string;
  readonly aims: readonly string[];
  readonly participants: readonly string[];
  readonly startedAt: string;
  readonly endedAt: string;
  /** Whether it was played to an end. */
  readonly isComplete: boolean;
  readonly decisions: readonly Decision[];
  readonly debrief: readonly Answer[];
}

export interface Clock {
  /** Since the epoch, for the report. */
  readonly now: () => Date;
  /** Steady, for spans. */
  readonly steadyMs: () => number;
}

/** An exercise as it is played: which scene, since when, and what was decided. */
export class TabletopSession {
  readonly #exercise: Exercise;
  readonly #clock: Clock;
  readonly #startedAt: string;
  readonly #decisions: Decision[] = [];
  readonly #answers: Answer[] = [];
  #scene: Scene | undefined;
  #sinceMs: number;
  #notes: string[] = [];

  constructor(exercise: Exercise, clock: Clock) {
    this.#exercise = exercise;
    this.#clock = clock;
    this.#startedAt = clock.now().toISOString();
    this.#scene = exercise.scenes[0];
    this.#sinceMs = clock.steadyMs();
  }

  /** What is to be decided now; undefined at the end. */
  get scene(): Scene | undefined {
    return this.#scene;
  }

  /** Written down with the decision that is to be made. */
  note(text: string): void {
    this.#notes.push(text);
  }

  /** Decides the scene by the number of an option, from 1; undefined when there is none, and nothing is decided. */
  decide(number: number): Option | undefined {
    const scene = this.#scene;
    const option = scene?.options[number - 1];
    if (scene === undefined || option === undefined) return undefined;
    const nowMs = this.#clock.steadyMs();
    this.#decisions.push({
      ...{ scene: scene.id, title: scene.title, ask: scene.ask },
      ...{ chosen: option.text, rating: option.rating, effect: option.effect, lesson: option.lesson ?? '' },
      ...{ tookMs: nowMs - this.#sinceMs, withinMs: scene.within * 1000, notes: this.#notes },
      at: this.#clock.now().toISOString(),
    });
    this.#notes = [];
    const { scenes } = this.#exercise;
    const next = option.leads ?? scenes[scenes.indexOf(scene) + 1]?.id ?? END;
    this.#scene = scenes.find(({ id }) => id === next);
    this.#sinceMs = this.#clock.steadyMs();
    return option;
  }

  answer(question: string, answer: string): void {
    this.#answers.push({ question, answer });
  }

  record(participants: readonly string[]): TabletopRecord {
    const { id, title, aims = [] } = this.#exercise;
    return {
      ...{ id, title, aims, participants, startedAt: this.#startedAt },
      endedAt: this.#clock.now().toISOString(),
      isComplete: this.#scene === undefined,
      ...{ decisions: this.#decisions, debrief: this.#answers },
    };
  }
}
