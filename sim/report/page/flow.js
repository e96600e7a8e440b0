'use strict';
/* How long people wait, how busy the windows are, who leaves and when. */

/* Counts up to x seconds, people spread evenly inside a bin; the open last bin counts at its
 * lower edge. */
function countUpTo(edges, counts, x) {
  let total = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const from = edges[bin],
      to = edges[bin + 1];
    if (from >= x) break;
    const part = to === null ? 1 : Math.min(1, (x - from) / (to - from));
    total += (counts[bin] ?? 0) * part;
  }
  return total;
}

/* The wait that a share of people does not exceed, from the same bins. */
function waitOfShare(edges, counts, share) {
  const goal = share * sum(counts);
  let below = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const here = counts[bin] ?? 0;
    if (below + here >= goal && here > 0) {
      const from = edges[bin],
        to = edges[bin + 1] ?? from;
      return from + ((to - from) * (goal - below)) / here;
    }
    below += here;
  }
  return edges[0] ?? 0;
}

/* A row of a histogram: [from, to, share of day 0, ...]. */
function shareRow(waits, kind, days, from, to) {
  const share = counts =>
    (countUpTo(waits.edges, counts, to) - countUpTo(waits.edges, counts, from)) /
    (sum(counts) || 1);
  return [from, to, ...days.map(day => share(waits[kind][day]))];
}

/* Shares of people in equal steps: {step, rows, fine}; in seconds where nearly all waits are
 * short. `fine` has the bins of the first minute, which a step of minutes hides. */
function evenSteps(waits, kind, days) {
  const longest = Math.max(
    60,
    ...days.map(day => waitOfShare(waits.edges, waits[kind][day], 0.95)),
  );
  const step =
    longest <= 120 ? 10 : longest <= 600 ? 30 : Math.max(60, niceStep(longest / 60 / 40) * 60);
  const rows = [],
    fine = [];
  for (let from = 0; from < longest; from += step)
    rows.push(shareRow(waits, kind, days, from, from + step));
  const firsts = waits.edges.filter(edge => edge !== null && edge <= 60);
  if (step >= 60 && firsts.length > 2)
    for (let i = 0; i + 1 < firsts.length; i++)
      fine.push(shareRow(waits, kind, days, firsts[i], firsts[i + 1]));
  return {step, rows, fine};
}

/* "3–4 min", "10–20 s". */
function span(from, to) {
  return from % 60 || to % 60
    ? `${from}–${to} ${t('unit.seconds')}`
    : `${from / 60}–${to / 60} ${t('unit.minutes')}`;
}

/* Rectangles of a histogram on a minutes axis: data is [from, to, height]. */
function histogramSeries(name, data, colour, index, count) {
  return {
    name,
    type: 'custom',
    data,
    encode: {x: [0, 1], y: 2},
    itemStyle: {color: colour},
    renderItem: (params, api) => {
      const [x0, y0] = api.coord([api.value(0), api.value(2)]);
      const [x1, y1] = api.coord([api.value(1), 0]);
      const width = ((x1 - x0) * 0.86) / count,
        x = x0 + (x1 - x0) * 0.07 + index * width;
      return {
        type: 'rect',
        shape: {x, y: y0, width: Math.max(1, width - 0.5), height: y1 - y0},
        style: {fill: colour},
      };
    },
  };
}

function trimmedPercent(value) {
  return digits(value, value < 10 && value > 0 ? 1 : 0);
}

function stepText(step) {
  return step < 60 ? `${step} ${t('unit.seconds')}` : `${step / 60} ${t('unit.minutes')}`;
}

function stepTable(rows, days) {
  return {
    head: [t('table.waited'), ...days.map(dayName)],
    rows: rows.map(([from, to, ...shares]) => [
      span(from, to),
      ...shares.map(share => digits(100 * share, 2) + '%'),
    ]),
  };
}

