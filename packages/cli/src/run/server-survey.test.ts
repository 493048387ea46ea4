import { testContainer } from '@runward/events/testing';
import type { NamedFlow } from '@runward/flows';
import { containerEnd, testFlow } from '@runward/flows/testing';
import { flowBodySchema } from '@runward/protocol';
import type { News } from '@runward/uplink';
import { afterEach, describe, expect, test } from 'vitest';
import { ServerSurvey } from './server-survey.js';

const MODES = {
  ...{ process: 'off', file: 'off', network: 'monitor', capabilities: 'off', syscalls: 'off' },
  ...{ kernelSurface: 'off', privilege: 'off' },
} as const;
const pod = (name: string, namespace: string, labels: ReadonlyMap<string, string>) => ({
  ...{ name, namespace, uid: 'u', sandboxId: 's', ip: '', labels },
});
const web = testContainer({ id: 'web-id', name: 'web', metadata: 'complete', pod: undefined });

function setUp(flows: NamedFlow[] = []) {
  const told: News[] = [];
  const said: string[] = [];
  const survey = new ServerSurvey({
    everyMs: 3_600_000,
    tell: (news) => told.push(...news),
    say: (message) => said.push(message),
  });
  const covered = {
    policies: ['p'],
    modes: { ...MODES } as Record<keyof typeof MODES, string>,
    problems: {},
  };
  survey.use({
    coverage: async (all) => all.map(() => covered as never), // what is told is told as it is
    flows: { sights: async () => flows },
    learning: { isLearning: () => false },
  });
  surveys.push(survey);
  const of = (kind: News['kind']) => told.filter((each) => each.kind === kind);
  return { survey, told, said, covered, of };
}
const surveys: ServerSurvey[] = [];
afterEach(async () => {
  for (const survey of surveys.splice(0)) await survey.close();
});

describe('what a server is told of what is the case', () => {
  test('has each container once, and again when its coverage changed', async () => {
    const { survey, of, covered } = setUp();
    survey.met({ ...web, metadata: 'path-only' });
    expect(of('container')).toEqual([]);
    survey.met(web);
    survey.met(web);
    expect(of('container')).toMatchObject([{ container: 'web-id', workload: 'web', body: { event: 'met' } }]);
    await survey.look();
    await survey.look();
    expect(of('container').slice(1)).toMatchObject([
      { body: { event: 'running', workloadName: 'web', policies: ['p'], modes: MODES, learning: false } },
    ]);
    covered.modes.network = 'protect';
    await survey.look();
    expect(of('container').at(-1)).toMatchObject({ body: { modes: { network: 'protect' } } });
    survey.ended('web-id');
    survey.ended('web-id');
    expect(of('container').slice(3)).toMatchObject([{ workload: 'web', body: { event: 'ended' } }]);
  });

  test('has flows in the form of the protocol, with both ends, where they belong and how they were judged', async () => {
    const policy = { allowed: 2, denied: 1, wouldDeny: 0, lastDeniedMs: 1 };
    const flow = testFlow({ policy, open: 1 }, { attempts: 3, established: 2, refused: 1, bytesOut: 9 });
    const { survey, of } = setUp([{ key: 'k', policyKey: 'k', flow }]);
    survey.met({
      ...web,
      labels: new Map([
        ['tier', 'front'],
        ['long', 'x'.repeat(2000)],
      ]),
    });
    await survey.look();
    const [record] = of('flow');
    expect(record).toMatchObject({
      ...{ rule: 'client tcp/5432 container db db', workload: 'web', namespace: '', container: 'web-id' },
      body: {
        ...{ role: 'client', protocol: 'tcp', port: 5432, mode: 'monitor', open: 1 },
        self: { container: { id: 'web-id', labels: { tier: 'front' } }, addresses: ['10.0.0.1'] },
        peer: { kind: 'container', container: { workload: 'db' }, addresses: ['10.0.0.2'], more: 0 },
      },
    });
    const body = flowBodySchema.parse(JSON.parse(JSON.stringify(record?.body)));
    expect(body.sums).toEqual({
      connections: 3,
      failures: 1,
      refused: 1,
      bytesOut: 9,
      allowed: 2,
      denied: 1,
    });
  });

  test('has what a container did last after it ended, in the namespace it was in', async () => {
    const labels = new Map([['app', 'web']]);
    const end = containerEnd('web', '10.0.0.1', 'shop/web');
    const self = {
      ...end,
      container: {
        id: 'web-id',
        name: 'web',
        image: 'i',
        workload: 'shop/web',
        pod: { name: 'web-1', namespace: 'shop' },
      },
    };
    const flow = testFlow({ self }, { attempts: 1 });
    const { survey, of } = setUp([{ key: 'k', policyKey: 'k', flow }]);
    survey.met({ ...web, pod: pod('web-1', 'shop', labels) });
    survey.ended('web-id');
    await survey.close();
    expect(of('flow')).toMatchObject([
      {
        ...{ namespace: 'shop', workload: 'web-1' },
        body: { self: { container: { workload: 'shop/web', pod: { labels: { app: 'web' } } } } },
      },
    ]);
  });

  test('is told again after a look that failed, which is said once', async () => {
    const { survey, said } = setUp();
    survey.use({ flows: { sights: () => Promise.reject(new Error('the kernel is away')) } });
    await survey.look();
    await survey.look();
    expect(said).toEqual(['what runs here cannot be told to the server: the kernel is away']);
  });
});
