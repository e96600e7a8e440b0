'use strict';
/* What the page knows and how it says it: the data, the reader's choices, numbers, elements.
 * Names in the data belong to users: they reach the page as text nodes only, never as markup. */

const DATA = JSON.parse(document.getElementById('data').textContent);

/* The reader's choices; report.js keeps them in the address. */
const STATE = {
  lang: 'zh',
  colour: 'wait_p90_s',
  hall: null,
  day: '0',
  heat: 'wait_p90_s',
  trade: '',
};

const METRICS = {};
for (const [group, rows] of Object.entries(DATA.metrics))
  METRICS[group] = Object.fromEntries(rows.map((row, index) => [row.key, {...row, index}]));

const DAYS = ['workday', 'saturday'];
const DASH = '—';

/* The text of a key, with {name} replaced. */
function t(key, values = {}) {
  const pair = TEXT[key];
  if (!pair) throw new Error('no text for ' + key);
  return pair[STATE.lang === 'zh' ? 0 : 1].replace(
    /\{(\w+)\}/g,
    (all, name) => values[name] ?? all,
  );
}

/* As t, but the values of {name} stand out and those of [name] don't; gives a list of nodes. */
function rich(key, values = {}) {
  return t(key)
    .split(/(\{\w+\}|\[\w+\])/)
    .filter(Boolean)
    .map(part => {
      const value = values[part.slice(1, -1)];
      if (value === undefined) return part;
      return part[0] === '{' ? h('strong', {}, value) : value;
    });
}

function nameOf(thing) {
  return (STATE.lang === 'en' && thing.en) || thing.zh;
}

function noteOf(metric) {
  return STATE.lang === 'zh' ? metric.note_zh : metric.note_en;
}

/* An element: attributes ("on..." are listeners), then children: nodes or texts. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

function known(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

function digits(value, decimals) {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

/* How each unit is shown: scale, fewest and most decimals; an interval wider than widest says
 * nothing about such a figure, so no digits of it are shown. */
const UNITS = {
  count: {scale: 1, least: 0, most: 1, widest: Infinity},
  share: {scale: 100, least: 1, most: 2, widest: 100},
  seconds: {scale: 1 / 60, least: 1, most: 2, widest: 600},
  hours: {scale: 1, least: 0, most: 1, widest: Infinity},
};

function unitText(unit) {
  return {count: '', share: '%', seconds: t('unit.minutes'), hours: t('unit.hours')}[unit];
}

/* No more decimals than the interval deserves. */
function decimalsFor(unit, value, half) {
  const {scale, least, most} = UNITS[unit];
  if (known(half) && half > 0)
    return Math.min(most, Math.max(least, -Math.floor(Math.log10(half * scale))));
  const small = unit === 'hours' ? 100 : unit === 'count' ? 10 : 0;
  return Math.abs(value) < small && !Number.isInteger(value) ? 1 : least;
}

/* The number alone, without its unit. */
function show(unit, value, half = null, sign = false) {
  if (!known(value)) return DASH;
  const text = digits(Math.abs(value) * UNITS[unit].scale, decimalsFor(unit, value, half));
  if (/^[0.,]*$/.test(text)) return text;
  return (value < 0 ? '−' : sign ? '+' : '') + text;
}

function showUnit(unit, value, half = null, sign = false) {
  const text = show(unit, value, half, sign),
    suffix = unitText(unit);
  if (text === DASH || suffix === '') return text;
  return text + (suffix === '%' ? '' : '\u202f') + suffix;
}

/* "± 0.2", or "± <0.01" when it is smaller than what is shown, "± >600" when wider than sense. */
function showHalf(unit, value, half) {
  if (!known(half)) return '';
  const {scale, widest} = UNITS[unit];
  if (half * scale > widest) return '± >' + widest;
  const decimals = decimalsFor(unit, value, half);
  const text = digits(half * scale, decimals);
  if (half > 0 && Number(text) === 0) return '± <' + digits(10 ** -decimals, decimals);
  return '± ' + text;
}

/* A figure of a group by its key: {metric, value, half, n, few}. */
function pick(group, key, figures) {
  const metric = METRICS[group][key];
  const [value, half, n, few] = figures[metric.index];
  return {metric, value, half, n, few: few === 1};
}

function city(key) {
  return pick('city', key, DATA.city);
}

function hallFigure(hall, key) {
  return pick('hall', key, hall.figures);
}

/* "95% ± 0.2 · n = 20", with a word of warning when n is too small. */
function intervalText(figure) {
  const half = showHalf(figure.metric.unit, figure.value, figure.half);
  const parts = [];
  if (half !== '') parts.push(t('interval.half', {half}));
  if (figure.n > 0) parts.push('n = ' + figure.n);
  if (figure.few) parts.push(t(half === '' ? 'interval.none' : 'interval.few'));
  return parts.join(' · ');
}

/* A half hour of the slots: "09:30". */
function clock(slot) {
  const minute = DATA.slots.from + 30 * slot;
  return (
    String(Math.floor(minute / 60)).padStart(2, '0') + ':' + String(minute % 60).padStart(2, '0')
  );
}

/* A line of half hours: the hall's (or the city's: hall = halls.length) values. */
function slotLine(hall, day, key) {
  const [values, halves] = DATA.slots.lines[hall][day][METRICS.slot[key].index];
  return {values, halves};
}

function hasSlots() {
  return DATA.slots.count > 0;
}

function hasDay(day) {
  return DATA.run.days[day] > 0;
}

/* The days that the run has, 0 and 1. */
function daysKnown() {
  return [0, 1].filter(hasDay);
}

function dayName(day) {
  return t('day.' + DAYS[day]);
}

function sum(list) {
  return list.reduce((total, value) => total + (known(value) ? value : 0), 0);
}
