import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Action, type Answer, type Command, signedCommandSchema } from '@runward/protocol';
import { parseMessage, verifyCommand } from '@runward/protocol/node';
import { z } from 'zod';
import { messageOf } from './error.js';

/** Does what a server asks, as an operator of the node could. Rejects with why it was not done. */
export type Obey = (action: Action, by: string) => Promise<unknown>;

export interface ObedienceOptions {
  /** The id of this node. */
  readonly node: string;
  /** PEM, handed over when it enrolled. */
  readonly commandKey: string;
  /** Where is kept what was begun. */
  readonly file: string;
  readonly obey: Obey;
  /** The server's clock, as far as it is known. */
  readonly now: () => number;
  readonly say: (message: string) => void;
}

/** How far the clocks may be apart after all. */
const TOLERANCE_MS = 10_000;
const begunSchema = z.array(z.strictObject({ id: z.string(), expiresMs: z.number() }));

/**
 * Obeys each command once, and only those the server signed, for this node, that have not expired. A command is noted
 * before it is begun: one that was on its way when the process was killed is not done again.
 */
export class Obedience {
  readonly #options: ObedienceOptions;
  readonly #key: KeyObject;
  #begun: z.infer<typeof begunSchema>;

  constructor(options: ObedienceOptions) {
    this.#options = options;
    this.#key = createPublicKey(options.commandKey);
    this.#begun = this.#read();
  }

  /** The answer; undefined to what is not from the server, or is being done. */
  async take(line: string): Promise<Answer | undefined> {
    let command: Command;
    try {
      command = verifyCommand(parseMessage(signedCommandSchema, line, 'a command'), this.#key);
    } catch (error) {
      this.#options.say(`not obeyed: ${messageOf(error)}`);
      return undefined;
    }
    const { id } = command;
    const refusal = this.#refusal(command);
    if (refusal !== undefined) {
      this.#options.say(`not obeyed: ${refusal}`);
      return { command: id, ok: false, problem: refusal, result: null };
    }
    try {
      this.#note(command);
      const result = (await this.#options.obey(command.action, command.by)) ?? null;
      return { command: id, ok: true, problem: '', result };
    } catch (error) {
      return { command: id, ok: false, problem: messageOf(error).slice(0, 4096), result: null };
    }
  }

  #refusal({ id, node, issuedMs, expiresMs }: Command): string | undefined {
    const now = this.#options.now();
    if (node !== this.#options.node) return 'the command is for another node';
    if (this.#begun.some((each) => each.id === id))
      return 'the command was begun before and is not done twice';
    if (expiresMs + TOLERANCE_MS < now) return 'the command has expired';
    if (issuedMs - TOLERANCE_MS > now) return 'the command is from the future';
    return undefined;
  }

  #read(): z.infer<typeof begunSchema> {
    try {
      return begunSchema.parse(JSON.parse(readFileSync(this.#options.file, 'utf8')));
    } catch {
      return []; // none yet; what is damaged names commands that expire within a minute
    }
  }

  #note({ id, expiresMs }: Command): void {
    const { file, now } = this.#options;
    const recent = this.#begun.filter((each) => each.expiresMs + 2 * TOLERANCE_MS > now());
    this.#begun = [...recent, { id, expiresMs }];
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.part`, JSON.stringify(this.#begun), { mode: 0o600 });
    renameSync(`${file}.part`, file);
  }
}
