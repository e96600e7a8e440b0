// Does in headless Chromium what a planner does with the workbench at URL.
//   node look.js URL FOLDER          downloads (and with PICTURES=yes screenshots) go to FOLDER
// Every line names what was checked; exit status 1 if anything failed.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { chromium } = require(
  path.join(__dirname, "../../sim/report/node_modules/playwright-core"),
);

const [url, folder] = process.argv.slice(2);
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const LONG_MS = 120000; // a busy machine is no mistake
let failed = 0;

function check(right, what) {
  failed += right ? 0 : 1;
  console.log(`${right ? "ok" : "FAILED"}: ${what}`);
}

async function open(context, hash) {
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push("error: " + error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url()))
      wrong.push("request: " + request.url());
  });
  page.setDefaultTimeout(LONG_MS);
  await page.goto(url + hash);
  await page.waitForSelector(".figure");
  return { page, wrong };
}

// plans.js comes late, as over a slow line: after figures.js, the file before, has been read and
// the page has been laid out.
async function late(route) {
  const frame = route.request().frame();
  await frame.waitForFunction(() => typeof waitsDraw === "function");
  await frame.evaluate(() => new Promise((done) => new ResizeObserver(done).observe($("waits"))));
  await route.continue();
}

const picture = (page, name) =>
  process.env.PICTURES === "yes"
    ? page.screenshot({ path: path.join(folder, name), fullPage: true })
    : null;
const figures = (page) =>
  page.$$eval(".figure b", (all) => all.map((one) => one.textContent).join(" | "));
const windows = (page) =>
  page.$$eval(".slot", (all) => all.map((one) => Number(one.getAttribute("aria-valuenow"))));
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// Does something, and waits for figures that differ from those before; gives how long it took.
async function changes(page, act) {
  const before = await figures(page);
  const began = Date.now();
  await act();
  await page.waitForFunction(
    (text) => {
      const now = [...document.querySelectorAll(".figure b")]
        .map((one) => one.textContent)
        .join(" | ");
      return now !== "" && now !== text;
    },
    before,
    { polling: 20 },
  );
  return Date.now() - began;
}

async function checkDrag(page) {
  const before = await windows(page);
  const bars = await page.$$(".slot .track");
  const box = await bars[2].boundingBox(),
    last = await bars[5].boundingBox();
  const ms = await changes(page, async () => {
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.5);
    await page.mouse.down();
    await page.mouse.move(last.x + last.width / 2, box.y + box.height * 0.2, { steps: 12 });
    await page.mouse.up();
  });
  const after = await windows(page);
  check(after[5] > before[5], `a bar is dragged: ${before[5]} windows become ${after[5]}`);
  check(
    after[3] !== before[3] && after[6] === before[6],
    "a drag sideways draws over several half hours",
  );
  check(ms < 5000, `waits after a drag: ${ms} ms`);
  await changes(page, () => page.click("#undo"));
  check(same(await windows(page), before), "one undo takes the whole drag back");
  await changes(page, () => page.click("#redo"));
  check(same(await windows(page), after), "redo brings it again");
}

async function checkKeys(page) {
  const first = (await page.$$(".slot"))[0];
  const n = (await windows(page))[0];
  await first.focus();
  await changes(page, () => page.keyboard.press("ArrowUp"));
  check((await windows(page))[0] === n + 1, "arrow up opens a window");
  const text = await first.getAttribute("aria-valuetext");
  check(text.startsWith(String(n + 1)), `a screen reader hears: ${text}`);
  await page.keyboard.press("ArrowRight");
  check(
    await page.evaluate(
      () => document.activeElement === document.querySelectorAll(".slot")[1],
    ),
    "arrow right goes on",
  );
  await page.click("#cells-more summary");
  await changes(page, () =>
    page
      .fill("#cells tbody tr:nth-child(3) input", "1")
      .then(() => page.keyboard.press("Tab")),
  );
  check((await windows(page))[2] === 1, "a cell sets its half hour");
  await page.fill("#cells tbody tr:nth-child(3) input", "-4");
  await page.keyboard.press("Tab");
  check((await windows(page))[2] === 0, "negative windows become none");
  await page.click("#cells-more summary");
}

async function checkWhatif(page) {
  await page.click(".whatif summary");
  const share = async () => parseFloat(await page.textContent(".figure b"));
  const before = await share();
  await changes(page, () =>
    page.fill("#whatif-surge", "60").then(() => page.keyboard.press("Tab")),
  );
  check(
    (await share()) < before,
    `60% more people: ${before}% in time become ${await share()}%`,
  );
  await changes(page, () =>
    page.fill("#whatif-sick", "3").then(() => page.keyboard.press("Tab")),
  );
  await changes(page, () => page.selectOption("#whatif-closed", { index: 1 }));
  const slots = (await windows(page)).length;
  await changes(page, () => page.selectOption("#whatif-to", { index: 4 }));
  check((await windows(page)).length < slots, "shorter hours leave fewer half hours");
  check((await page.$$(".chip")).length === 4, "four what-ifs are four chips");
  await picture(page, "whatif.png");
  for (let i = 0; i < 4; i++) await changes(page, () => page.click(".chip"));
  check((await share()) === before, "without the chips all is as it was");
}

