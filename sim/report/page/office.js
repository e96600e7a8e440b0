'use strict';
/* The back office, ratings and follow-ups, and how the figures came about. */

const SCORE_COLOURS = ['#b0521a', '#e8944a', '#dfe5e8', '#86bad1', '#2f6f8f'];
const AGE_COLOURS = ['#dfeaf0', '#b5d2df', '#f6cd9c', '#e8944a', '#b0521a'];

function ageNames() {
  const edges = DATA.desks.ages;
  return edges.map((edge, index) =>
    index + 1 < edges.length
      ? t('desks.age', {from: edge, to: edges[index + 1]})
      : t('desks.age.last', {from: edge}),
  );
}

function ageFigure() {
  const names = ageNames();
  const rows = DATA.desks.rows
    .filter(desk => sum(desk.ages) > 0)
    .sort((a, b) => sum(a.ages) - sum(b.ages));
  if (rows.length === 0) return null;
  const colour = index => AGE_COLOURS[Math.round((index * 4) / Math.max(1, names.length - 1))];
  return figure({
    title: t('desks.ageing'),
    note: t('desks.ageing.note'),
    height: 70 + 30 * rows.length,
    wide: true,
    label: t('desks.ageing'),
    table: {
      head: [t('table.desk'), ...names],
      rows: [...rows]
        .reverse()
        .map(desk => [nameOf(desk), ...desk.ages.map(count => show('count', count))]),
    },
    option: {
      xAxis: axis({type: 'value'}),
      yAxis: axis({
        type: 'category',
        data: rows.map(nameOf),
        splitLine: {show: false},
        axisLabel: {color: INK, fontSize: 13},
      }),
      tooltip: {
        formatter: axisTip(items =>
          tip(
            items[0].name,
            items.map(item => [item.color, item.seriesName, show('count', item.value)]),
          ),
        ),
      },
      series: names.map((name, index) => ({
        name,
        type: 'bar',
        stack: 'age',
        barWidth: '62%',
        itemStyle: {color: colour(index)},
        data: rows.map(desk => desk.ages[index]),
      })),
    },
  });
}

function desksSection(parent) {
  const rows = DATA.desks.rows;
  if (rows.length === 0) return false;
  const latest = Math.max(
    1e-9,
    ...rows.map(desk => 1 - (pick('desk', 'on_time_share', desk.figures).value ?? 1)),
  );
  const column = (key, options) => metricColumn('desk', key, desk => desk.figures, options);
  const keys = [
    ['tasks'],
    ['on_time_share', {bar: latest, rest: true}],
    ['overdue'],
    ['returned'],
    ['sojourn_mean_h'],
    ['sojourn_p90_h'],
    ['utilisation', {bar: 1}],
    ['backlog_at_end'],
  ].filter(([key]) => rows.some(desk => known(pick('desk', key, desk.figures).value)));
  const onTime = keys.findIndex(([key]) => key === 'on_time_share');
  parent.append(
    h('p', {class: 'intro'}, t('desks.note')),
    sortTable({
      caption: t('desks.title'),
      rows,
      sort: onTime < 0 ? 0 : 2 + onTime,
      down: false,
      columns: [
        {head: t('table.desk'), text: true, value: nameOf},
        {head: t('table.approvers'), value: desk => desk.approvers},
        ...keys.map(([key, options]) => column(key, options)),
      ],
    }),
  );
  place(parent, ageFigure());
  return true;
}

/* A bar that is split in parts: [label, count, colour]. */
function splitBar(title, note, parts) {
  const total = sum(parts.map(part => part[1]));
  if (total === 0) return null;
  return h(
    'figure',
    {},
    h('figcaption', {}, h('h3', {}, title), h('p', {class: 'note'}, note)),
    h(
      'div',
      {class: 'split-bar', 'aria-hidden': 'true'},
      parts.map(([, count, colour]) =>
        h('i', {style: `flex:${(count / total).toFixed(5)};background:${colour}`}),
      ),
    ),
    h(
      'table',
      {class: 'parts'},
      h('caption', {class: 'hidden'}, title),
      h(
        'tbody',
        {},
        parts.map(([label, count, colour]) =>
          h(
            'tr',
            {},
            h('th', {scope: 'row', class: 'text'}, h('i', {style: 'background:' + colour}), label),
            h('td', {}, show('count', count)),
            h('td', {}, digits((100 * count) / total, 2) + '%'),
          ),
        ),
      ),
    ),
  );
}

