'use strict';
/* The halls: tiles coloured by one figure, the chosen hall's day, the table, and the heat map of
 * halls by half hours. */

const TILE_KEYS = [
  'wait_p90_s',
  'saturday_wait_p90_s',
  'wait_mean_s',
  'left_share',
  'within_promise',
  'utilisation',
];

function keysKnown(keys) {
  return keys.filter(key => DATA.halls.some(hall => known(hallFigure(hall, key).value)));
}

function hallsOfTrade(trade) {
  return DATA.halls.map((hall, index) => ({hall, index})).filter(row => row.hall.trade === trade);
}

function tile(hall, index, key, onchoose) {
  const {metric, value, half} = hallFigure(hall, key);
  const classes = classesOf(key, metric.unit, 1);
  const label = `${nameOf(hall)}: ${nameOf(metric)} ${showUnit(metric.unit, value, half)}`;
  return h(
    'button',
    {
      type: 'button',
      class: 'tile' + (hall.level === 0 ? ' city' : ''),
      title: label + ' ' + intervalText(hallFigure(hall, key)),
      'aria-label': label,
      'aria-pressed': String(STATE.hall === index),
      ...paint(classes, value),
      onclick: () => onchoose(index),
    },
    h('span', {}, nameOf(hall)),
    h('b', {}, show(metric.unit, value)),
  );
}

function tiles(parent) {
  const keys = keysKnown(TILE_KEYS);
  if (keys.length === 0) return;
  if (!keys.includes(STATE.colour)) STATE.colour = keys[0];
  const holder = h('div', {class: 'tiles'}),
    legendHolder = h('div');
  const detail = h('div', {class: 'detail', 'aria-live': 'polite'});
  const draw = () => {
    const metric = METRICS.hall[STATE.colour];
    holder.replaceChildren(
      ...DATA.trades.map((trade, index) =>
        h(
          'div',
          {class: 'tile-row'},
          h('h4', {}, nameOf(trade)),
          h(
            'div',
            {},
            hallsOfTrade(index).map(row => tile(row.hall, row.index, STATE.colour, choose)),
          ),
        ),
      ),
    );
    legendHolder.replaceChildren(
      legend(classesOf(STATE.colour, metric.unit, 1), metric.unit, metric.unit === 'seconds'),
    );
  };
  const choose = index => {
    STATE.hall = index;
    stateSave();
    draw();
    hallDetail(detail, index);
  };
  parent.append(
    h(
      'div',
      {class: 'controls'},
      choice(
        t('halls.colour'),
        keys.map(key => [key, nameOf(METRICS.hall[key])]),
        STATE.colour,
        key => {
          STATE.colour = key;
          stateSave();
          draw();
        },
      ),
      legendHolder,
    ),
    holder,
    detail,
  );
  const first = largestHalls(hasDay(1) ? 'saturday_wait_p90_s' : 'wait_p90_s', 1)[0];
  if (STATE.hall === null) STATE.hall = first ? DATA.halls.indexOf(first.hall) : 0;
  draw();
  if (hasSlots()) hallDetail(detail, STATE.hall);
}

/* Windows of the plan, of each day type that the run has. */
function planWindows(hall) {
  return daysKnown()
    .map(day => hall.windows[day])
    .join(' / ');
}

/* One hall's average day: who arrives, how many windows are open, how long the waits are. */
function hallDetail(parent, index) {
  const hall = DATA.halls[index];
  if (!hasSlots()) return;
  for (const chart of CHARTS.filter(one => parent.contains(one.getDom()))) {
    chart.dispose();
    CHARTS.splice(CHARTS.indexOf(chart), 1);
  }
  parent.replaceChildren(
    h('h3', {}, t('detail.title', {hall: nameOf(hall)})),
    h(
      'p',
      {class: 'note'},
      daysKnown().length > 1
        ? t('detail.note', {workday: hall.windows[0], saturday: hall.windows[1]})
        : t('detail.note.one', {n: planWindows(hall)}),
    ),
  );
  const row = h('div', {class: 'pair'});
  parent.append(row);
  place(row, ...daysKnown().map(day => dayFigure(index, day)));
}

/* The largest value of a figure over both day types. */
function largestOf(hall, key) {
  return Math.max(
    0,
    ...daysKnown().flatMap(day => slotLine(hall, day, key).values.filter(known)),
  );
}

function roundUp(value) {
  const step = niceStep(value / 5);
  return Math.max(step, Math.ceil(value / step - 1e-9) * step);
}

const DETAIL_KEYS = ['arrived', 'windows_open', 'wait_p90_s', 'utilisation', 'left'];

