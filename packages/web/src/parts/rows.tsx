import { Table } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';

export interface Column<T> {
  readonly head: string;
  readonly width?: string;
  readonly cell: (item: T) => ReactNode;
}

interface RowsProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (item: T) => string;
  readonly open?: (item: T) => void;
  /** Asked for when the end comes near. */
  readonly more?: (() => void) | undefined;
  readonly height?: number | string;
}

const ROW_PX = 34;

/**
 * A table of any length, of which only what is seen is drawn. One tab stop: arrow keys, Page Up and Down, Home and End go
 * through the rows, Enter opens one.
 */
export function Rows<T>({
  label,
  items,
  columns,
  keyOf,
  open,
  more,
  height = 'calc(100vh - 220px)',
}: RowsProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const seen = rows.getVirtualItems();
  const last = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= items.length - 20) more?.();
  }, [last, items.length, more]);

  const step = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 300) / ROW_PX) - 2);
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const item = items[at];
    if (event.key === 'Enter' && item !== undefined) open?.(item);
    const to =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? items.length - 1
          : at + (moves[event.key] ?? Number.NaN);
    if (!Number.isFinite(to)) return;
    event.preventDefault();
    const next = Math.min(items.length - 1, Math.max(0, to));
    setAt(next);
    rows.scrollToIndex(next);
  };
  const before = seen[0]?.start ?? 0;
  const after = rows.getTotalSize() - (seen.at(-1)?.end ?? 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard
    <section ref={box} aria-label={label} tabIndex={0} onKeyDown={step} style={{ height, overflow: 'auto' }}>
      <Table
        stickyHeader
        highlightOnHover={open !== undefined}
        verticalSpacing={4}
        layout="fixed"
        aria-rowcount={items.length}
      >
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ head, width }) => (
              <Table.Th key={head} style={{ width }}>
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {before > 0 && <tr style={{ height: before }} aria-hidden />}
          {seen.map(({ index }) => {
            const item = items[index];
            if (item === undefined) return null;
            return (
              <Table.Tr
                key={keyOf(item)}
                aria-rowindex={index + 1}
                aria-selected={open === undefined ? undefined : index === at}
                onClick={() => {
                  setAt(index);
                  open?.(item);
                }}
                style={{
                  height: ROW_PX,
                  ...(open === undefined ? {} : { cursor: 'pointer' }),
                  ...(index === at && open !== undefined
                    ? { outline: '1px solid var(--mantine-primary-color-filled)' }
                    : {}),
                }}
              >
                {columns.map(({ head, cell }) => (
                  <Table.Td
                    key={head}
                    style={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
                  >
                    {cell(item)}
                  </Table.Td>
                ))}
              </Table.Tr>
            );
          })}
          {after > 0 && <tr style={{ height: after }} aria-hidden />}
        </Table.Tbody>
      </Table>
    </section>
  );
}
