/** A refusal of the API, as RFC 9457 has it. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly help: string,
    readonly faults: readonly {
      readonly at: string;
      readonly message: string;
      readonly start?: number;
      readonly end?: number;
    }[],
  ) {
    super(message);
  }

  static of(status: number, body: unknown): Problem {
    const told = (typeof body === 'object' && body !== null ? body : {}) as Partial<Record<string, unknown>>;
    const text = (value: unknown, otherwise: string): string =>
      typeof value === 'string' ? value : otherwise;
    const faults = Array.isArray(told.faults) ? (told.faults as Problem['faults']) : [];
    return new Problem(
      status,
      text(told.code, ''),
      text(told.detail, `the server answered ${status}`),
      text(told.help, ''),
      faults,
    );
  }
}

export const isSignedOut = (error: unknown): boolean => error instanceof Problem && error.status === 401;
