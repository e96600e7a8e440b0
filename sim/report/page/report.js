'use strict';
/* Puts the page together: sections, the two languages, the address, paper. */

const SECTIONS = [
  ['compare', compareSection],
  ['summary', summarySection],
  ['halls', hallsSection],
  ['heat', heatSection],
  ['waits', waitsSection],
  ['windows', windowsSection],
  ['left', leftSection],
  ['desks', desksSection],
  ['ratings', ratingsSection],
  ['method', methodSection],
];

/* The address keeps the reader's choices: #lang=en&hall=3. A link to a part adds &at=halls. */
function stateLoad() {
  const words = new URLSearchParams(location.hash.slice(1));
  if (words.get('lang') === 'en') STATE.lang = 'en';
  for (const key of ['colour', 'heat'])
    if (METRICS.hall[words.get(key)] || METRICS.slot[words.get(key)]) STATE[key] = words.get(key);
  for (const [key, count] of [
    ['day', 2],
    ['trade', DATA.trades.length],
  ])
    if (/^\d+$/.test(words.get(key) ?? '') && Number(words.get(key)) < count)
      STATE[key] = words.get(key);
  const hall = Number(words.get('hall') ?? NaN);
  if (Number.isInteger(hall) && hall >= 0 && hall < DATA.halls.length) STATE.hall = hall;
  return words.get('at');
}

function stateSave(at) {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(STATE))
    if (value !== null && value !== '') words.set(key, value);
  if (at) words.set('at', at);
  history.replaceState(null, '', '#' + words);
}

function goTo(id) {
  const section = document.getElementById(id);
  if (!section || section.hidden) return;
  section.scrollIntoView();
  stateSave(id);
}

function navigation(shown) {
  document.getElementById('nav').replaceChildren(
    ...shown.map(id =>
      h(
        'a',
        {
          href: '#at=' + id,
          onclick: event => {
            event.preventDefault();
            goTo(id);
            document.getElementById(id).querySelector('h2').focus({preventScroll: true});
          },
        },
        t(id + '.nav'),
      ),
    ),
  );
}

function render() {
  chartsDispose();
  document.documentElement.lang = STATE.lang === 'zh' ? 'zh-CN' : 'en';
  document.title = runName(DATA.run) + ' · ' + t(DATA.compare ? 'eyebrow.compare' : 'eyebrow');
  for (const element of document.querySelectorAll('[data-t]'))
    element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll('[data-aria]'))
    element.setAttribute('aria-label', t(element.dataset.aria));
  for (const button of document.querySelectorAll('[data-lang]'))
    button.setAttribute('aria-pressed', String(button.dataset.lang === STATE.lang));
  const head = document.getElementById('masthead');
  head.replaceChildren();
  masthead(head);
  const shown = [];
  for (const [id, draw] of SECTIONS) {
    const section = document.getElementById(id),
      body = section.querySelector('.body');
    section.setAttribute('aria-labelledby', id + '-head');
    section.querySelector('h2').id = id + '-head';
    section.querySelector('h2').tabIndex = -1;
    body.replaceChildren();
    section.hidden = false; /* charts measure their place */
    section.hidden = !draw(body);
    if (!section.hidden) shown.push(id);
  }
  navigation(shown);
}

function languageSet(lang) {
  STATE.lang = lang;
  stateSave();
  render();
}

function chartsResize() {
  for (const chart of CHARTS) {
    chart.resize();
    chartScales(chart);
  }
}

function start() {
  if (DATA.compare) document.querySelector('#summary h2').dataset.t = 'summary.after';
  const at = stateLoad();
  for (const button of document.querySelectorAll('[data-lang]'))
    button.addEventListener('click', () => languageSet(button.dataset.lang));
  document.getElementById('print').addEventListener('click', () => window.print());
  let waiting = null;
  window.addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(chartsResize, 120);
  });
  window.addEventListener('hashchange', () => {
    const target = new URLSearchParams(location.hash.slice(1)).get('at');
    if (target) goTo(target);
  });
  render();
  if (at) goTo(at);
}

start();
