import { LIMITS } from '../model/limits.js';
import { RUNTIMES, type Selector } from '../model/policy.js';
import { list, object, texts } from '../shape/collections.js';
import { choice, text } from '../shape/scalars.js';
import { mapped, type Shape } from '../shape/shape.js';
import { textPattern } from './pattern-shape.js';

const patterns = (what: string): Shape<readonly string[]> => list(textPattern(what), LIMITS.entries);
export const labels = texts(
  text({ what: 'the name of a label', maxLength: LIMITS.textCharacters }),
  text({ what: 'the value of a label', maxLength: LIMITS.textCharacters, mayBeEmpty: true }),
  LIMITS.entries,
);

/** A selector that says nothing: every container. */
export const EVERYTHING: Selector = {
  ...{ namespaces: [], podLabels: new Map(), containerLabels: new Map(), images: [], digests: [] },
  ...{ runtimes: [], containerNames: [] },
};

export const selectorShape: Shape<Selector> = mapped(
  object({
    namespaces: { shape: patterns('a namespace'), doc: 'Patterns (*, ?) over the namespace of the pod.' },
    podLabels: { shape: labels, doc: 'Labels the pod must have.' },
    containerLabels: { shape: labels, doc: 'Labels the container must have, as its runtime tells them.' },
    images: {
      shape: patterns('an image'),
      doc: 'Patterns over the image reference as given, or over its repository without tag and digest.',
    },
    digests: { shape: patterns('an image digest'), doc: 'Image digests, or patterns over them.' },
    runtimes: { shape: list(choice(RUNTIMES), LIMITS.entries), doc: 'Runtimes that started the container.' },
    containerNames: { shape: patterns("a container's name"), doc: "Patterns over the container's name." },
  }),
  ({ value }): Selector => ({ ...EVERYTHING, ...value }),
);
