// Loaded before the agent by NODE_OPTIONS, in each of its threads: what matches events can be broken and held up, by files in
// the folder FAULTS names, while everything else works as it always does.
import { registerHooks } from 'node:module';

const AGAINST = 'matcher: (type) => matcherOf(type)?.match,';
const WITH = `matcher: (type) => {
    const match = matcherOf(type)?.match;
    const is = (name) => existsSync(process.env.FAULTS + '/' + name);
    return match && ((view, onMatch) => {
      const word = new Int32Array(new SharedArrayBuffer(4));
      while (is('stalled')) Atomics.wait(word, 0, 0, 20);
      if (!is('broken')) match(view, onMatch);
    });
  },`;

registerHooks({
  load(url, context, next) {
    const found = next(url, context);
    if (!url.endsWith('/rules/dist/compile/compiled-rules.js')) return found;
    const source = String(found.source);
    if (!source.includes(AGAINST)) throw new Error(`${url} is not as this test knows it`);
    return {
      ...found,
      source: `import { existsSync } from 'node:fs';\n${source.replace(AGAINST, WITH)}`,
    };
  },
});
