// Opens the reports that demo wrote in headless Chromium and checks what a reader relies on.
//   node look.js FOLDER SHOTS     (NODE_PATH or sim/report/node_modules has playwright-core)
// Every line names what was checked; exit status 1 if anything failed. Screenshots go to SHOTS,
// unless PICTURES=none: they take most of the time.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const {pathToFileURL} = require('url');
const {chromium} = require(path.join(__dirname, '../../sim/report/node_modules/playwright-core'));

const [folder, shots] = process.argv.slice(2).map(name => path.resolve(name));
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
let passed = 0,
  failed = 0;

function check(right, what) {
  right ? passed++ : failed++;
  console.log(`${right ? 'ok' : 'FAILED'}: ${what}`);
}

// A page that records what must not happen: messages of the console, errors, requests.
async function open(context, name, hash = '') {
  const page = await context.newPage();
  const wrong = [];
  page.on('console', message => wrong.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', error => wrong.push('error: ' + error.message));
  page.on('dialog', dialog => {
    wrong.push('dialog: ' + dialog.message());
    dialog.dismiss();
  });
  const url = pathToFileURL(path.join(folder, name)).href;
  page.on('request', request => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
      wrong.push('request: ' + request.url());
  });
  page.setDefaultTimeout(120000);   // a busy machine is no mistake
  await page.goto(url + hash);
  return {page, wrong};
}

const shown = page => page.$$eval('main > section:not([hidden])', all => all.map(one => one.id));
const shot = async (page, name) => {
  if (process.env.PICTURES === 'none') return;
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({path: path.join(shots, name), fullPage: true});
};

async function checkPlain(context) {
  const {page, wrong} = await open(context, 'plain/report.html');
  const sections = await shown(page);
  check(
    ['summary', 'halls', 'heat', 'waits', 'windows', 'left', 'desks', 'ratings', 'method'].every(
      id => sections.includes(id),
    ) && !sections.includes('compare'),
    'a run shows all its sections',
  );
  check((await page.$$eval('#halls .tile', all => all.length)) === 58, '58 tiles');
  check(
    (await page.$$eval('#heat tbody tr:not(.group)', all => all.length)) === 59,
    '58 halls and the city in the heat map',
  );
  const charts = await page.$$eval('.chart', all =>
    all.map(one => [one.getAttribute('aria-label'), one.querySelectorAll('svg path').length]),
  );
  check(
    charts.length >= 10 && charts.every(([label, paths]) => label && paths > 5),
    `${charts.length} charts are drawn and described`,
  );
  check(
    await page.$$eval('figure:has(.chart)', all =>
      all.every(one => one.querySelector('details.numbers')),
    ),
    'every chart has its numbers as a table',
  );
  check(
    (await page.$eval('.check', one => one.textContent)).includes('账目相符'),
    'the accounts balance',
  );
  await shot(page, 'zh.png');
  await sortAndFilter(page);
  await switchLanguage(page);
  await printed(page);
  check(wrong.length === 0, 'no message, error or request: ' + wrong.join(' | '));
  await page.close();
}

async function sortAndFilter(page) {
  const first = () =>
    page.$eval('#halls .sortable tbody tr:first-child th', one => one.textContent);
  const head = page.locator('#halls .sortable thead button', {hasText: '离开率'});
  await head.focus();
  await page.keyboard.press('Enter');
  const most = await first();
  await page.keyboard.press('Enter');
  check(most !== (await first()), 'the table sorts by keyboard, both ways');
  check(
    (await page.$eval('#halls th[aria-sort]', one => one.getAttribute('aria-sort'))) ===
      'ascending',
    'aria-sort tells the order',
  );
  await page.selectOption('#halls .controls:has(input) select', '9');
  check(
    (await page.$$eval('#halls .sortable tbody tr', all => all.length)) === 2,
    'the filter leaves one trade',
  );
  await page.click('#heat .switch button:nth-child(2)');
  check(
    (await page.$eval('#heat caption', one => one.textContent)).includes('周六'),
    'the heat map switches to Saturday',
  );
  const tile = page.locator('#halls .tile').nth(3);
  await tile.focus();
  await page.keyboard.press('Enter');
  check(
    (await page.$eval('.detail h3', one => one.textContent)).startsWith('市税务大厅') ||
      (await page.$$eval('.detail h3', all => all.length)) === 3,
    'a tile opens its hall',
  );
}

