import type { CorrelationExplanation, RuleExplanation } from '@runward/rules';
import { visible } from './terminal.js';

const WIDTH = 110;
const SHARED_SHOWN = 5;
/** So many other rules are named, more are counted. */
const NAMED = 3;
const ALTERNATIVES_SHOWN = 6;

/** Words in lines of at most `WIDTH` characters (a longer word has a line of its own), indented; all but the first by `hanging`. */
function wrap(text: string, indent: string, hanging = indent): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && hanging.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((l, i) => `${i === 0 ? indent : hanging}${l}`).join('\n');
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The uppermost parts of a condition, one below the other. */
function partLines({ join, terms }: RuleExplanation['parts']): string {
  return terms
    .map((term, i) => {
      const word = i === 0 ? '' : `${join} `;
      const text = visible(term).split('\n');
      return text.map((line) => wrap(`${word}${line}`, '  ', '      ')).join('\n');
    })
    .join('\n');
}

const CLASSES: Readonly<Record<RuleExplanation['cost']['class'], string>> = {
  light: 'little: most events are decided by a comparison or two',
  moderate: 'something: texts are compared for a part of the events',
  heavy: 'much: texts are searched for most events; put selective checks beside them',
};

const costText = ({ class: name, perEvent, dearest }: RuleExplanation['cost']): string => {
  const dear = dearest[0] === undefined ? '' : `; dearest: ${dearest[0]}`;
  return `${CLASSES[name]} (about ${perEvent} comparisons an event${dear})`;
};

function kernelText({ eventTypes, alternatives }: RuleExplanation['kernel'][number]): string {
  const types = eventTypes.length > 8 ? plural(eventTypes.length, 'event type') : eventTypes.join(', ');
  if (alternatives.length === 0) return wrap(`${types}: every event`, '  ', '    ');
  const shown = alternatives.slice(0, ALTERNATIVES_SHOWN).map((text, i) => {
    return wrap(`${i === 0 ? '' : 'or '}${visible(text)}`, '    ', '      ');
  });
  const more = alternatives.length - shown.length;
  if (more > 0) shown.push(`    or ${plural(more, 'alternative')} more (\`--json\` has all)`);
  return `${wrap(`${types}: only where`, '  ')}\n${shown.join('\n')}`;
}

/** What `rules explain` prints for people. The parts shared with most other rules come first. */
export function explanationText(explained: RuleExplanation): string {
  const section = (title: string, text: string): string => `${title}\n${wrap(visible(text), '  ')}`;
  const shared = [...explained.shared].sort((a, b) => b.rules.length - a.rules.length);
  const sections = [
    visible(explained.name),
    section('looks at these events', explained.eventTypes.join(', ')),
    section('reads these fields', explained.fields.join(', ')),
    `comes down to\n${partLines(explained.parts)}`,
    section('costs', costText(explained.cost)),
    `is sent by the kernel, of containers\n${explained.kernel.map(kernelText).join('\n')}`,
  ];
  const parts = shared.slice(0, SHARED_SHOWN).map(({ condition, rules }) => {
    const users =
      rules.length <= NAMED
        ? rules.map((rule) => `\`${rule}\``).join(', ')
        : plural(rules.length, 'other rule');
    return `${wrap(visible(`with ${users}:`), '  ')}\n${wrap(visible(condition), '    ')}`;
  });
  const more = shared.length - parts.length;
  if (more > 0) parts.push(`  and ${plural(more, 'other part')} (\`--json\` has all)`);
  if (parts.length > 0)
    sections.push(`evaluates these parts once for all rules that have them\n${parts.join('\n')}`);
  return sections.join('\n\n');
}

const seconds = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`);

/** What `rules explain` prints of a sequence or threshold. */
export function correlationText(explained: CorrelationExplanation): string {
  const { by, groupedBy, withinMs, atLeast, distinct } = explained;
  const section = (title: string, text: string): string => `${title}\n${wrap(visible(text), '  ')}`;
  const fields = groupedBy.length === 0 ? '' : ` (${groupedBy.join(', ')})`;
  const same = explained.triggers
    .filter((trigger) => trigger.same !== null)
    .map((trigger) => trigger.same ?? '');
  const sections = [
    visible(explained.name),
    section('puts together events of the same', `${by}${fields}`),
    ...(same.length === 0 ? [] : [section('that have the same value of', same.join(', '))]),
    section('within', seconds(withinMs)),
  ];
  if (atLeast !== null)
    sections.push(
      section(
        'fires when there are at least',
        distinct === null ? plural(atLeast, 'event') : `${plural(atLeast, 'different value')} of ${distinct}`,
      ),
    );
  let number = 0;
  for (const { step, without, condition, eventTypes } of explained.triggers) {
    if (step !== '') number += 1;
    const title = without ? 'without, in between' : step === '' ? 'counts' : `step ${number}, ${step}`;
    const types = eventTypes.length > 8 ? plural(eventTypes.length, 'event type') : eventTypes.join(', ');
    sections.push(`${section(title, condition)}\n${wrap(`of ${types}`, '  ')}`);
  }
  return sections.join('\n\n');
}
