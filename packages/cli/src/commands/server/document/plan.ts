import { numberOption, type OptionSpec, type Parsed, UsageError } from '../../../command.js';
import { durationOption } from '../../../quantity.js';

export const PLAN_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  stage: {
    type: 'string',
    multiple: true,
    value: 'WHERE:TIME',
    doc: 'rollout: one after the other, `nodes=a,b:10m`, `percent=10:1h`, `clusters=…`, `environments=…`',
  },
  denials: { type: 'string', value: 'N', doc: 'rollout: more denials on one node take it back (default 10)' },
  detections: { type: 'string', value: 'N', doc: 'rollout: the same for detections (default 1000)' },
  errors: { type: 'string', value: 'N', doc: 'rollout: the same for errors of agents (default 0)' },
};

/** What the options say; what they leave open the server has a usual value for. */
export function planOf(args: Parsed): Readonly<Record<string, unknown>> {
  const stages = args.texts('stage').map(stageOf);
  const thresholds = Object.fromEntries(
    (['denials', 'detections', 'errors'] as const).flatMap((name) =>
      args.text(name) === undefined ? [] : [[name, numberOption(args, name, 0, 0, 10_000)]],
    ),
  );
  return {
    ...(stages.length > 0 && { stages }),
    ...(Object.keys(thresholds).length > 0 && { thresholds }),
  };
}

export function stageOf(text: string): Readonly<Record<string, unknown>> {
  const [, where = '', values = '', time = ''] = /^([a-z]+)=([^:]+):(\w+)$/.exec(text) ?? [];
  const soakMs = durationOption({ flag: () => false, text: () => time, texts: () => [], rest: [] }, 'stage');
  if (['nodes', 'clusters', 'environments'].includes(where)) return { [where]: values.split(','), soakMs };
  if (where === 'percent' && Number(values) > 0 && Number(values) <= 100)
    return { percent: Number(values), soakMs };
  throw new UsageError(
    `\`--stage ${text}\` is no stage`,
    'write `nodes=NAME,NAME:10m`, `percent=10:1h`, `clusters=NAME:1h` or `environments=NAME:1h`',
  );
}
