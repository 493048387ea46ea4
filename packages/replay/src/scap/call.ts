import type { ScapEvent } from './scap-event.js';

/** A finished call: what its exit event says, and what only its enter event said. */
export class Call {
  exit: ScapEvent;
  enter: ScapEvent | undefined;

  constructor(exit: ScapEvent) {
    this.exit = exit;
  }

  has(name: string): boolean {
    return this.exit.has(name) || (this.enter?.has(name) ?? false);
  }
  number(name: string, isSigned = true): number | undefined {
    return this.exit.number(name, isSigned) ?? this.enter?.number(name, isSigned);
  }
  big(name: string, isSigned = false): bigint | undefined {
    return this.exit.big(name, isSigned) ?? this.enter?.big(name, isSigned);
  }
  text(name: string): string | undefined {
    return this.exit.text(name) ?? this.enter?.text(name);
  }
  bytes(name: string): Buffer | undefined {
    const bytes = this.exit.bytes(name);
    return bytes === undefined || bytes.length === 0 ? (this.enter?.bytes(name) ?? bytes) : bytes;
  }
  /** Return value: of `res`, or the new descriptor that stands in its place. */
  get result(): number | undefined {
    return this.exit.number('res', true) ?? this.exit.number('res_or_fd', true) ?? this.#newDescriptor();
  }
  #newDescriptor(): number | undefined {
    return this.exit.params.get('fd') === 0 ? this.exit.number('fd', true) : undefined;
  }
  get succeeded(): boolean {
    const result = this.result;
    return result !== undefined && result >= 0;
  }
  /** The descriptor the call acts on, or made. */
  get fd(): number | undefined {
    return this.exit.params.get('fd') === 0 ? this.exit.number('fd', true) : this.number('fd');
  }
}