function histogramFigure(kind, title, note) {
  const days = daysKnown().filter(day => sum(DATA.waits[kind][day]) > 0);
  if (days.length === 0) return null;
  const {step, rows, fine} = evenSteps(DATA.waits, kind, days);
  const promise = DATA.run.promise_s;
  const series = days.map((day, index) =>
    histogramSeries(
      dayName(day),
      rows.map(row => [row[0] / 60, row[1] / 60, 100 * row[2 + index]]),
      DAY_COLOUR[day],
      index,
      days.length,
    ),
  );
  const last = rows.at(-1)[1];
  if (kind === 'called' && promise && promise < last)
    series[0].markLine = {
      symbol: 'none',
      silent: true,
      data: [
        marker(
          promise / 60,
          t('waits.promise', {minutes: trimmed('seconds', promise)}),
          INK,
          'solid',
        ),
      ],
    };
  return figure({
    title,
    note: note + ' ' + t('waits.cut', {step: stepText(step)}),
    label: title,
    height: 320,
    table: stepTable(fine.length ? [...fine, ...rows.slice(1)] : rows, days),
    option: {
      xAxis: axis({
        type: 'value',
        min: 0,
        max: last / 60,
        name: t('unit.minutes'),
        splitLine: {show: false},
      }),
      yAxis: axis({type: 'value', axisLabel: {formatter: '{value}%'}}),
      tooltip: {
        trigger: 'item',
        formatter: item =>
          tip(item.seriesName, [
            [
              item.color,
              span(Math.round(60 * item.value[0]), Math.round(60 * item.value[1])),
              digits(item.value[2], 2) + '%',
            ],
          ]),
      },
      series,
    },
  });
}

/* The share called within each of marks seconds: a line a day type, and the same of the run that
 * this one is compared with. */
function cumulativeSeries(days, marks) {
  const runs = [{waits: DATA.waits, suffix: '', type: 'solid', width: 2.5}];
  if (DATA.compare) {
    const suffix = ' · ' + t('compare.before');
    runs.push({waits: DATA.compare.waits, suffix, type: 'dotted', width: 2});
  }
  const share = ({edges, called}, day, x) =>
    (100 * countUpTo(edges, called[day], x)) / sum(called[day]);
  return runs.flatMap(({waits, suffix, type, width}) =>
    days
      .filter(day => sum(waits.called[day]) > 0)
      .map(day => ({
        name: dayName(day) + suffix,
        type: 'line',
        symbol: 'none',
        lineStyle: {color: DAY_COLOUR[day], width, type},
        itemStyle: {color: DAY_COLOUR[day]},
        data: marks.map(x => [x / 60, share(waits, day, x)]),
        markPoint: type === 'solid' ? quantileDots(day) : undefined,
      })),
  );
}

function quantileDots(day) {
  const {edges, called} = DATA.waits;
  const data = [0.5, 0.9].map(share => ({
    coord: [waitOfShare(edges, called[day], share) / 60, 100 * share],
    itemStyle: {color: DAY_COLOUR[day]},
    label: {show: false},
  }));
  return {symbol: 'circle', symbolSize: 9, silent: true, data};
}

/* "Nine in ten within 9 minutes": the share called within x minutes, with the quantiles. */
function cumulativeFigure() {
  const {edges, called} = DATA.waits;
  const days = daysKnown().filter(day => sum(called[day]) > 0);
  if (days.length === 0) return null;
  const longest = Math.max(...days.map(day => waitOfShare(edges, called[day], 0.97)));
  const step = niceStep(longest / 100),
    marks = [];
  for (let x = 0; x <= longest + step; x += step) marks.push(x);
  marks.splice(1, 0, ...[10, 30].filter(x => x < step)); // many are called at once
  const series = cumulativeSeries(days, marks);
  promiseLines(series[0], longest);
  const percents = value => digits(value, 1) + '%';
  return figure({
    title: t('waits.cumulative'),
    note: t('waits.cumulative.note'),
    height: 340,
    table: {
      head: [t('waits.within'), ...series.map(one => one.name)],
      rows: marks.map((x, row) => [
        `${digits(x / 60, 1)} ${t('unit.minutes')}`,
        ...series.map(one => percents(one.data[row][1])),
      ]),
    },
    option: {
      xAxis: axis({type: 'value', min: 0, max: Math.ceil(longest / 60), name: t('unit.minutes')}),
      yAxis: axis({type: 'value', min: 0, max: 100, axisLabel: {formatter: '{value}%'}}),
      tooltip: {
        formatter: axisTip(items =>
          tip(
            t('waits.within.x', {minutes: digits(items[0].value[0], 1)}),
            items.map(item => [item.color, item.seriesName, percents(item.value[1])]),
          ),
        ),
      },
      series,
    },
  });
}

