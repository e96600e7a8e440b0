'use strict';
/* Two runs that met the same citizens: paired differences, and whether they are more than noise. */

const COMPARE_FIRST = ['cases_served', 'left_share', 'wait_mean_s', 'wait_p90_s',
  'served_within_promise', 'saturday_wait_mean_s', 'saturday_wait_p90_s', 'saturday_left_share',
  'saturday_within_promise', 'window_hours', 'utilisation', 'desk_on_time'];
const MOVED = ['better', 'worse', 'changed'];

/* {metric, before, after, difference, half, n, verdict} */
function pairOf(metric, row) {
  const [before, after, difference, half, n, verdict] = row;
  return {metric, before, after, difference, half, n, verdict};
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
  return h('span', {class: 'verdict ' + pair.verdict},
    h('span', {'aria-hidden': 'true'}, sign[pair.verdict] + ' '), t('verdict.' + pair.verdict));
}

function differenceText(pair) {
  return showUnit(pair.metric.unit, pair.difference, pair.half, true);
}

function pairCells(pair) {
  const {unit} = pair.metric;
  return [h('td', {}, showUnit(unit, pair.before, pair.half)), h('td', {}, showUnit(unit, pair.after, pair.half)),
    h('td', {}, differenceText(pair), ' ', h('small', {}, showHalf(unit, pair.difference, pair.half))),
    h('td', {}, pair.n > 0 ? String(pair.n) : DASH),
    h('td', {class: 'text'}, verdictMark(pair))];
}

function pairTable(caption, pairs) {
  return h('div', {class: 'scroll', tabindex: '0'}, h('table', {class: 'pairs'}, h('caption', {class: 'hidden'}, caption),
    h('thead', {}, h('tr', {}, h('th', {scope: 'col', class: 'text'}, t('all.figure')),
      ['before', 'after', 'difference', 'pairs'].map(key => h('th', {scope: 'col'}, t('compare.' + key))),
      h('th', {scope: 'col', class: 'text'}, t('compare.verdict')))),
    h('tbody', {}, pairs.map(pair => h('tr', {}, h('th', {scope: 'row', class: 'text', title: noteOf(pair.metric)},
      nameOf(pair.metric)), pairCells(pair))))));
}

/* One sentence for each figure that people ask for first, if it moved by more than noise. */
function compareSentences() {
  const moved = ['saturday_wait_p90_s', 'wait_p90_s', 'left_share', 'served_within_promise', 'window_hours']
    .map(cityPair).filter(pair => MOVED.includes(pair.verdict));
  if (moved.length === 0) return [t('compare.nothing')];
  return moved.map(pair => {
    const {unit} = pair.metric;
    return rich('compare.moved', {figure: nameOf(pair.metric), before: showUnit(unit, pair.before, pair.half),
      after: showUnit(unit, pair.after, pair.half), difference: differenceText(pair),
      half: showHalf(unit, pair.difference, pair.half), verdict: t('verdict.' + pair.verdict)});
  });
}

function compareColour(pair) {
  if (!MOVED.includes(pair.verdict)) return {style: 'background:#eef1f2;color:' + INK};
  const better = pair.verdict === 'better', share = Math.abs(pair.difference) / (Math.abs(pair.before) || 1);
  const step = share > 0.5 ? 2 : share > 0.2 ? 1 : 0;
  const colour = better ? RAMPS.promise[step] : RAMPS.promise[3 + step];
  return {style: `background:${colour};color:${colour === '#c65f1b' ? '#fff' : INK}`};
}

function compareTiles(key) {
  const rows = DATA.trades.map((trade, index) => h('div', {class: 'tile-row'}, h('h4', {}, nameOf(trade)),
    h('div', {}, hallsOfTrade(index).map(({hall}) => {
      const pair = hallPair(hall, key);
      return h('div', {class: 'tile' + (hall.level === 0 ? ' city' : ''), ...compareColour(pair),
        title: `${nameOf(hall)}: ${differenceText(pair)} ${showHalf(pair.metric.unit, pair.difference, pair.half)} ${t('verdict.' + pair.verdict)}`},
      h('span', {}, nameOf(hall)), h('b', {}, show(pair.metric.unit, pair.difference, pair.half, true)));
    }))));
  return h('div', {class: 'tiles'}, rows);
}

