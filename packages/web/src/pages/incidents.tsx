import { SegmentedControl } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ListedIncident, useIncidents } from '../api/queries.js';
import { Asked, Nothing } from '../parts/asked.js';
import { type Column, Rows } from '../parts/rows.js';
import { Severity } from '../parts/severity.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';
import { OPEN } from './overview.js';

const COLUMNS: readonly Column<ListedIncident>[] = [
  { head: 'Severity', width: '92px', cell: ({ incident }) => <Severity word={incident.severity} /> },
  { head: 'State', width: '110px', cell: ({ incident }) => incident.state },
  { head: 'What', cell: ({ incident }) => incident.title },
  { head: 'Workload', width: '18%', cell: ({ incident }) => incident.workloads.join(', ') },
  { head: 'Node', width: '14%', cell: ({ record }) => `${record.node} (${record.cluster})` },
  { head: 'Detections', width: '92px', cell: ({ incident }) => incident.count },
  { head: 'Last', width: '170px', cell: ({ incident }) => <When ms={incident.lastMs} /> },
];

export function Incidents() {
  const incidents = useIncidents();
  const navigate = useNavigate();
  const { show } = useSearch({ from: '/incidents' });
  const choice = (
    <SegmentedControl
      aria-label="Which incidents"
      size="xs"
      data={[
        { value: 'open', label: 'Open' },
        { value: 'all', label: 'All' },
      ]}
      value={show ?? 'open'}
      onChange={(value) =>
        void navigate({ to: '/incidents', search: { show: value === 'all' ? 'all' : 'open' } })
      }
    />
  );
  return (
    <>
      <PageTitle beside={choice}>Incidents</PageTitle>
      <Asked of={incidents}>
        {(all) => {
          const shown = show === 'all' ? all : all.filter(({ incident }) => OPEN.has(incident.state));
          return shown.length === 0 ? (
            <Nothing>{show === 'all' ? 'There has been no incident.' : 'No incident is open.'}</Nothing>
          ) : (
            <Rows
              label="Incidents"
              items={shown}
              columns={COLUMNS}
              keyOf={({ incident }) => incident.id}
              open={({ incident }) => void navigate({ to: `/incidents/${incident.id}` })}
            />
          );
        }}
      </Asked>
    </>
  );
}
