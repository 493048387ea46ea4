import type { Detection } from '@runward/detect';
import type { SourceFile } from '@runward/rules';

/** What rules of the agent itself are named; nobody is told what they match. */
const PREFIX = 'runward itself: ';

/** A rule that makes the kernel send what a part of the agent has to hear of. */
export interface OwnRule {
  readonly name: string;
  /** In the language of rules. */
  readonly condition: string;
}

/** In a file of its own, behind all others: an event that another rule matches is heard of by that one. */
export const ownRulesFile = (rules: readonly OwnRule[]): readonly SourceFile[] =>
  rules.length === 0 ? [] : [{ name: 'runward itself', text: rules.map(textOf).join('\n') }];

/** The number makes each another: identical ones would be counted and not passed on. */
const textOf = ({ name, condition }: OwnRule): string =>
  [
    `- rule: ${JSON.stringify(`${PREFIX}${name}`)}`,
    '  desc: heard by the agent itself',
    `  condition: ${JSON.stringify(condition)}`,
    '  output: "%evt.num %fd.name %fs.path.name %fs.path.source %fs.path.target"',
    '  priority: DEBUG',
    '',
  ].join('\n');

type Hear = (detection: Detection) => void;

/** Lets parts of the agent hear what is detected, and keeps what only they asked for from everybody else. */
export class OwnEars {
  readonly #ears = new Set<Hear>();

  hear(ear: Hear): void {
    this.#ears.add(ear);
  }

  /** What others are to be told. */
  readonly take = (items: readonly Detection[]): readonly Detection[] => {
    if (this.#ears.size === 0 && !items.some(isOwn)) return items;
    for (const item of items) for (const ear of this.#ears) ear(item);
    return items.filter((item) => !isOwn(item));
  };
}

const isOwn = ({ rule }: Detection): boolean => rule.startsWith(PREFIX);
