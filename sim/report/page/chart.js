'use strict';
/* Colours, and charts with their words: every chart has a title, a note that says how to read it,
 * a description for those who can't see it, and its numbers as a table. */

/* Blue and orange stay apart for colour-blind readers, and on grey paper by their lightness. */
const INK = '#17323f',
  MUTED = '#566771',
  LINE = '#dfe5e8';
const DAY_COLOUR = ['#2f6f8f', '#d9782d'];
const FONT = getComputedStyle(document.body).fontFamily;

const RAMPS = {
  promise: ['#e4f1f6', '#b9d9e6', '#86bad1', '#fcdcb4', '#f2a965', '#c65f1b'],
  violet: ['#f5f0f8', '#e0d0ea', '#c5a9d6', '#a27bbb', '#7b5099', '#532f70'],
  green: ['#eff6f2', '#d2e8dc', '#a8d3bb', '#74b796', '#43946f', '#216b4c'],
  blue: ['#f0f5f8', '#d3e3ec', '#a9c9da', '#78a9c2', '#4684a3', '#245d7b'],
};

/* Classes of a figure: upper edges in the data's unit (the last class is open), and colours. */
function classesOf(key, unit, largest) {
  if (unit === 'seconds') {
    const promise = DATA.run.promise_s ?? 900;
    return {edges: [1 / 3, 2 / 3, 1, 2, 4].map(part => part * promise), ramp: RAMPS.promise};
  }
  if (key.includes('promise'))
    return {edges: [0.5, 0.7, 0.8, 0.9, 0.95], ramp: [...RAMPS.promise].reverse()};
  if (key === 'left_share') return {edges: [0.01, 0.02, 0.05, 0.1, 0.2], ramp: RAMPS.violet};
  if (key === 'utilisation') return {edges: [0.3, 0.5, 0.7, 0.85, 0.95], ramp: RAMPS.green};
  const step = niceStep(largest / 6);
  return {
    edges: [1, 2, 3, 4, 5].map(part => part * step),
    ramp: key === 'left' ? RAMPS.violet : RAMPS.blue,
  };
}

function niceStep(value) {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return power * ([1, 2, 5, 10].find(part => part * power >= value) ?? 10);
}

function classIndex(classes, value) {
  const index = classes.edges.findIndex(edge => value <= edge);
  return index < 0 ? classes.edges.length : index;
}

/* Background and text colour for a value. */
function paint(classes, value) {
  if (!known(value)) return {};
  const background = classes.ramp[classIndex(classes, value)];
  const [r, g, b] = [1, 3, 5].map(at => parseInt(background.slice(at, at + 2), 16));
  const dark = 0.299 * r + 0.587 * g + 0.114 * b < 140;
  return {style: `background:${background};color:${dark ? '#fff' : INK}`};
}

function legend(classes, unit, promised) {
  const edges = classes.edges.map(edge => trimmed(unit, edge));
  const items = classes.ramp.map((colour, index) => {
    const label =
      index === 0
        ? '≤ ' + edges[0]
        : index === edges.length
          ? '> ' + edges[index - 1]
          : edges[index - 1] + '–' + edges[index];
    return h('li', {}, h('i', {style: 'background:' + colour}), label);
  });
  const words =
    promised && DATA.run.promise_s
      ? h(
          'li',
          {class: 'words'},
          t('legend.promise', {minutes: trimmed('seconds', DATA.run.promise_s)}),
        )
      : null;
  return h(
    'ul',
    {class: 'legend', 'aria-label': t('legend.label')},
    h('li', {class: 'words'}, unitText(unit) || t('unit.count')),
    items,
    words,
  );
}

function trimmed(unit, value) {
  return String(Number((value * UNITS[unit].scale).toFixed(2)));
}

const CHARTS = [];

function chartsDispose() {
  for (const chart of CHARTS) chart.dispose();
  CHARTS.length = 0;
}

const AXIS = {
  axisLine: {lineStyle: {color: '#b8c3c8'}},
  axisTick: {show: false},
  axisLabel: {color: MUTED, fontSize: 12},
  nameTextStyle: {color: MUTED, fontSize: 12},
  splitLine: {lineStyle: {color: '#edf0f2'}},
};

function axis(options) {
  const axisLabel = {...AXIS.axisLabel, ...options.axisLabel};
  return {...AXIS, ...options, axisLabel};
}

const GRID = {
  left: 8,
  right: 20,
  top: 44,
  bottom: 8,
  outerBoundsMode: 'same',
  outerBoundsContain: 'all',
};

