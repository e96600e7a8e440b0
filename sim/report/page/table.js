'use strict';
/* Tables that sort by their heads, and the choices above them. */

/* columns: {head, note, value(row), cell(row), text}: text columns sort as words. Rows without a
 * value stay at the end whichever way the table is sorted. */
function sortedRows(rows, column, down) {
  const order = STATE.lang === 'zh' ? 'zh-CN' : 'en';
  return [...rows].sort((a, b) => {
    const x = column.value(a),
      y = column.value(b);
    if (!column.text && !(known(x) && known(y))) return known(y) - known(x);
    const way = column.text ? String(x).localeCompare(String(y), order) : x - y;
    return down ? -way : way;
  });
}

/* spec: {caption, columns, rows, sort: index, down, filter(row)}. Gives the table's element with
 * a refresh() that applies the filter anew. */
function sortTable(spec) {
  const body = h('tbody');
  const heads = spec.columns.map((column, index) => {
    const button = h(
      'button',
      {
        type: 'button',
        title: column.note,
        onclick: () => {
          spec.down = spec.sort === index ? !spec.down : !column.text;
          spec.sort = index;
          refresh();
        },
      },
      column.head,
    );
    /* On later sheets of paper a browser repeats the words of a head, but not its buttons. */
    const paper = h('span', {class: 'paper', 'aria-hidden': 'true'}, column.head);
    return h('th', {scope: 'col', class: column.text ? 'text' : null}, button, paper);
  });
  const count = h('p', {class: 'count', 'aria-live': 'polite'});
  const refresh = () => {
    heads.forEach((head, index) =>
      index === spec.sort
        ? head.setAttribute('aria-sort', spec.down ? 'descending' : 'ascending')
        : head.removeAttribute('aria-sort'),
    );
    const rows = sortedRows(
      spec.rows.filter(spec.filter || (() => true)),
      spec.columns[spec.sort],
      spec.down,
    );
    body.replaceChildren(
      ...rows.map(row =>
        h(
          'tr',
          {},
          spec.columns.map((column, index) => {
            const cell = column.cell ? column.cell(row) : column.value(row);
            const cellClass = column.text ? 'text' : null;
            return index === 0
              ? h('th', {scope: 'row', class: 'text'}, cell)
              : h('td', {class: cellClass}, cell);
          }),
        ),
      ),
    );
    count.textContent = t('table.count', {shown: rows.length, all: spec.rows.length});
  };
  refresh();
  const element = h(
    'div',
    {},
    h(
      'div',
      {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': spec.caption},
      h(
        'table',
        {class: 'sortable'},
        h('caption', {class: 'hidden'}, spec.caption),
        h('thead', {}, h('tr', {}, heads)),
        body,
      ),
    ),
    count,
  );
  element.refresh = refresh;
  return element;
}

/* A bar under a number; options.bar is its full length. With options.rest the bar shows what is
 * missing to the whole: lateness beside a share on time. */
function barOf(key, metric, value, options) {
  const shown = options.rest ? 1 - value : value;
  const width = Math.min(100, (100 * shown) / options.bar);
  const classes = classesOf(key, metric.unit, options.bar);
  const colour = options.rest ? DAY_COLOUR[1] : classes.ramp[classIndex(classes, value)];
  return h('i', {'aria-hidden': 'true', style: `width:${width.toFixed(1)}%;background:${colour}`});
}

/* A column of a metric; options as for barOf, or none. */
function metricColumn(group, key, figuresOf, options = {}) {
  const metric = METRICS[group][key];
  const head = TEXT['short.' + key] ? t('short.' + key) : nameOf(metric);
  return {
    head,
    note: nameOf(metric) + ': ' + noteOf(metric),
    value: row => pick(group, key, figuresOf(row)).value,
    cell: row => {
      const figure = pick(group, key, figuresOf(row));
      const text =
        show(metric.unit, figure.value) +
        (metric.unit === 'share' && known(figure.value) ? '%' : '');
      const span = h('span', {title: intervalText(figure) || null}, text);
      if (!options.bar || !known(figure.value)) return span;
      return h('span', {class: 'bar-cell'}, span, barOf(key, metric, figure.value, options));
    },
  };
}

/* A labelled <select>; options: [value, text]. */
function choice(label, options, value, onchange) {
  const select = h(
    'select',
    {onchange: event => onchange(event.target.value)},
    options.map(([key, text]) => h('option', {value: key, selected: key === value}, text)),
  );
  return h('label', {class: 'choice'}, h('span', {}, label), select);
}

/* A row of buttons of which one is pressed. */
function toggle(label, options, value, onchange) {
  const buttons = options.map(([key, text]) =>
    h(
      'button',
      {
        type: 'button',
        'aria-pressed': String(key === value),
        onclick: event => {
          for (const one of buttons)
            one.setAttribute('aria-pressed', String(one === event.target));
          onchange(key);
        },
      },
      text,
    ),
  );
  return h('div', {class: 'switch', role: 'group', 'aria-label': label}, buttons);
}

function tradeChoice(value, onchange) {
  return choice(
    t('filter.trade'),
    [['', t('filter.all')], ...DATA.trades.map((trade, index) => [String(index), nameOf(trade)])],
    value,
    onchange,
  );
}
