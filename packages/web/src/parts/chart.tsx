import { useComputedColorScheme } from '@mantine/core';
import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import type { Count } from '../api/types.js';
import { WEIGHT_COLOURS, type Weight, weightOf } from '../look/theme.js';
import { timeText } from './when.js';

use([BarChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

interface CountsProps {
  readonly label: string;
  readonly counts: readonly Count[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly spanMs: number;
}

const WEIGHTS: readonly Weight[] = ['critical', 'high', 'medium', 'low'];

/** How many over time, by how severe; the same as a sentence for who does not see it. */
export function Counts({ label, counts, fromMs, toMs, spanMs }: CountsProps) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    if (box.current === null) return;
    const chart = init(box.current, scheme === 'dark' ? 'dark' : undefined, { renderer: 'svg' });
    const first = Math.floor(fromMs / spanMs) * spanMs;
    const times = Array.from({ length: Math.ceil((toMs - first) / spanMs) }, (_, i) => first + i * spanMs);
    const of = (weight: Weight, at: number): number =>
      counts
        .filter((each) => each.atMs === at && weightOf(each.value) === weight)
        .reduce((sum, { count }) => sum + count, 0);
    chart.setOption({
      ...{ animation: false, backgroundColor: 'transparent' },
      grid: { left: 40, right: 8, top: 28, bottom: 24 },
      ...{
        legend: { top: 0, left: 0, itemWidth: 12 },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
      },
      xAxis: { type: 'category', data: times.map((at) => timeText(at).slice(5, 16)) },
      yAxis: { type: 'value', minInterval: 1 },
      series: WEIGHTS.map((weight) => ({
        ...{ type: 'bar', name: weight, stack: 'all', itemStyle: { color: WEIGHT_COLOURS[weight] } },
        data: times.map((at) => of(weight, at)),
      })),
    });
    const resize = new ResizeObserver(() => chart.resize());
    resize.observe(box.current);
    return () => {
      resize.disconnect();
      chart.dispose();
    };
  }, [counts, fromMs, toMs, spanMs, scheme]);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  return <div ref={box} role="img" aria-label={`${label}: ${total} in all`} style={{ height: 200 }} />;
}