function promiseLines(series, longest) {
  const promise = DATA.run.promise_s,
    goal = DATA.run.promise_share;
  if (!promise || promise > longest) return;
  const data = [
    marker(promise / 60, t('waits.promise', {minutes: trimmed('seconds', promise)}), INK),
  ];
  if (known(goal))
    data.push({
      yAxis: 100 * goal,
      lineStyle: {color: INK, type: 'dashed', width: 1},
      label: {
        formatter: t('waits.goal', {share: trimmedPercent(100 * goal)}),
        color: INK,
        position: 'insideEndBottom',
      },
    });
  series.markLine = {symbol: 'none', silent: true, data};
}

/* Quantiles and the service level, with their intervals, a column a day type. */
function quantileTable() {
  const rows = [
    'wait_mean_s',
    'wait_p50_s',
    'wait_p90_s',
    'wait_p99_s',
    'within_promise',
    'left_share',
  ];
  const days = daysKnown(),
    all = {within_promise: 'served_within_promise'};
  const cell = key => {
    const one = city(key);
    return h(
      'td',
      {},
      showUnit(one.metric.unit, one.value, one.half),
      ' ',
      h('small', {}, showHalf(one.metric.unit, one.value, one.half)),
    );
  };
  const shown = rows.filter(key => known(city(all[key] || key).value));
  if (shown.length === 0) return null;
  return h(
    'div',
    {class: 'scroll', tabindex: '0'},
    h(
      'table',
      {class: 'quantiles'},
      h('caption', {}, t('waits.table')),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', {scope: 'col', class: 'text'}, t('all.figure')),
          h('th', {scope: 'col'}, t('day.all')),
          days.length > 1 ? days.map(day => h('th', {scope: 'col'}, dayName(day))) : null,
        ),
      ),
      h(
        'tbody',
        {},
        shown.map(key =>
          h(
            'tr',
            {},
            h('th', {scope: 'row', class: 'text'}, nameOf(city(all[key] || key).metric)),
            cell(all[key] || key),
            days.length > 1 ? days.map(day => cell(DAYS[day] + '_' + key)) : null,
          ),
        ),
      ),
    ),
  );
}

function waitsSection(parent) {
  if (DATA.waits.edges.length < 2 || sum(DATA.waits.called.flat()) === 0) return false;
  parent.append(h('p', {class: 'intro'}, t('waits.note')));
  const table = quantileTable();
  if (table) parent.append(table);
  const row = h('div', {class: 'pair'});
  parent.append(row);
  place(
    row,
    cumulativeFigure(),
    histogramFigure('called', t('waits.histogram'), t('waits.histogram.note')),
  );
  return true;
}

/* Open and busy windows of the city, half hour by half hour. */
function windowsFigure(day) {
  const slots = [...Array(DATA.slots.count).keys()],
    all = DATA.halls.length;
  const open = slotLine(all, day, 'windows_open').values,
    used = slotLine(all, day, 'utilisation').values;
  if (!open.some(known)) return null;
  const busy = open.map((value, slot) =>
    known(value) && known(used[slot]) ? value * used[slot] : null,
  );
  const top = roundUp(largestOf(all, 'windows_open'));
  return figure({
    title: dayName(day),
    note: t('windows.day.note'),
    height: 280,
    label: t('windows.day.label', {day: dayName(day)}),
    table: {
      head: [
        t('table.from'),
        t('windows.open'),
        t('windows.busy'),
        nameOf(METRICS.slot.utilisation),
      ],
      rows: slots.map(slot => [
        clock(slot),
        show('count', open[slot]),
        show('count', busy[slot]),
        showUnit('share', used[slot]),
      ]),
    },
    option: {
      xAxis: slotAxis(),
      yAxis: axis({type: 'value', max: top}),
      tooltip: {
        formatter: axisTip(items =>
          tip(items[0].name, [
            ['#d5dee2', t('windows.open'), show('count', open[items[0].dataIndex])],
            [DAY_COLOUR[day], t('windows.busy'), show('count', busy[items[0].dataIndex])],
            [null, nameOf(METRICS.slot.utilisation), showUnit('share', used[items[0].dataIndex])],
          ]),
        ),
      },
      series: [
        {
          name: t('windows.open'),
          type: 'bar',
          data: open,
          itemStyle: {color: '#d5dee2'},
          barGap: '-100%',
          barWidth: '78%',
        },
        {
          name: t('windows.busy'),
          type: 'bar',
          data: busy,
          itemStyle: {color: DAY_COLOUR[day]},
          barWidth: '78%',
        },
      ],
    },
  });
}