function daySeries(arrived, open, wait) {
  return [
    {
      name: t('detail.arrived'),
      type: 'bar',
      data: arrived,
      barWidth: '70%',
      itemStyle: {color: '#c9d6dc'},
    },
    {
      name: t('detail.open'),
      type: 'line',
      step: 'middle',
      data: open,
      symbol: 'none',
      lineStyle: {color: INK, width: 2},
      itemStyle: {color: INK},
    },
    {
      name: t('detail.wait'),
      type: 'line',
      yAxisIndex: 1,
      data: wait.map(value => (known(value) ? value / 60 : null)),
      symbol: 'circle',
      symbolSize: 6,
      lineStyle: {color: DAY_COLOUR[1], width: 2.5},
      itemStyle: {color: DAY_COLOUR[1]},
    },
  ];
}

/* Both days' charts have the same scales. */
function dayAxes(hall) {
  const people = Math.max(largestOf(hall, 'arrived'), largestOf(hall, 'windows_open'));
  return [
    axis({type: 'value', max: roundUp(people)}),
    axis({
      type: 'value',
      max: roundUp(largestOf(hall, 'wait_p90_s') / 60),
      splitLine: {show: false},
      axisLabel: {formatter: value => value + '′'},
    }),
  ];
}

function dayFigure(hall, day) {
  const slots = [...Array(DATA.slots.count).keys()];
  const lines = DETAIL_KEYS.map(key => slotLine(hall, day, key));
  const text = (key, slot) => {
    const {values, halves} = lines[DETAIL_KEYS.indexOf(key)];
    return showUnit(METRICS.slot[key].unit, values[slot], halves?.[slot]);
  };
  const series = daySeries(...lines.slice(0, 3).map(line => line.values));
  return figure({
    title: dayName(day),
    note: t('detail.chart'),
    height: 260,
    label: t('detail.label', {day: dayName(day), hall: nameOf(DATA.halls[hall])}),
    table: {
      head: [t('table.from'), ...DETAIL_KEYS.map(key => nameOf(METRICS.slot[key]))],
      rows: slots.map(slot => [clock(slot), ...DETAIL_KEYS.map(key => text(key, slot))]),
    },
    option: {
      xAxis: slotAxis(),
      yAxis: dayAxes(hall),
      tooltip: {
        formatter: axisTip(([{name, dataIndex}]) =>
          tip(
            `${dayName(day)} ${name}`,
            series.map((one, at) => [
              one.itemStyle.color,
              one.name,
              text(DETAIL_KEYS[at], dataIndex),
            ]),
          ),
        ),
      },
      series,
    },
  });
}

function hallTable(parent) {
  const filter = {trade: '', words: ''};
  const longest = Math.max(...DATA.halls.map(hall => hallFigure(hall, 'wait_p90_s').value ?? 0));
  const longestSaturday = Math.max(
    ...DATA.halls.map(hall => hallFigure(hall, 'saturday_wait_p90_s').value ?? 0),
  );
  const column = (key, options) => metricColumn('hall', key, hall => hall.figures, options);
  const shown = [
    ['arrived'],
    ['left_share', {bar: 0.3}],
    ['wait_mean_s'],
    ['wait_p50_s'],
    ['wait_p90_s', {bar: longest}],
    ['wait_p99_s'],
    ['saturday_arrived'],
    ['saturday_wait_p90_s', {bar: longestSaturday}],
    ['within_promise'],
    ['utilisation'],
  ].filter(([key]) => keysKnown([key]).length > 0 && (hasDay(1) || !key.startsWith('saturday')));
  const columns = [
    {head: t('table.hall'), text: true, value: hall => nameOf(hall)},
    {head: t('table.trade'), text: true, value: hall => nameOf(DATA.trades[hall.trade])},
    {
      head: t('table.windows'),
      note: t('table.windows.note', {days: daysKnown().map(dayName).join(' / ')}),
      value: hall => hall.windows[daysKnown()[0] ?? 0],
      cell: planWindows,
    },
    ...shown.map(([key, options]) => column(key, options)),
  ];
  const sortKey = shown.findIndex(([key]) => key === 'wait_p90_s');
  const table = sortTable({
    caption: t('halls.table'),
    columns,
    rows: DATA.halls,
    sort: sortKey < 0 ? 0 : 3 + sortKey,
    down: sortKey >= 0,
    filter: hall =>
      (filter.trade === '' || hall.trade === Number(filter.trade)) &&
      nameOf(hall).toLowerCase().includes(filter.words),
  });
  const search = h(
    'label',
    {class: 'choice'},
    h('span', {}, t('filter.words')),
    h('input', {
      type: 'search',
      oninput: event => {
        filter.words = event.target.value.trim().toLowerCase();
        table.refresh();
      },
    }),
  );
  parent.append(h('h3', {}, t('halls.table')), h('p', {class: 'note'}, t('halls.table.note')));
  if (DATA.halls.length > 8)
    parent.append(
      h(
        'div',
        {class: 'controls'},
        tradeChoice('', value => {
          filter.trade = value;
          table.refresh();
        }),
        search,
      ),
    );
  parent.append(table);
}

function hallsSection(parent) {
  parent.append(h('p', {class: 'intro'}, t('halls.note')));
  tiles(parent);
  hallTable(parent);
  return true;
}

