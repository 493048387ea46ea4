import { createInterface, type Interface } from 'node:readline';
import { type Exercise, type Scene, spanText, type TabletopRecord, TabletopSession } from '@runward/drill';
import { visible } from '../terminal.js';

/** The report goes to standard output: what is told and asked goes beside it. */
const say = (text: string): void =>
  void process.stderr.write(`${text.trimEnd().split('\n').map(visible).join('\n')}\n`);

const LONGEST_ANSWER = 4096;

/** Lines as they are typed or piped; undefined at their end. */
class Lines {
  readonly #terminal: Interface;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#terminal = createInterface({ input: process.stdin, output: process.stderr });
    this.#lines = this.#terminal[Symbol.asyncIterator]();
    // Ctrl-C breaks the exercise off; what was decided is reported.
    this.#terminal.on('SIGINT', () => this.#terminal.close());
  }

  async ask(question: string): Promise<string | undefined> {
    this.#terminal.setPrompt(question);
    this.#terminal.prompt();
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value.trim().slice(0, LONGEST_ANSWER);
  }

  close(): void {
    this.#terminal.close();
  }
}

/** Plays an exercise at the terminal, or with lines of standard input. */
export async function playTabletop(exercise: Exercise, named: readonly string[]): Promise<TabletopRecord> {
  const lines = new Lines();
  try {
    say(`${exercise.title}\n\n${exercise.brief}`);
    const participants =
      named.length > 0 ? named : split(await lines.ask('Who takes part (names, with commas between)? '));
    const session = new TabletopSession(exercise, {
      now: () => new Date(),
      steadyMs: () => performance.now(),
    });
    for (let scene = session.scene; scene !== undefined; scene = session.scene) {
      tell(scene);
      if (!(await decide(scene, session, lines))) return session.record(participants);
    }
    for (const question of exercise.debrief ?? []) {
      const answer = await lines.ask(`${visible(question)} `);
      if (answer === undefined) break;
      session.answer(question, answer);
    }
    return session.record(participants);
  } finally {
    lines.close();
  }
}

const split = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

function tell({ title, inject, ask, within, options }: Scene): void {
  const choices = options.map(({ text }, i) => `  ${i + 1}  ${text}`);
  say(`\n${title}\n\n${inject}\n${ask} (within ${spanText(within * 1000)})\n${choices.join('\n')}`);
}

/** False when the exercise was broken off. */
async function decide(scene: Scene, session: TabletopSession, lines: Lines): Promise<boolean> {
  for (;;) {
    const answer = await lines.ask('> ');
    if (answer === undefined || answer === 'q') return false;
    if (answer === '?') tell(scene);
    else if (/^n\s+\S/.test(answer)) {
      session.note(answer.replace(/^n\s+/, ''));
      say('noted');
    } else {
      const option = /^\d$/.test(answer) ? session.decide(Number(answer)) : undefined;
      if (option !== undefined) {
        say(`\n${option.effect}`);
        return true;
      }
      say(`type a number from 1 to ${scene.options.length}, \`n TEXT\` for a note, \`?\` or \`q\``);
    }
  }
}
