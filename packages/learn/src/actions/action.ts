import type { EventView } from '@runward/events';
import type { Scene } from '../scene.js';

/** Notes what one event says. Called for calls that succeeded, except where the table says otherwise. */
export type Action = (view: EventView, scene: Scene) => void;

export type Actions = Readonly<Record<string, Action>>;
