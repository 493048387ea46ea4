import { RwOutcome, type SyscallSpec } from '@runward/events';
import { type Expression, type Foresight, SurvivalPlanner } from '@runward/rules';
import { EVERY_OUTCOME } from '@runward/sensor';

type Check = Parameters<Foresight>[0];

/** Values a field can have; undefined where the event does not carry it, which makes every check of it false. */
type Possible = readonly (string | undefined)[];

const NO_IP_SOCKET: Readonly<Record<string, Possible>> = Object.fromEntries(
  'l4proto sip cip lip rip ip sport cport lport rport port snet cnet lnet rnet net is_server connected'
    .split(' ')
    .map((name) => [`fd.${name}`, [undefined]]),
);

/** What is known of an event by the kind of object it acts on alone (packages/events/src/catalogue/object.ts). */
const KINDS: readonly { readonly bit: number; readonly values: Readonly<Record<string, Possible>> }[] = [
  {
    bit: RwOutcome.RW_ON_OTHER,
    values: {
      ...NO_IP_SOCKET,
      'fd.typechar': ['f', 'd', 'p', 'e', 'm', 'o'],
      'fd.type': ['file', 'directory', 'pipe', 'event', 'memfd', undefined],
      'fd.sockfamily': [undefined],
    },
  },
  {
    bit: RwOutcome.RW_ON_IP,
    values: { 'fd.typechar': ['4', '6'], 'fd.type': ['ipv4', 'ipv6'], 'fd.sockfamily': ['ip'] },
  },
  {
    bit: RwOutcome.RW_ON_UNIX,
    values: { ...NO_IP_SOCKET, 'fd.typechar': ['u'], 'fd.type': ['unix'], 'fd.sockfamily': ['unix'] },
  },
  {
    bit: RwOutcome.RW_ON_SOCKET,
    values: {
      ...NO_IP_SOCKET,
      'fd.typechar': ['n', 'o'],
      'fd.type': ['netlink', 'packet', undefined],
      'fd.sockfamily': [undefined],
    },
  },
];

/**
 * The value of a check when all possible values of its field agree on it. Where an event speaks of no descriptor at
 * all the fields are not set, so only `false` can be agreed on, never that a check must hold.
 */
function agreed({ operator, values }: Check, possible: Possible): boolean | undefined {
  const holds = (value: string | undefined): boolean | undefined => {
    if (value === undefined) return false;
    if (operator === 'exists') return true;
    if (operator === '=' || operator === 'in') return values.includes(value);
    return operator === '!=' ? !values.includes(value) : undefined;
  };
  return possible.every((value) => holds(value) === false) ? false : undefined;
}

/** A failed call returns -4095 to -1; a rule asks for it by number, by name or by flag. */
function ofResult(field: string, { operator, values }: Check, failed: boolean): boolean | undefined {
  if (operator === 'exists') return undefined;
  if (field === 'evt.failed') {
    const given = values.length === 1 && (values[0] === 'true' || values[0] === 'false');
    const asked = values[0] === 'true';
    if (!given || (operator !== '=' && operator !== '!=')) return undefined;
    return (failed === asked) === (operator === '=');
  }
  if (field === 'evt.res' && values.length === 1 && values[0] === 'SUCCESS') {
    if (operator === '=' || operator === 'in') return !failed;
    return operator === '!=' ? failed : undefined;
  }
  if (field !== 'evt.rawres' || !failed || !values.every((v) => /^\d{1,15}$/.test(v))) return undefined;
  if (operator === '>=' || operator === '>' || operator === '=' || operator === 'in') return false;
  return operator === '<' || operator === '<=' || operator === '!=' ? true : undefined;
}

interface Ask {
  readonly condition: Expression;
  readonly eventTypes: readonly string[];
}

/** Derives which outcomes of a call some condition can use; `known` is what holds for all events anyway. */
export class OutcomePlanner {
  readonly #planners: readonly { readonly bit: number; readonly planner: SurvivalPlanner }[];

  constructor(known: Foresight) {
    this.#planners = KINDS.flatMap(({ bit, values }) =>
      [false, true].map((failed) => ({
        bit: bit + (failed ? RwOutcome.RW_FAILED : 0),
        planner: new SurvivalPlanner((check) => foresee(check, values, failed) ?? known(check)),
      })),
    );
  }

  /** Bits of RwOutcome. Only calls on descriptors are told apart by what they act on. */
  outcomes({ name, family }: SyscallSpec, asks: readonly Ask[]): number {
    // Successful execs come by another way, opens are filtered by clauses of their own.
    if (family === 'exec' || family === 'open') return EVERY_OUTCOME;
    let bits = 0;
    for (const { bit, planner } of this.#planners) {
      const wanted = asks.some(
        ({ condition, eventTypes }) =>
          eventTypes.includes(name) && planner.survival(condition, name) !== planner.factory.false,
      );
      if (wanted) bits |= family === 'fd' ? 1 << bit : 0x55 << (bit & RwOutcome.RW_FAILED);
    }
    return bits;
  }
}

function foresee(
  check: Check,
  kind: Readonly<Record<string, Possible>>,
  failed: boolean,
): boolean | undefined {
  const { left, right, exactlyOne } = check;
  if (left.kind !== 'field' || left.argument !== undefined || right !== undefined || exactlyOne)
    return undefined;
  const possible = kind[left.name];
  return possible === undefined ? ofResult(left.name, check, failed) : agreed(check, possible);
}
