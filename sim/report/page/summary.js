'use strict';
/* The masthead, what the run says in a few sentences, and its headline figures. */

function runName(run) {
  return nameOf(run.scenario) + (run.plan ? ' · ' + nameOf(run.plan) : '');
}

function dayCounts(run) {
  return [0, 1]
    .filter(day => run.days[day] > 0)
    .map(day => t('days.' + DAYS[day], {n: run.days[day]}))
    .join(' + ');
}

function masthead(parent) {
  const run = DATA.run;
  const facts = [
    run.from === run.to ? run.from : t('run.period', {from: run.from, to: run.to}),
    dayCounts(run),
    t('run.halls', {n: DATA.halls.length}),
    t('run.replications', {n: run.replications}),
    t('run.seed', {seed: run.seed}),
  ].filter(Boolean);
  parent.append(
    h('p', {class: 'eyebrow'}, t(DATA.compare ? 'eyebrow.compare' : 'eyebrow')),
    h('h1', {}, runName(run)),
    h(
      'ul',
      {class: 'facts'},
      facts.map(fact => h('li', {}, fact)),
    ),
  );
  for (const text of warnings(run)) parent.append(h('p', {class: 'warning'}, text));
}

function warnings(run) {
  const texts = [];
  if (run.asked > run.replications)
    texts.push(t('warn.stopped', {done: run.replications, asked: run.asked}));
  if (DATA.city.every(([, half]) => !known(half))) texts.push(t('warn.one'));
  else if (DATA.city.some(figure => figure[3] === 1)) texts.push(t('warn.few'));
  return texts;
}

/* The k halls with the largest value of a figure. */
function largestHalls(key, k) {
  return DATA.halls
    .map(hall => ({hall, ...hallFigure(hall, key)}))
    .filter(row => known(row.value))
    .sort((a, b) => b.value - a.value)
    .slice(0, k);
}

function promiseSentence() {
  const kept = city('served_within_promise'),
    run = DATA.run;
  if (!known(kept.value) || !run.promise_s) return null;
  const values = {
    minutes: trimmed('seconds', run.promise_s),
    share: showUnit('share', kept.value, kept.half),
  };
  if (run.promise_share === null) return rich('say.promise', values);
  const gap = kept.value - run.promise_share;
  const verdict =
    known(kept.half) && Math.abs(gap) <= kept.half
      ? 'say.promise.close'
      : gap >= 0
        ? 'say.promise.kept'
        : 'say.promise.missed';
  return rich(verdict, {...values, goal: showUnit('share', run.promise_share)});
}

function saturdaySentence() {
  const workday = city('workday_wait_p90_s'),
    saturday = city('saturday_wait_p90_s');
  if (!known(workday.value) || !known(saturday.value)) return null;
  return rich('say.saturday', {
    saturday: showUnit('seconds', saturday.value, saturday.half),
    workday: showUnit('seconds', workday.value, workday.half),
    left: showUnit('share', city('saturday_left_share').value),
    workday_left: showUnit('share', city('workday_left_share').value),
  });
}

function hallsSentence() {
  const key = hasDay(1) ? 'saturday_wait_p90_s' : 'wait_p90_s',
    worst = largestHalls(key, 3);
  if (DATA.halls.length < 4 || worst.length < 3) return null;
  const list = worst
    .map(row => t('say.hall', {hall: nameOf(row.hall), wait: showUnit('seconds', row.value)}))
    .join(t('say.comma'));
  return rich(hasDay(1) ? 'say.halls.saturday' : 'say.halls', {list});
}

/* The half hour with the longest waits of the city, over the days that the run has. */
function peakSentence() {
  if (!hasSlots()) return null;
  let best = null;
  for (const day of daysKnown())
    slotLine(DATA.halls.length, day, 'wait_p90_s').values.forEach((value, slot) => {
      if (known(value) && (!best || value > best.value)) best = {day, slot, value};
    });
  return (
    best &&
    rich('say.peak', {
      day: dayName(best.day),
      from: clock(best.slot),
      wait: showUnit('seconds', best.value),
    })
  );
}

function deskSentence() {
  const onTime = city('desk_on_time');
  const rows = DATA.desks.rows
    .map(desk => ({desk, ...pick('desk', 'on_time_share', desk.figures)}))
    .filter(row => known(row.value))
    .sort((a, b) => a.value - b.value);
  if (!known(onTime.value) || rows.length === 0) return null;
  const share = showUnit('share', onTime.value, onTime.half),
    worst = showUnit('share', rows[0].value);
  return worst === share
    ? rich('say.desks.equal', {share})
    : rich('say.desks', {share, desk: nameOf(rows[0].desk), worst});
}

