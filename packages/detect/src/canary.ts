import { type EventView, fieldCatalogue, SYSCALLS } from '@runward/events';
import { type CompiledRule, loadRules, type Matcher, type Rule } from '@runward/rules';

/** What a program started to prove detection is known by. */
export interface CanaryMark {
  /** Who starts it. No process of a container can have this parent: it comes from the kernel's task. */
  readonly parentPid: number;
  /** The last argument it is given: letters and digits, not to be guessed. */
  readonly token: string;
}

const REMEMBERED = 8;
/** The type of event it is about. */
export const CANARY_TYPE = SYSCALLS.find(({ name }) => name === 'execve')?.id;

/**
 * A rule about a program the agent itself starts. It is compiled among the rules of the user, by the same compiler into
 * the same function, and judged where they are: when that is broken, it does not fire. Of its event no other rule is told.
 */
export class CanaryRule {
  /** To be compiled before all others: where only the first match is told, it must be this one. */
  readonly rule: Rule;
  readonly #parentPid: number;
  #firedFor: readonly number[] = [];
  #pid = 0;
  #fired = false;

  constructor({ parentPid, token }: CanaryMark) {
    this.rule = canaryRule(parentPid, token);
    this.#parentPid = parentPid;
  }

  /** Whether the rule fired for this process not long ago. */
  firedFor(pid: number): boolean {
    return this.#firedFor.includes(pid);
  }

  /** Judges an event of {@link CANARY_TYPE} if a program of the agent made it; whether the rule fired. */
  take(view: EventView, matcher: Matcher<EventView>): boolean {
    if (view.process.ppid !== this.#parentPid) return false;
    this.#pid = view.pid;
    this.#fired = false;
    matcher(view, this.#onMatch);
    return this.#fired;
  }

  readonly #onMatch = ({ rule }: CompiledRule<EventView>): void => {
    if (rule !== this.rule) return;
    this.#fired = true;
    this.#firedFor = [...this.#firedFor.slice(1 - REMEMBERED), this.#pid];
  };
}

function canaryRule(parentPid: number, token: string): Rule {
  const text = `- rule: Canary
  desc: The agent proves that rules are judged.
  condition: evt.type = execve and proc.ppid = ${parentPid} and proc.args endswith "${token}"
  output: canary %proc.pid
  priority: DEBUG
`;
  const { value, diagnostics } = loadRules([{ name: 'canary', text }], { catalogue: fieldCatalogue });
  const [rule] = value?.rules ?? [];
  if (rule === undefined) throw new TypeError(`the canary's rule has errors: ${diagnostics[0]?.message}`);
  return rule;
}
