'use strict';
/* Two runs that met the same citizens: paired differences, and whether they are real. */

const COMPARE_FIRST = [
  'cases_served',
  'left_share',
  'wait_mean_s',
  'wait_p90_s',
  'served_within_promise',
  'saturday_wait_mean_s',
  'saturday_wait_p90_s',
  'saturday_left_share',
  'saturday_within_promise',
  'window_hours',
  'utilisation',
  'desk_on_time',
];
const COMPARE_HALLS = [
  'saturday_wait_p90_s',
  'wait_p90_s',
  'left_share',
  'within_promise',
  'utilisation',
];
const MOVED = ['better', 'worse', 'changed'];

/* {metric, before, after, difference, half, n, verdict} */
function pairOf(metric, row) {
  const [before, after, difference, half, n, verdict] = row;
  return {metric, before, after, difference, half, n, verdict};
}

/* A day type's figure says nothing new where all days are of that type. */
function saysMore(key) {
  return daysKnown().length > 1 || !DAYS.some(day => key.startsWith(day + '_'));
}

function cityPair(key) {
  const metric = METRICS.city[key];
  return pairOf(metric, DATA.compare.city[metric.index]);
}

function hallPair(hall, key) {
  const metric = METRICS.hall[key];
  return pairOf(metric, DATA.compare.halls[DATA.halls.indexOf(hall)][metric.index]);
}

function verdictMark(pair) {
  const sign = {better: '▲', worse: '▼', changed: '◆', noise: '≈', same: '=', unknown: '?'};
  return h(
    'span',
    {class: 'verdict ' + pair.verdict},
    h('span', {'aria-hidden': 'true'}, sign[pair.verdict] + ' '),
    t('verdict.' + pair.verdict),
  );
}

/* The difference of two shares is in points, not in per cent. */
function differenceText(pair) {
  const {unit} = pair.metric;
  if (unit !== 'share') return showUnit(unit, pair.difference, pair.half, true);
  return show(unit, pair.difference, pair.half, true) + '\u202f' + t('unit.points');
}

function halfText({metric, difference, half}) {
  return showHalf(metric.unit, difference, half);
}

/* The difference, and its interval in small. */
function differenceNodes(pair) {
  return h('span', {}, differenceText(pair), ' ', h('small', {}, halfText(pair)));
}

function pairCells(pair) {
  const {unit} = pair.metric;
  return [
    h('td', {}, showUnit(unit, pair.before, pair.half)),
    h('td', {}, showUnit(unit, pair.after, pair.half)),
    h(
      'td',
      {},
      differenceText(pair),
      ' ',
      h('small', {}, showHalf(unit, pair.difference, pair.half)),
    ),
    h('td', {}, pair.n > 0 ? String(pair.n) : DASH),
    h('td', {class: 'text'}, verdictMark(pair)),
  ];
}

function pairTable(caption, pairs) {
  return h(
    'div',
    {class: 'scroll', tabindex: '0'},
    h(
      'table',
      {class: 'pairs'},
      h('caption', {class: 'hidden'}, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', {scope: 'col', class: 'text'}, t('all.figure')),
          ['before', 'after', 'difference', 'pairs'].map(key =>
            h('th', {scope: 'col'}, t('compare.' + key)),
          ),
          h('th', {scope: 'col', class: 'text'}, t('compare.verdict')),
        ),
      ),
      h(
        'tbody',
        {},
        pairs.map(pair =>
          h(
            'tr',
            {},
            h(
              'th',
              {scope: 'row', class: 'text', title: noteOf(pair.metric)},
              nameOf(pair.metric),
            ),
            pairCells(pair),
          ),
        ),
      ),
    ),
  );
}

/* One sentence for each figure that people ask for first, if it moved by more than noise. */
function compareSentences() {
  const moved = [
    'saturday_wait_p90_s',
    'wait_p90_s',
    'left_share',
    'served_within_promise',
    'window_hours',
  ]
    .filter(saysMore)
    .map(cityPair)
    .filter(pair => MOVED.includes(pair.verdict));
  if (moved.length === 0) return [t('compare.nothing')];
  return moved.map(pair => {
    const {unit} = pair.metric;
    return rich('compare.moved', {
      figure: nameOf(pair.metric),
      before: showUnit(unit, pair.before, pair.half),
      after: showUnit(unit, pair.after, pair.half),
      difference: differenceText(pair),
      half: showHalf(unit, pair.difference, pair.half),
      verdict: t('moved.' + pair.verdict),
    });
  });
}

function compareColour(pair) {
  if (!MOVED.includes(pair.verdict)) return {style: 'background:#eef1f2;color:' + INK};
  const better = pair.verdict === 'better',
    share = Math.abs(pair.difference) / (Math.abs(pair.before) || 1);
  const step = share > 0.5 ? 2 : share > 0.2 ? 1 : 0;
  const colour = better ? RAMPS.promise[step] : RAMPS.promise[3 + step];
  return {style: `background:${colour};color:${colour === '#c65f1b' ? '#fff' : INK}`};
}

