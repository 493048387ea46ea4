import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { COVERAGE_MODES } from './api/workloads.js';
import { SHOWN } from './network/verdicts.js';
import { Changes } from './pages/changes.js';
import { Detections } from './pages/detections.js';
import { Document } from './pages/document.js';
import { Documents } from './pages/documents.js';
import { Evidence } from './pages/evidence.js';
import { Fleet } from './pages/fleet.js';
import { Incident } from './pages/incident.js';
import { Incidents } from './pages/incidents.js';
import { isSpan, Network } from './pages/network.js';
import { Overview } from './pages/overview.js';
import { People } from './pages/people.js';
import { Reports } from './pages/reports.js';
import { Settings } from './pages/settings.js';
import { Tokens } from './pages/tokens.js';
import { Trust } from './pages/trust.js';
import { Workloads } from './pages/workloads.js';
import { Nothing } from './parts/asked.js';
import { Frame } from './parts/frame.js';

const root = createRootRoute({
  component: Frame,
  notFoundComponent: () => <Nothing>There is no such page.</Nothing>,
});
const at = <P extends string>(path: P, component: () => React.ReactNode) =>
  createRoute({ getParentRoute: () => root, path, component });

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

const incidents = createRoute({
  getParentRoute: () => root,
  path: '/incidents',
  component: Incidents,
  validateSearch: ({
    show,
    filter,
  }: Record<string, unknown>): { show?: 'open' | 'all'; filter?: string } => ({
    ...{ show: show === 'all' ? 'all' : 'open' },
    ...(text(filter) === undefined ? {} : { filter: text(filter) ?? '' }),
  }),
});

/** All of a view is in its address, so that it can be handed on. */
const detections = createRoute({
  getParentRoute: () => root,
  path: '/detections',
  component: Detections,
  validateSearch: (search: Record<string, unknown>) => ({
    priority: text(search.priority),
    rule: text(search.rule),
    namespace: text(search.namespace),
    workload: text(search.workload),
    container: text(search.container),
    node: text(search.node),
    filter: text(search.filter),
  }),
});

const network = createRoute({
  getParentRoute: () => root,
  path: '/network',
  component: Network,
  validateSearch: (search: Record<string, unknown>) => ({
    span: isSpan(search.span) ? search.span : undefined,
    verdict: SHOWN.find((each) => each === search.verdict),
    cluster: text(search.cluster),
    namespace: text(search.namespace),
    edge: text(search.edge),
  }),
});

const workloads = createRoute({
  getParentRoute: () => root,
  path: '/workloads',
  component: Workloads,
  validateSearch: (search: Record<string, unknown>) => ({
    mode: COVERAGE_MODES.find((each) => each === search.mode),
    find: text(search.find),
    workload: text(search.workload),
  }),
});

const evidence = createRoute({
  getParentRoute: () => root,
  path: '/evidence',
  component: Evidence,
  validateSearch: (search: Record<string, unknown>) => ({ kind: text(search.kind), text: text(search.text) }),
});

const reports = createRoute({
  getParentRoute: () => root,
  path: '/reports',
  component: Reports,
  validateSearch: ({ days }: Record<string, unknown>): { days?: string } =>
    ['1', '7', '30', '90'].includes(String(days)) ? { days: String(days) } : {},
});

const tree = root.addChildren([
  at('/', Overview),
  incidents,
  at('/incidents/$id', Incident),
  detections,
  workloads,
  network,
  at('/trust', Trust),
  at('/documents', Documents),
  at('/documents/$id', Document),
  at('/fleet', Fleet),
  at('/people', People),
  at('/tokens', Tokens),
  at('/settings', Settings),
  evidence,
  reports,
  at('/changes', Changes),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: false });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
