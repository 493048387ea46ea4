/**
 * The one base class of thrown errors. Each package closes `Code` over its own union and documents every
 * member in docs/errors.md (a test holds that).
 */
export class RunwardError<Code extends string = string> extends Error {
  /** Stable, documented identifier, for programs. */
  readonly code: Code;
  /** What the reader can do about it; empty when nothing can be done. */
  readonly help: string;

  constructor(code: Code, message: string, options: { help?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RunwardError';
    this.code = code;
    this.help = options.help ?? '';
  }
}