/* The halls as points of the scatter, those without figures left out. */
function scatterPoints() {
  return DATA.halls
    .map(hall => ({
      hall,
      used: hallFigure(hall, 'utilisation').value,
      wait: hallFigure(hall, 'wait_p90_s').value,
      size: hallFigure(hall, 'arrived').value,
    }))
    .filter(point => known(point.used) && known(point.wait));
}

/* Two series, city and below, whose shapes differ too; the longest waits carry their names. */
function scatterSeries(points) {
  const most = Math.max(...points.map(point => point.size ?? 0)) || 1;
  const named = [...points].sort((a, b) => b.wait - a.wait).slice(0, 5);
  const middle = (Math.min(...points.map(p => p.used)) + Math.max(...points.map(p => p.used))) / 2;
  const series = [0, 1].map(group => ({
    name: t(group === 0 ? 'scatter.city' : 'scatter.county'),
    type: 'scatter',
    labelLayout: {hideOverlap: true},
    symbol: group === 0 ? 'rect' : 'circle',
    itemStyle: {color: DAY_COLOUR[group], opacity: 0.72},
    data: points
      .filter(point => (point.hall.level === 0) === (group === 0))
      .map(point => ({
        value: [100 * point.used, point.wait / 60],
        point,
        symbolSize: 7 + 22 * Math.sqrt((point.size ?? 0) / most),
        label: {
          show: named.includes(point),
          position: point.used < middle ? 'right' : 'left',
          formatter: () => nameOf(point.hall),
          color: INK,
          fontSize: 12,
          textBorderColor: '#fff',
          textBorderWidth: 3,
        },
      })),
  }));
  const shown = series.filter(one => one.data.length > 0);
  if (DATA.run.promise_s) shown[0].markLine = promiseAcross();
  return shown;
}

function promiseAcross() {
  const label = {
    position: 'insideStartTop',
    color: INK,
    backgroundColor: 'rgba(255,255,255,.85)',
    padding: [1, 4],
    formatter: t('waits.promise', {minutes: trimmed('seconds', DATA.run.promise_s)}),
  };
  const line = {yAxis: DATA.run.promise_s / 60, lineStyle: {color: INK, type: 'dashed'}, label};
  return {symbol: 'none', silent: true, data: [line]};
}

/* Busy against waiting: which halls have windows to spare, which have too few. */
function scatterFigure() {
  const points = scatterPoints();
  if (points.length < 4) return null;
  const names = ['utilisation', 'wait_p90_s', 'arrived'].map(key => nameOf(METRICS.hall[key]));
  const texts = point => [
    showUnit('share', point.used),
    showUnit('seconds', point.wait),
    show('count', point.size),
  ];
  return figure({
    title: t('scatter.title'),
    note: t('scatter.note'),
    height: 360,
    table: {
      head: [t('table.hall'), ...names],
      rows: points.map(point => [nameOf(point.hall), ...texts(point)]),
    },
    option: {
      grid: {...GRID, right: 24, top: 64, bottom: 20},
      xAxis: axis({
        type: 'value',
        name: names[0],
        nameLocation: 'middle',
        nameGap: 28,
        scale: true,
        axisLabel: {formatter: '{value}%'},
      }),
      yAxis: axis({
        type: 'value',
        name: names[1] + t('unit.head'),
        nameTextStyle: {align: 'left', color: MUTED},
      }),
      tooltip: {
        trigger: 'item',
        formatter: ({data}) =>
          tip(
            nameOf(data.point.hall),
            texts(data.point).map((text, index) => [null, names[index], text]),
          ),
      },
      series: scatterSeries(points),
    },
  });
}