/* Nothing to show where nobody is asked: the last of counts is those who were not rated. */
function ratingsSection(parent) {
  const {scores, counts} = DATA.rating;
  if (sum(counts.slice(0, 2)) === 0) return false;
  const figures = [
    splitBar(
      t('ratings.scores'),
      t('ratings.scores.note'),
      [4, 3, 2, 1, 0]
        .map(index => [t('score.' + (index + 1)), scores[index] ?? 0, SCORE_COLOURS[index]])
        .filter(part => known(part[1])),
    ),
    splitBar(
      t('ratings.how'),
      t('ratings.how.note'),
      counts.map((count, index) => [
        t('rated.' + index),
        count ?? 0,
        ['#2f6f8f', '#86bad1', '#dfe5e8'][index],
      ]),
    ),
    splitBar(
      t('ratings.followups'),
      t('ratings.followups.note'),
      ['followups_done', 'followups_missed', 'rest'].map((key, index) => [
        t('followup.' + index),
        key === 'rest'
          ? Math.max(
              0,
              city('followups_due').value -
                city('followups_done').value -
                city('followups_missed').value,
            )
          : (city(key).value ?? 0),
        ['#2f6f8f', '#e8944a', '#dfe5e8'][index],
      ]),
    ),
  ].filter(Boolean);
  if (figures.length === 0) return false;
  parent.append(h('p', {class: 'intro'}, t('ratings.note')), h('div', {class: 'thirds'}, figures));
  return true;
}

/* arrived = served + left + expired + refused + still there: of the city and of every hall. */
function accountCheck() {
  const parts = ['served', 'left', 'expired', 'refused', 'open_at_end'];
  const gap = (arrived, list) => arrived - sum(list);
  const cityGap = gap(
    city('cases_arrived').value,
    parts.map(part => city('cases_' + part).value),
  );
  const wrong = DATA.halls.filter(
    hall =>
      Math.abs(
        gap(
          hallFigure(hall, 'arrived').value,
          parts.map(part => hallFigure(hall, part).value),
        ),
      ) > 0.05,
  );
  if (!known(city('cases_served').value)) return null;
  const right = Math.abs(cityGap) <= 0.05 && wrong.length === 0;
  return h(
    'p',
    {class: right ? 'check' : 'warning'},
    right
      ? t('account.right', {halls: DATA.halls.length})
      : t('account.wrong', {
          gap: digits(cityGap, 1),
          halls: wrong.map(nameOf).join(t('say.comma')) || DASH,
        }),
  );
}

function assumptionList(mark) {
  const rows = DATA.assumptions.filter(row => row.mark === mark);
  return rows.length === 0
    ? null
    : h(
        'div',
        {class: 'assumed'},
        h('h3', {}, h('span', {class: 'mark ' + mark}, mark), ' ', t('assumed.' + mark)),
        h(
          'ul',
          {},
          rows.map(row => h('li', {}, nameOf(row))),
        ),
      );
}

function commandBlock(label, run) {
  const code = h('code', {}, run.command);
  return h(
    'div',
    {class: 'command'},
    h('h4', {}, label),
    h('pre', {tabindex: '0'}, code),
    h(
      'dl',
      {},
      [
        ['seed.word', run.seed],
        ['state_hash', run.state_hash],
        ['version', run.version],
      ].map(([key, value]) =>
        h('div', {}, h('dt', {}, t('run.' + key)), h('dd', {}, h('code', {}, value))),
      ),
    ),
  );
}

function methodSection(parent) {
  const reading = ['interval', 'paired', 'censored', 'promise', 'slots', 'scope'].map(key =>
    h('li', {}, h('b', {}, t('reading.' + key + '.head')), ' ', t('reading.' + key)),
  );
  parent.append(
    accountCheck() ?? '',
    h('div', {class: 'reading'}, h('h3', {}, t('reading.title')), h('ul', {}, reading)),
    ...['P', 'A'].map(assumptionList).filter(Boolean),
    h('h3', {}, t('reproduce.title')),
    h('p', {class: 'note'}, t('reproduce.note')),
    DATA.compare ? commandBlock(t('compare.before'), DATA.compare.run) : '',
    commandBlock(t(DATA.compare ? 'compare.after' : 'reproduce.this'), DATA.run),
  );
  return true;
}