/* Halls by half hours: a table whose cells are coloured, so that it reads, sorts into pages and
 * can be copied like any table. */
const HEAT_KEYS = [
  'wait_p90_s',
  'wait_mean_s',
  'left',
  'waiting',
  'utilisation',
  'arrived',
  'windows_open',
];

function heatRows() {
  const trade = STATE.trade === '' ? null : Number(STATE.trade);
  const groups = DATA.trades
    .map((one, index) => ({name: nameOf(one), halls: hallsOfTrade(index)}))
    .filter((group, index) => (trade === null || trade === index) && group.halls.length > 0)
    .map(group => ({name: group.name, halls: group.halls.map(row => row.index)}));
  return [{name: null, halls: [DATA.halls.length]}, ...groups];
}

function heatCell(hall, day, slot, metric, classes) {
  const {values, halves} = slotLine(hall, day, metric.key);
  const value = values[slot];
  if (!known(value)) return h('td', {class: 'closed'}, h('span', {class: 'hidden'}, DASH));
  const scaled = value * UNITS[metric.unit].scale;
  const text = digits(scaled, scaled < 9.95 && scaled > 0 && metric.unit !== 'share' ? 1 : 0);
  const half = showHalf(metric.unit, value, halves?.[slot]);
  return h(
    'td',
    {
      ...paint(classes, value),
      title: `${clock(slot)} ${showUnit(metric.unit, value, halves?.[slot])} ${half}`,
    },
    text,
  );
}

function heatTable(metric, day, slots) {
  const groups = heatRows(),
    cityRow = DATA.halls.length;
  const largest = Math.max(
    ...DATA.halls.flatMap((hall, index) =>
      daysKnown().flatMap(one => slotLine(index, one, metric.key).values.filter(known)),
    ),
    0,
  );
  const classes = classesOf(metric.key, metric.unit, largest);
  const head = h(
    'tr',
    {},
    h('th', {scope: 'col', class: 'text'}, t('table.hall')),
    slots.map(slot => h('th', {scope: 'col'}, clock(slot))),
  );
  const bodies = groups.map(group =>
    h(
      'tbody',
      {},
      group.name === null
        ? null
        : h(
            'tr',
            {class: 'group'},
            h('th', {scope: 'rowgroup', colspan: slots.length + 1, class: 'text'}, group.name),
          ),
      group.halls.map(hall =>
        h(
          'tr',
          {class: hall === cityRow ? 'total' : null},
          h(
            'th',
            {scope: 'row', class: 'text'},
            hall === cityRow ? t('city') : nameOf(DATA.halls[hall]),
          ),
          slots.map(slot =>
            hall === cityRow && metric.unit === 'count'
              ? h('td', {}, show('count', slotLine(hall, day, metric.key).values[slot]))
              : heatCell(hall, day, slot, metric, classes),
          ),
        ),
      ),
    ),
  );
  return [
    legend(classes, metric.unit, metric.unit === 'seconds'),
    h(
      'div',
      {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('heat.title')},
      h(
        'table',
        {class: 'heat'},
        h('caption', {}, t('heat.caption', {metric: nameOf(metric), day: dayName(day)})),
        h('thead', {}, head),
        bodies,
      ),
    ),
  ];
}

function heatSection(parent) {
  if (!hasSlots()) return false;
  const days = daysKnown(),
    holder = h('div');
  if (!days.includes(Number(STATE.day))) STATE.day = String(days[0] ?? 0);
  const slots = [...Array(DATA.slots.count).keys()];
  const keys = HEAT_KEYS.filter(key =>
    DATA.slots.lines.some(hall => hall.some(day => day[METRICS.slot[key].index][0].some(known))),
  );
  if (keys.length === 0) return false;
  if (!keys.includes(STATE.heat)) STATE.heat = keys[0];
  const draw = () => {
    const metric = METRICS.slot[STATE.heat];
    /* After closing, most figures are unknown everywhere. */
    const last = slots.findLastIndex(slot =>
      DATA.slots.lines.some((hall, index) =>
        days.some(day => known(slotLine(index, day, metric.key).values[slot])),
      ),
    );
    holder.replaceChildren(
      h('p', {class: 'note'}, noteOf(metric)),
      ...heatTable(metric, Number(STATE.day), slots.slice(0, last + 1)),
    );
    stateSave();
  };
  const set = key => value => {
    STATE[key] = value;
    draw();
  };
  parent.append(
    h('p', {class: 'intro'}, t('heat.note')),
    h(
      'div',
      {class: 'controls'},
      days.length > 1
        ? toggle(
            t('filter.day'),
            days.map(day => [String(day), dayName(day)]),
            STATE.day,
            set('day'),
          )
        : null,
      choice(
        t('filter.metric'),
        keys.map(key => [key, nameOf(METRICS.slot[key])]),
        STATE.heat,
        set('heat'),
      ),
      DATA.trades.length > 1 ? tradeChoice(STATE.trade, set('trade')) : null,
    ),
    holder,
  );
  draw();
  return true;
}