async function switchLanguage(page) {
  await page.click('[data-lang=en]');
  const text = await page.$eval('main', one => one.innerText);
  check(
    !/[\u4e00-\u9fff]/.test(text),
    'English leaves no Chinese: ' + (text.match(/.*[\u4e00-\u9fff].*/) || [''])[0],
  );
  check((await page.$eval('html', one => one.lang)) === 'en', 'the page says that it is English');
  check(page.url().includes('lang=en'), 'the address keeps the language');
  await shot(page, 'en.png');
  await page.reload();
  check((await page.$eval('html', one => one.lang)) === 'en', 'a reload keeps the language');
  await page.click('[data-lang=zh]');
}

async function printed(page) {
  for (const landscape of [true, false]) {
    const file = path.join(shots, landscape ? 'landscape.pdf' : 'portrait.pdf');
    await page.pdf({
      path: file,
      landscape,
      format: 'A4',
      preferCSSPageSize: false,
      printBackground: true,
    });
    check(fs.statSync(file).size > 50000, 'prints: ' + path.basename(file));
  }
}

async function checkHostile(context) {
  const {page, wrong} = await open(context, 'hostile/report.html');
  const text = await page.$eval('main', one => one.textContent);
  check(
    text.includes('</script><script>alert(1)</script>') &&
      text.includes('<img src=x onerror=alert(2)>'),
    'hostile names are shown as text',
  );
  check(
    (await page.$$eval('main script, main img', all => all.length)) === 0,
    'hostile names make no elements',
  );
  for (const place of await page.$$('.chart')) await place.hover();
  check(wrong.length === 0, 'hostile names do nothing: ' + wrong.join(' | '));
  await page.close();
}

async function checkOthers(context) {
  for (const [name, sections] of [
    ['both/report.html', ['compare', 'heat']],
    ['compare/compare.html', ['compare', 'waits']],
    ['one/report.html', ['halls']],
    ['saturday/report.html', ['heat', 'waits', 'windows', 'left']],
    ['small/report.html', ['halls', 'method']],
    ['real/report.html', ['halls', 'heat', 'waits', 'windows', 'left', 'desks', 'ratings']],
  ]) {
    const {page, wrong} = await open(context, name, '#lang=zh');
    for (const lang of ['zh', 'en']) {
      if (lang === 'en') await page.click('[data-lang=en]');
      const ids = await shown(page);
      check(
        sections.every(id => ids.includes(id)),
        `${name} ${lang} shows ${sections.join(', ')}`,
      );
      const text = await page.$eval('main', one => one.innerText);
      check(
        !/NaN|undefined|Infinity|null|\[object/.test(text),
        `${name} ${lang} has no leftovers: ` +
          (text.match(/.*(NaN|undefined|Infinity|null|\[object).*/) || [''])[0],
      );
      if (lang === 'en' && name.startsWith('real/'))
        check(
          !/[\u4e00-\u9fff]/.test(text.replaceAll(/^.*tongban simulate.*$/gm, '')),
          `${name} en leaves no Chinese`,
        );
      await shot(page, `${path.dirname(name)}-${lang}.png`);
      check(wrong.length === 0, `${name} ${lang} is quiet: ` + wrong.join(' | '));
    }
    await page.close();
  }
}

async function checkNarrow(browserContext) {
  const {page, wrong} = await open(browserContext, 'plain/report.html');
  await page.setViewportSize({width: 390, height: 844});
  await page.waitForTimeout(300);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(wide <= 0, `a telephone needs no sideways scrolling (${wide} px)`);
  await shot(page, 'narrow.png');
  check(wrong.length === 0, 'narrow is quiet: ' + wrong.join(' | '));
  await page.close();
}

async function main() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'tongban-look-'));
  const context = await chromium.launchPersistentContext(profile, {
    timeout: 120000,
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
    viewport: {width: 1366, height: 900},
  });
  try {
    await checkPlain(context);
    await checkHostile(context);
    await checkOthers(context);
    await checkNarrow(context);
  } finally {
    await context.close();
    fs.rmSync(profile, {recursive: true, force: true});
  }
  console.log(`look: ${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

main();
