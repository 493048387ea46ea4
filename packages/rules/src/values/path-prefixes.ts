import { Glob } from './glob.js';

interface Step {
  readonly names: Map<string, Step>;
  readonly globs: { readonly glob: Glob; readonly step: Step }[];
  ends: boolean;
}

const step = (): Step => ({ names: new Map(), globs: [], ends: false });

/** Paths that a path lies in or equals (`pmatch`), compared component by component; components may be globs. */
export class PathPrefixes {
  readonly #root = step();

  constructor(prefixes: readonly string[]) {
    for (const prefix of prefixes) this.#add(prefix);
  }

  #add(prefix: string): void {
    let at = this.#root;
    for (const name of components(prefix)) {
      const next = step();
      if (/[*?[]/.test(name)) {
        at.globs.push({ glob: new Glob(name, false), step: next });
        at = next;
      } else {
        const known = at.names.get(name);
        if (known === undefined) at.names.set(name, next);
        at = known ?? next;
      }
    }
    at.ends = true;
  }

  matches(path: string): boolean {
    let steps: readonly Step[] = [this.#root];
    if (this.#root.ends) return true;
    for (const name of components(path)) {
      const next: Step[] = [];
      for (const { names, globs } of steps) {
        const named = names.get(name);
        if (named !== undefined) next.push(named);
        for (const { glob, step: globbed } of globs) if (glob.matches(name)) next.push(globbed);
      }
      if (next.length === 0) return false;
      if (next.some((s) => s.ends)) return true;
      steps = next;
    }
    return false;
  }
}

const components = (path: string): string[] => path.split('/').filter((name) => name !== '');
