import { isInTime, scoreTabletop, spanText, type TabletopRecord } from '@runward/drill';
import { escapeHtml, htmlPage, htmlSection, htmlTable, numberColumn } from '../html-page.js';
import { barChart } from './svg-charts.js';

/** The after-action report as a page that needs nothing else. */
export function afterActionHtml(record: TabletopRecord): string {
  const { decisions, participants, aims, debrief } = record;
  const { ratings, inTime, medianMs, totalMs } = scoreTabletop(record);
  const figures: (readonly [string, string])[] = [
    ['Exercise', record.id],
    ['From', record.startedAt],
    ['To', `${record.endedAt}${record.isComplete ? '' : ' (broken off)'}`],
    ['Participants', participants.join(', ') || 'not named'],
    ['Decisions', `${ratings.good} good, ${ratings.fair} fair, ${ratings.poor} poor`],
    ['In time', `${inTime} of ${decisions.length}`],
    [
      'Time to decide',
      medianMs === undefined ? '-' : `${spanText(totalMs)} in all, ${spanText(medianMs)} in the middle`,
    ],
  ];
  const bars = decisions.map(({ title, tookMs, withinMs }) => ({
    ...{ label: title, value: tookMs / 1000, of: Math.max(tookMs, withinMs) / 1000 },
    text: spanText(tookMs),
  }));
  const columns = [
    ...[{ title: 'Scene' }, { title: 'At (UTC)' }, { title: 'Decision' }, { title: 'Rating' }],
    ...[numberColumn('Took'), numberColumn('Should take'), { title: 'What came of it, and the lesson' }],
  ];
  const rows = decisions.map((each) => [
    escapeHtml(each.title),
    escapeHtml(each.at.slice(11, 19)),
    `${escapeHtml(each.ask)} <strong>${escapeHtml(each.chosen)}</strong>`,
    `<span class="${each.rating === 'good' ? 'new' : each.rating === 'poor' ? 'gone' : 'soft'}">${each.rating}</span>`,
    spanText(each.tookMs),
    `${spanText(each.withinMs)}${isInTime(each) ? '' : ' (over)'}`,
    [each.effect, each.lesson, ...each.notes.map((note) => `Note: ${note}`)]
      .filter((text) => text !== '')
      .map((text) => `<p>${escapeHtml(text)}</p>`)
      .join(''),
  ]);
  const body = [
    htmlTable(
      'What the exercise comes to',
      [{ title: 'Figure' }, { title: 'Value' }],
      figures.map(([name, value]) => [escapeHtml(name), escapeHtml(value)]),
    ),
    htmlSection('Aims', aims.map((aim) => `<p>${escapeHtml(aim)}</p>`).join('')),
    htmlSection('Time to decide', barChart('Time of each decision, within the time it should take', bars)),
    htmlSection('Decisions', rows.length === 0 ? '' : htmlTable('Decisions in their order', columns, rows)),
    htmlSection(
      'Debrief',
      debrief
        .map(
          ({ question, answer }) =>
            `<h3>${escapeHtml(question)}</h3><p>${escapeHtml(answer || 'no answer')}</p>`,
        )
        .join(''),
    ),
  ];
  return htmlPage(`After-action report: ${record.title}`, body.join('\n'));
}