function sentences() {
  const arrived = city('cases_arrived'),
    served = city('cases_served'),
    left = city('left_share');
  const volume =
    known(arrived.value) && known(served.value)
      ? rich('say.volume', {
          arrived: show('count', arrived.value, arrived.half),
          served: showUnit('share', served.value / arrived.value),
          left: showUnit('share', left.value),
        })
      : null;
  const p50 = city('wait_p50_s'),
    p90 = city('wait_p90_s'),
    mean = city('wait_mean_s');
  const waits = known(p90.value)
    ? rich(p50.value < SOON_S ? 'say.waits.soon' : 'say.waits', {
        p50: showUnit('seconds', p50.value, p50.half),
        p90: showUnit('seconds', p90.value, p90.half),
        mean: showUnit('seconds', mean.value, mean.half),
      })
    : null;
  return [
    volume,
    waits,
    promiseSentence(),
    saturdaySentence(),
    hallsSentence(),
    peakSentence(),
    deskSentence(),
  ].filter(Boolean);
}

/* A wait that nobody would call one. */
const SOON_S = 3;

/* A headline figure; pair names the same figure on workdays and Saturdays. */
function card(key, pair) {
  const figure = city(key);
  const {metric, value, half} = figure;
  if (!known(value)) return null;
  const split = (pair || [])
    .map((part, day) => [day, city(part)])
    .filter(([day, one]) => hasDay(day) && known(one.value));
  return h(
    'article',
    {class: 'card'},
    h('h3', {}, nameOf(metric)),
    h(
      'p',
      {class: 'big'},
      h('b', {}, show(metric.unit, value, half)),
      unitText(metric.unit) ? h('span', {}, unitText(metric.unit)) : null,
    ),
    h('p', {class: 'interval'}, intervalText(figure) || t('interval.none')),
    split.length === 2
      ? h(
          'dl',
          {class: 'split'},
          split.map(([day, one]) =>
            h(
              'div',
              {},
              h('dt', {}, h('i', {style: 'background:' + DAY_COLOUR[day]}), dayName(day)),
              h('dd', {}, showUnit(one.metric.unit, one.value, one.half)),
            ),
          ),
        )
      : null,
    h('p', {class: 'note'}, noteOf(metric)),
  );
}

function daily(name) {
  return DAYS.map(day => day + '_' + name);
}

/* Every figure of the run: value, interval, n, what it means. */
function allFigures() {
  const rows = DATA.metrics.city.map(metric => city(metric.key)).filter(one => known(one.value));
  const body = rows.map(one =>
    h(
      'tr',
      {},
      h('th', {scope: 'row', class: 'text'}, nameOf(one.metric)),
      h('td', {}, showUnit(one.metric.unit, one.value, one.half)),
      h('td', {}, showHalf(one.metric.unit, one.value, one.half) || DASH),
      h('td', {}, one.n > 0 ? String(one.n) + (one.few ? ' *' : '') : DASH),
      h('td', {class: 'text wrap'}, noteOf(one.metric)),
      h('td', {class: 'text'}, h('code', {}, one.metric.key)),
    ),
  );
  return h(
    'details',
    {class: 'all'},
    h('summary', {}, t('all.title', {n: rows.length})),
    h('p', {class: 'note'}, t('all.note')),
    h(
      'div',
      {class: 'scroll', tabindex: '0'},
      h(
        'table',
        {},
        h('caption', {class: 'hidden'}, t('all.title', {n: rows.length})),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ['figure', 'value', 'half', 'n', 'meaning', 'key'].map(key =>
              h(
                'th',
                {scope: 'col', class: ['figure', 'meaning', 'key'].includes(key) ? 'text' : null},
                t('all.' + key),
              ),
            ),
          ),
        ),
        h('tbody', {}, body),
      ),
    ),
  );
}

function summarySection(parent) {
  parent.append(
    h(
      'ul',
      {class: 'lead'},
      sentences().map(sentence => h('li', {}, sentence)),
    ),
  );
  const cards = [
    card('cases_arrived', ['workday_cases', 'saturday_cases']),
    card('left_share', daily('left_share')),
    card('wait_mean_s', daily('wait_mean_s')),
    card('wait_p90_s', daily('wait_p90_s')),
    card('served_within_promise', daily('within_promise')),
    card('wait_p99_s', daily('wait_p99_s')),
    card('utilisation', daily('utilisation')),
    card('window_hours', daily('window_hours')),
  ].filter(Boolean);
  parent.append(h('div', {class: 'cards'}, cards), allFigures());
  return true;
}
