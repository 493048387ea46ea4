import { SegmentedControl } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ListedIncident, useIncidents } from '../api/queries.js';
import { Asked, Nothing } from '../parts/asked.js';
import { FilterBox, filterFaultOf } from '../parts/filter-box.js';
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
  const navigate = useNavigate();
  const search = useSearch({ from: '/incidents' });
  const { show = 'open', filter } = search;
  const incidents = useIncidents({ filter, ...(show === 'all' ? {} : { state: OPEN }) });
  const choice = (
    <SegmentedControl
      aria-label="Which incidents"
      size="xs"
      data={[
        { value: 'open', label: 'Open' },
        { value: 'all', label: 'All' },
      ]}
      value={show}
      onChange={(value) =>
        void navigate({ to: '/incidents', search: { ...search, show: value === 'all' ? 'all' : 'open' } })
      }
    />
  );
  return (
    <>
      <PageTitle beside={choice}>Incidents</PageTitle>
      <FilterBox
        value={filter}
        set={(value) =>
          void navigate({
            to: '/incidents',
            search: { show, ...(value && { filter: value }) },
            replace: true,
          })
        }
        error={incidents.error}
        example="incident.severity in (critical, high) and not incident.assignee exists"
      />
      {filterFaultOf(incidents.error) === undefined && (
        <Asked of={incidents}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            if (items.length === 0)
              return (
                <Nothing>
                  {filter !== undefined
                    ? 'Nothing fits.'
                    : show === 'all'
                      ? 'There has been no incident.'
                      : 'No incident is open.'}
                </Nothing>
              );
            return (
              <Rows
                label="Incidents"
                items={items}
                columns={COLUMNS}
                keyOf={({ incident, record }) => `${record.nodeId} ${incident.id}`}
                open={({ incident }) => void navigate({ to: `/incidents/${incident.id}` })}
                more={
                  incidents.hasNextPage && !incidents.isFetchingNextPage
                    ? () => void incidents.fetchNextPage()
                    : undefined
                }
              />
            );
          }}
        </Asked>
      )}
    </>
  );
}