function compareHalls(parent) {
  const keys = ['saturday_wait_p90_s', 'wait_p90_s', 'left_share', 'within_promise', 'utilisation']
    .filter(key => DATA.halls.some(hall => known(hallPair(hall, key).difference)));
  if (keys.length === 0 || DATA.halls.length < 2) return;
  const holder = h('div');
  const draw = key => {
    const pair = hall => hallPair(hall, key), {unit} = METRICS.hall[key];
    const moved = verdict => DATA.halls.filter(hall => pair(hall).verdict === verdict).length;
    holder.replaceChildren(
      h('p', {class: 'note'}, t('compare.count', {better: moved('better'), worse: moved('worse'),
        changed: moved('changed'), rest: DATA.halls.length - moved('better') - moved('worse') - moved('changed')})),
      h('ul', {class: 'legend'}, h('li', {class: 'words'}, unitText(unit)),
        [[RAMPS.promise[1], 'verdict.better'], ['#eef1f2', 'compare.flat'], [RAMPS.promise[4], 'verdict.worse']]
          .map(([colour, text]) => h('li', {}, h('i', {style: 'background:' + colour}), t(text)))),
      compareTiles(key),
      sortTable({caption: t('compare.halls'), rows: DATA.halls, sort: 4, down: METRICS.hall[key].better === 'higher', columns: [
        {head: t('table.hall'), text: true, value: nameOf},
        {head: t('table.trade'), text: true, value: hall => nameOf(DATA.trades[hall.trade])},
        {head: t('compare.before'), value: hall => pair(hall).before, cell: hall => showUnit(unit, pair(hall).before, pair(hall).half)},
        {head: t('compare.after'), value: hall => pair(hall).after, cell: hall => showUnit(unit, pair(hall).after, pair(hall).half)},
        {head: t('compare.difference'), value: hall => pair(hall).difference,
          cell: hall => h('span', {}, differenceText(pair(hall)), ' ', h('small', {}, showHalf(unit, pair(hall).difference, pair(hall).half)))},
        {head: t('compare.verdict'), text: true, value: hall => t('verdict.' + pair(hall).verdict), cell: hall => verdictMark(pair(hall))}]}));
  };
  parent.append(h('h3', {}, t('compare.halls')), h('p', {class: 'note'}, t('compare.halls.note')),
    h('div', {class: 'controls'}, choice(t('filter.metric'), keys.map(key => [key, nameOf(METRICS.hall[key])]), keys[0], draw)), holder);
  draw(keys[0]);
}

function compareSection(parent) {
  const compare = DATA.compare;
  if (!compare) return false;
  const side = (label, run) => h('div', {}, h('dt', {}, label), h('dd', {}, h('b', {}, runName(run)), h('code', {}, run.command)));
  parent.append(h('p', {class: 'intro'}, t('compare.note', {n: compare.pairs})),
    h('dl', {class: 'sides'}, side(t('compare.before'), compare.run), side(t('compare.after'), DATA.run)));
  if (!compare.same_demand) parent.append(h('p', {class: 'warning'}, t('compare.demand')));
  if (compare.pairs < 2) parent.append(h('p', {class: 'warning'}, t('compare.one')));
  parent.append(h('ul', {class: 'lead'}, compareSentences().map(sentence => h('li', {}, sentence))));
  const pairs = DATA.metrics.city.map(metric => cityPair(metric.key)).filter(pair => pair.n > 0);
  parent.append(pairTable(t('compare.title'), pairs.filter(pair => COMPARE_FIRST.includes(pair.metric.key))),
    h('details', {class: 'all'}, h('summary', {}, t('compare.all', {n: pairs.length})), pairTable(t('compare.title'), pairs)));
  compareHalls(parent);
  return true;
}