function chartOption(option) {
  return {
    animation: false,
    textStyle: {fontFamily: FONT, color: INK},
    grid: GRID,
    tooltip: {
      trigger: 'axis',
      confine: true,
      borderColor: LINE,
      textStyle: {color: INK, fontSize: 13},
    },
    ...option,
    legend:
      option.legend === false
        ? undefined
        : {
            top: 0,
            left: 0,
            icon: 'roundRect',
            itemWidth: 14,
            itemHeight: 10,
            itemGap: 18,
            textStyle: {color: INK, fontSize: 13},
            ...option.legend,
          },
  };
}

/* A tooltip as elements: a title and rows of [colour, label, value]. */
function tip(title, rows) {
  return h(
    'div',
    {class: 'tip'},
    h('b', {}, title),
    rows.map(([colour, label, value]) =>
      h(
        'div',
        {},
        h('i', {style: 'background:' + (colour || 'transparent')}),
        h('span', {}, label),
        h('em', {}, value),
      ),
    ),
  );
}

/* A titled chart. spec: {title, note, label, height, option, table: {head, rows}, wide}. */
function figure(spec) {
  const holder = h('div', {
    class: 'chart',
    role: 'img',
    'aria-label': spec.label || spec.title,
    style: `height:${spec.height || 300}px`,
  });
  const element = h(
    'figure',
    {class: spec.wide ? 'wide' : null},
    h('figcaption', {}, h('h3', {}, spec.title), h('p', {class: 'note'}, spec.note)),
    holder,
  );
  if (spec.table) element.append(dataTable(spec.title, spec.table));
  const draw = () => {
    const chart = echarts.init(holder, null, {renderer: 'svg'});
    chart.setOption(chartOption(spec.option));
    CHARTS.push(chart);
    chartScales(chart);
  };
  element.draw = draw;
  return element;
}

/* A picture with a viewBox scales with its box: paper has another width than the screen. */
function chartScales(chart) {
  const svg = chart.getDom().querySelector('svg');
  svg.setAttribute('viewBox', `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
}

/* The formatter of a tooltip by axis: build gets the items under the pointer, never none. */
function axisTip(build) {
  return items => (items.length > 0 ? build(items) : '');
}

/* Horizontal bars of shares, the first on top. spec: as for figure, with bars: [name, share],
 * colour, metric, and most: where the axis ends (or as far as the data). */
function shareBars(spec) {
  const bars = [...spec.bars].reverse(),
    percents = value => digits(value, 1) + '%';
  return figure({
    ...spec,
    option: {
      legend: false,
      grid: {...GRID, right: 56, top: 8},
      xAxis: axis({type: 'value', min: 0, max: spec.most, axisLabel: {formatter: '{value}%'}}),
      yAxis: axis({
        type: 'category',
        data: bars.map(([name]) => name),
        splitLine: {show: false},
        axisLabel: {color: INK, fontSize: 13, width: 190, overflow: 'truncate'},
      }),
      tooltip: {
        formatter: axisTip(([item]) =>
          tip(item.name, [[item.color, nameOf(spec.metric), percents(item.value)]]),
        ),
      },
      series: [
        {
          type: 'bar',
          data: bars.map(([, share]) => 100 * share),
          barWidth: '62%',
          itemStyle: {color: spec.colour},
          label: {
            show: true,
            position: 'right',
            color: INK,
            formatter: item => percents(item.value),
          },
        },
      ],
    },
  });
}

/* The half hours along the bottom; a long day names fewer of them. */
function slotAxis() {
  const slots = [...Array(DATA.slots.count).keys()];
  const interval = slots.length > 24 ? 3 : 1;
  return axis({type: 'category', data: slots.map(clock), axisLabel: {interval}});
}

/* The numbers of a chart, made when they are asked for. */
function dataTable(title, table) {
  const details = h('details', {class: 'numbers'}, h('summary', {}, t('numbers')));
  details.addEventListener('toggle', () => {
    if (details.open && !details.querySelector('table'))
      details.append(h('div', {class: 'scroll', tabindex: '0'}, plainTable(title, table)));
  });
  return details;
}

function plainTable(caption, {head, rows}) {
  return h(
    'table',
    {},
    h('caption', {class: 'hidden'}, caption),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        head.map(text => h('th', {scope: 'col'}, text)),
      ),
    ),
    h(
      'tbody',
      {},
      rows.map(row =>
        h(
          'tr',
          {},
          row.map((text, index) =>
            index === 0 ? h('th', {scope: 'row'}, text) : h('td', {}, text),
          ),
        ),
      ),
    ),
  );
}

/* Puts figures into the page, then draws: a chart needs its width. */
function place(parent, ...figures) {
  const shown = figures.filter(Boolean);
  parent.append(...shown);
  for (const one of shown) if (one.draw) one.draw();
}

/* A vertical line with words at its head, for markLine. */
function marker(x, text, colour, type = 'dashed') {
  return {
    xAxis: x,
    lineStyle: {color: colour, type, width: 1.5},
    label: {formatter: text, color: colour, fontSize: 12, position: 'end'},
  };
}
