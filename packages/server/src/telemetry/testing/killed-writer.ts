/** Stores batch after batch in the folder it is given and prints the last number of each when it is acknowledged. */
import { EmbeddedTelemetry } from '../embedded-telemetry.js';
import { origin, record } from './sample.js';

const [path = '', from = '1'] = process.argv.slice(2);
const store = await EmbeddedTelemetry.open(path);
for (let seq = Number(from); ; seq += 50) {
  // As an agent does that does not know what arrived: the last ones once more.
  const first = Math.max(1, seq - 25);
  const { missing } = await store.append(
    origin(),
    Array.from({ length: seq + 50 - first }, (_, at) => record(first + at)),
  );
  if (missing > 0) throw new Error(`${missing} records that were acknowledged are not there`);
  process.stdout.write(`${seq + 49}\n`);
}
