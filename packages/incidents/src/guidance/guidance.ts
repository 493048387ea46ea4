import { tacticInfo } from '@runward/core';
import type { Incident } from '../incident/incident.js';
import { NO_STAGE, STAGE_TEXTS } from './stage-texts.js';

export interface GuidanceStep {
  /** Name of the stage, or of the rule. */
  readonly about: string;
  readonly text: string;
}

/** In plain words: what was seen, what to look at, what to do. */
export interface Guidance {
  readonly means: readonly GuidanceStep[];
  readonly check: readonly GuidanceStep[];
  readonly act: readonly GuidanceStep[];
}

/** What the author of a rule says of it: a description, and behind `Response:` what to do. */
export interface RuleText {
  readonly description: string;
  readonly response: string;
}

const RESPONSE = /(?:^|\n)\s*Response:\s*/;

export function ruleText(description: string): RuleText {
  const [what = '', ...response] = description.split(RESPONSE);
  const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();
  return { description: flat(what), response: flat(response.join(' ')) };
}

/** The later stages first where it comes to acting: they are the more urgent ones. */
export function guidanceOf(incident: Incident, rules: ReadonlyMap<string, RuleText>): Guidance {
  const stages = incident.stages.map(({ tactic }) => ({
    about: tacticInfo(tactic)?.name ?? tactic,
    ...STAGE_TEXTS[tactic],
  }));
  const known = stages.length === 0 ? [{ about: 'stage not known', ...NO_STAGE }] : stages;
  const ofRules = incident.rules.flatMap(({ rule }) => {
    const text = rules.get(rule);
    return text === undefined ? [] : [{ about: rule, ...text }];
  });
  const steps = <T extends { readonly about: string }>(list: readonly T[], text: (each: T) => string) =>
    list.map((each) => ({ about: each.about, text: text(each) })).filter((step) => step.text !== '');
  return {
    means: [...steps(known, ({ means }) => means), ...steps(ofRules, ({ description }) => description)],
    check: steps(known, ({ check }) => check),
    act: [...steps(ofRules, ({ response }) => response), ...steps(known.toReversed(), ({ act }) => act)],
  };
}