// The page itself writes down what it says, so that however late we look nothing is missed.
async function checkFind(page) {
  await page.evaluate(() => {
    window.told = [];
    const found = document.getElementById("found");
    new MutationObserver(() => window.told.push(found.textContent)).observe(found, {
      childList: true,
    });
  });
  await page.click("#find");
  await page.waitForFunction(
    () => window.told.length > 0 && !document.getElementById("find").disabled,
  );
  const steps = await page.evaluate(() => window.told);
  const said = await page.textContent("#found");
  check(steps.length >= 3, `the plan is watched being found: ${steps.length} texts`);
  check(
    steps.slice(0, -1).every((text, index) => text.includes(` ${index + 1} `)),
    "and no step is missed",
  );
  check(/^(找到了|Found)/.test(said), said);
  await page.waitForSelector(".figure.kept, .figure.near");
  check(true, "the plan found keeps the promise above, or is within chance of it");
}

async function checkStop(page) {
  const before = await windows(page);
  await page.fill("#share", "99");
  // At the very moment when it can be stopped: a search takes a second or two.
  await page.evaluate(() => {
    const stop = document.getElementById("stop");
    new MutationObserver(() => stop.hidden || stop.click()).observe(stop, { attributes: true });
  });
  await page.click("#find");
  await page.waitForFunction(() => !document.getElementById("find").disabled);
  const said = await page.textContent("#found");
  check(
    /^(已停止|Stopped)/.test(said) && same(await windows(page), before),
    "a search is stopped: " + said,
  );
}

async function checkCompare(page) {
  await page.fill("#name", "<b>周六加开</b>");
  await page.click("#save");
  await page.waitForSelector("#compared tbody tr:nth-child(3)");
  const text = await page.textContent("#compared");
  check(text.includes("<b>周六加开</b>"), "a name with markup is shown as it is");
  check((await page.$$(".verdict")).length >= 3, "differences are told with their intervals");
  check(/±/.test(text) && /(更好|更差|随机波动)/.test(text), "and with a verdict");
}

async function download(page, button, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  await file.saveAs(path.join(folder, name));
  check(
    fs.statSync(path.join(folder, name)).size > 100,
    `${name} is downloaded as ${file.suggestedFilename()}`,
  );
}

async function checkHostile(page) {
  const all = await page.evaluate(async () => {
    const post = (where, body) =>
      fetch(where, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
      }).then((r) => r.status);
    return [
      await post("/api/evaluate", '{"hall":'),
      await post("/api/evaluate", '{"hall": "none", "day": "saturday"}'),
      await post("/api/evaluate", "x".repeat(1100000)),
      await post("/api/nothing", "{}"),
      await fetch("/api/evaluate", { method: "POST", body: "{}" }).then((r) => r.status),
    ];
  });
  check(same(all, [400, 400, 413, 404, 403]), "bad requests are refused: " + all);
}

async function main() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "tongban-workbench-"));
  const context = await chromium.launchPersistentContext(profile, {
    timeout: 120000,
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: FLAGS,
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
  });
  try {
    await context.route("**/plans.js", late);
    const { page, wrong } = await open(context, "#day=saturday");
    await picture(page, "zh-1280.png");
    for (const step of [checkDrag, checkKeys, checkWhatif, checkFind, checkCompare])
      await step(page);
    await picture(page, "zh-found.png");
    await checkStop(page);
    await download(page, "#plan-csv", "plan.csv");
    if (await page.$("#roster-xlsx")) {
      await page.fill("#roster-days", "7");
      await download(page, "#roster-xlsx", "roster.xlsx");
    }
    check(
      wrong.length === 0,
      "nothing on the console, no request elsewhere " + wrong.join("; "),
    );
    await checkHostile(page);
    const english = await open(context, "#lang=en&day=workday");
    const words = await english.page.innerText("main");
    check(
      !/[\u4e00-\u9fff]{2}/.test(words.replace(/[^\n]*<b>[^\n]*/g, "")),
      "in English no Chinese is left",
    );
    await english.page.setViewportSize({ width: 800, height: 900 });
    const wide = await english.page.evaluate(
      () => document.documentElement.scrollWidth - innerWidth,
    );
    check(wide <= 0, "at 800 px nothing sticks out");
    await english.page.waitForTimeout(process.env.PICTURES === "yes" ? 300 : 0);
    await picture(english.page, "en-800.png");
    check(
      english.wrong.length === 0,
      "nothing on the console in English " + english.wrong.join("; "),
    );
  } finally {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
  process.exit(failed ? 1 : 0);
}

main().catch((error) => {
  console.log("FAILED: " + error.stack);
  process.exit(1);
});
