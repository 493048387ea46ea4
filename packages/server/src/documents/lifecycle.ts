import { ServerError } from '../error.js';

export const VERSION_STATES = [
  'draft',
  'review',
  'rejected',
  'approved',
  'rolling',
  'in-force',
  'superseded',
  'rolled-back',
  'withdrawn',
] as const;
export type VersionState = (typeof VERSION_STATES)[number];

interface Step {
  readonly from: readonly VersionState[];
  readonly to: VersionState;
  /** As a refusal says it: `version 3 is a draft and cannot be …`. */
  readonly done: string;
}

/** What can become of a version. Its text never changes: another text is another version. */
const STEPS = {
  submit: { from: ['draft'], to: 'review', done: 'submitted' },
  approve: { from: ['review'], to: 'approved', done: 'approved' },
  reject: { from: ['review'], to: 'rejected', done: 'rejected' },
  begin: {
    from: ['approved', 'superseded', 'rolled-back', 'withdrawn'],
    to: 'rolling',
    done: 'rolled out',
  },
  settle: { from: ['rolling'], to: 'in-force', done: 'put in force' },
  supersede: { from: ['in-force'], to: 'superseded', done: 'superseded' },
  back: { from: ['rolling', 'in-force'], to: 'rolled-back', done: 'rolled back' },
  restore: { from: ['superseded', 'withdrawn', 'rolled-back'], to: 'in-force', done: 'put in force again' },
  withdraw: { from: ['in-force'], to: 'withdrawn', done: 'withdrawn' },
} as const satisfies Readonly<Record<string, Step>>;
export type VersionStep = keyof typeof STEPS;

const HELP: Partial<Record<VersionState, string>> = {
  draft: 'submit it first',
  review: 'somebody has to approve it first',
  rejected: 'save a better version',
  rolling: 'it is being rolled out: wait for the end, or roll it back',
};

/** @throws ServerError SERVER_CONFLICT where the version is not in a state for it */
export function after(step: VersionStep, number: number, state: VersionState): VersionState {
  const { from, to, done }: Step = STEPS[step];
  if (from.includes(state)) return to;
  throw new ServerError('SERVER_CONFLICT', `version ${number} is \`${state}\` and cannot be ${done}`, {
    help: HELP[state] ?? `it would have to be ${from.map((each) => `\`${each}\``).join(' or ')}`,
  });
}