/* Busy share of staffed time by trade: window hours weigh the halls. */
function tradeFigure() {
  const rows = DATA.trades
    .map((trade, index) => {
      const halls = hallsOfTrade(index).map(row => row.hall);
      const hours = halls.map(hall => hallFigure(hall, 'window_hours').value);
      const used = halls.map(hall => hallFigure(hall, 'utilisation').value);
      const total = sum(hours);
      const busy = sum(hours.map((value, at) => value * used[at]));
      return {trade, hours: total, used: total > 0 ? busy / total : null};
    })
    .filter(row => known(row.used))
    .sort((a, b) => b.used - a.used);
  if (rows.length < 2) return null;
  return shareBars({
    title: t('trade.title'),
    note: t('trade.note'),
    height: 360,
    most: 100,
    colour: DAY_COLOUR[0],
    metric: METRICS.hall.utilisation,
    bars: rows.map(row => [nameOf(row.trade), row.used]),
    table: {
      head: [
        t('table.trade'),
        ...['utilisation', 'window_hours'].map(key => nameOf(METRICS.hall[key])),
      ],
      rows: rows.map(row => [
        nameOf(row.trade),
        showUnit('share', row.used),
        showUnit('hours', row.hours),
      ]),
    },
  });
}

function windowsSection(parent) {
  const figures = [
    ...(hasSlots() ? daysKnown().map(windowsFigure) : []),
    scatterFigure(),
    tradeFigure(),
  ].filter(Boolean);
  if (figures.length === 0) return false;
  parent.append(h('p', {class: 'intro'}, t('windows.note')));
  const row = h('div', {class: 'pair'});
  parent.append(row);
  place(row, ...figures);
  return true;
}

/* People who left, by half hour: the average day of each type. */
function leftFigure() {
  if (!hasSlots()) return null;
  const slots = [...Array(DATA.slots.count).keys()],
    all = DATA.halls.length,
    days = daysKnown();
  const lines = days.map(day => slotLine(all, day, 'left').values);
  if (sum(lines.flat()) === 0) return null;
  return figure({
    title: t('left.when'),
    note: t('left.when.note'),
    height: 320,
    label: t('left.when'),
    table: {
      head: [t('table.from'), ...days.map(dayName)],
      rows: slots.map(slot => [clock(slot), ...lines.map(line => show('count', line[slot]))]),
    },
    option: {
      xAxis: slotAxis(),
      yAxis: axis({type: 'value'}),
      tooltip: {
        formatter: axisTip(items =>
          tip(
            items[0].name,
            items.map(item => [item.color, item.seriesName, show('count', item.value)]),
          ),
        ),
      },
      series: days.map((day, index) => ({
        name: dayName(day),
        type: 'bar',
        data: lines[index],
        itemStyle: {color: DAY_COLOUR[day]},
        barGap: '8%',
        barCategoryGap: '26%',
      })),
    },
  });
}

function leavingHalls() {
  const rows = largestHalls('left_share', 10).filter(row => row.value > 0);
  if (rows.length < 4) return null;
  return shareBars({
    title: t('left.halls', {n: rows.length}),
    note: t('left.halls.note'),
    height: 320,
    wide: true,
    colour: RAMPS.violet[4],
    metric: METRICS.hall.left_share,
    bars: rows.map(row => [nameOf(row.hall), row.value]),
    table: {
      head: [t('table.hall'), ...['left_share', 'left'].map(key => nameOf(METRICS.hall[key]))],
      rows: rows.map(row => [
        nameOf(row.hall),
        showUnit('share', row.value, row.half),
        show('count', hallFigure(row.hall, 'left').value),
      ]),
    },
  });
}

function leftSection(parent) {
  const kinds = [
    leftFigure(),
    DATA.waits.edges.length > 1
      ? histogramFigure('left', t('left.after'), t('left.after.note'))
      : null,
    leavingHalls(),
  ].filter(Boolean);
  if (kinds.length === 0) return false;
  parent.append(h('p', {class: 'intro'}, t('left.note')));
  const row = h('div', {class: 'pair'});
  parent.append(row);
  place(row, ...kinds);
  return true;
}