function compareTiles(key) {
  const rows = DATA.trades.map((trade, index) =>
    h(
      'div',
      {class: 'tile-row'},
      h('h4', {}, nameOf(trade)),
      h(
        'div',
        {},
        hallsOfTrade(index).map(({hall}) => {
          const pair = hallPair(hall, key);
          return h(
            'div',
            {
              class: 'tile' + (hall.level === 0 ? ' city' : ''),
              ...compareColour(pair),
              title: [nameOf(hall), differenceText(pair), halfText(pair)].join(' '),
            },
            h('span', {}, nameOf(hall)),
            h('b', {}, show(pair.metric.unit, pair.difference, pair.half, true)),
          );
        }),
      ),
    ),
  );
  return h('div', {class: 'tiles'}, rows);
}

/* How many halls moved which way, and what the colours mean. */
function compareLegend(key) {
  const verdicts = DATA.halls.map(hall => hallPair(hall, key).verdict);
  const count = verdict => verdicts.filter(one => one === verdict).length;
  const [better, worse, changed] = MOVED.map(count);
  const rest = verdicts.length - better - worse - changed;
  const colours = [
    [RAMPS.promise[1], 'verdict.better'],
    ['#eef1f2', 'compare.flat'],
    [RAMPS.promise[4], 'verdict.worse'],
  ];
  return [
    h('p', {class: 'note'}, t('compare.count', {better, worse, changed, rest})),
    h(
      'ul',
      {class: 'legend'},
      h('li', {class: 'words'}, unitText(METRICS.hall[key].unit)),
      colours.map(([colour, text]) =>
        h('li', {}, h('i', {style: 'background:' + colour}), t(text)),
      ),
    ),
  ];
}

function compareTable(key) {
  const {unit, better} = METRICS.hall[key];
  const pair = hall => hallPair(hall, key);
  const side = name => ({
    head: t('compare.' + name),
    value: hall => pair(hall)[name],
    cell: hall => showUnit(unit, pair(hall)[name], pair(hall).half),
  });
  const columns = [
    {head: t('table.hall'), text: true, value: nameOf},
    {head: t('table.trade'), text: true, value: hall => nameOf(DATA.trades[hall.trade])},
    side('before'),
    side('after'),
    {
      head: t('compare.difference'),
      value: hall => pair(hall).difference,
      cell: hall => differenceNodes(pair(hall)),
    },
    {
      head: t('compare.verdict'),
      text: true,
      value: hall => t('verdict.' + pair(hall).verdict),
      cell: hall => verdictMark(pair(hall)),
    },
  ];
  const caption = t('compare.halls');
  return sortTable({caption, rows: DATA.halls, sort: 4, down: better === 'higher', columns});
}

function compareHalls(parent) {
  const keys = COMPARE_HALLS.filter(saysMore).filter(key =>
    DATA.halls.some(hall => known(hallPair(hall, key).difference)),
  );
  if (keys.length === 0 || DATA.halls.length < 2) return;
  const holder = h('div');
  const draw = key =>
    holder.replaceChildren(...compareLegend(key), compareTiles(key), compareTable(key));
  const options = keys.map(key => [key, nameOf(METRICS.hall[key])]);
  parent.append(
    h('h3', {}, t('compare.halls')),
    h('p', {class: 'note'}, t('compare.halls.note')),
    h('div', {class: 'controls'}, choice(t('filter.metric'), options, keys[0], draw)),
    holder,
  );
  draw(keys[0]);
}

function compareSection(parent) {
  const compare = DATA.compare;
  if (!compare) return false;
  const side = (label, run) =>
    h(
      'div',
      {},
      h('dt', {}, label),
      h('dd', {}, h('b', {}, runName(run)), h('code', {}, run.command)),
    );
  parent.append(
    h(
      'p',
      {class: 'intro'},
      compare.same_demand ? t('compare.same') + ' ' : '',
      t('compare.note', {n: compare.pairs}),
    ),
    h(
      'dl',
      {class: 'sides'},
      side(t('compare.before'), compare.run),
      side(t('compare.after'), DATA.run),
    ),
  );
  if (!compare.same_demand) parent.append(h('p', {class: 'warning'}, t('compare.demand')));
  if (compare.pairs < 2) parent.append(h('p', {class: 'warning'}, t('compare.one')));
  parent.append(
    h(
      'ul',
      {class: 'lead'},
      compareSentences().map(sentence => h('li', {}, sentence)),
    ),
  );
  const pairs = DATA.metrics.city
    .filter(metric => saysMore(metric.key))
    .map(metric => cityPair(metric.key))
    .filter(pair => pair.n > 0);
  parent.append(
    pairTable(
      t('compare.title'),
      pairs.filter(pair => COMPARE_FIRST.includes(pair.metric.key)),
    ),
    h(
      'details',
      {class: 'all'},
      h('summary', {}, t('compare.all', {n: pairs.length})),
      pairTable(t('compare.title'), pairs),
    ),
  );
  compareHalls(parent);
  return true;
}
