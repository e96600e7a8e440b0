"use strict";
/* A plan being found; plans side by side; what is taken along. */
let pathChart = null,
  path = [];

function findText(state, answer, step) {
  const words = {
    step,
    hours: digits(answer.window_hours, 1),
    within: percent(answer.day.within),
    p90: minutes(answer.day.wait_p90_s),
  };
  $("found").textContent = t("find." + state, words);
}

/* Once a frame, however many steps have come. */
let pathWaits = false;
function pathAsk() {
  if (pathWaits) return;
  pathWaits = true;
  requestAnimationFrame(() => {
    pathWaits = false;
    pathDraw();
  });
}

function pathDraw() {
  $("path").hidden = path.length < 2;
  if (path.length < 2) return;
  pathChart ??= echarts.init($("path"));
  $("path").setAttribute("aria-label", t("find.path") + ". " + $("found").textContent);
  pathChart.setOption({
    animation: false,
    title: {
      text: t("find.path"),
      textStyle: { fontSize: 13, fontWeight: 500, color: MUTED },
      left: 0,
    },
    grid: { left: 48, right: 56, top: 44, bottom: 24 },
    xAxis: {
      type: "category",
      data: path.map((one, index) => index + 1),
      ...axis,
      splitLine: { show: false },
    },
    yAxis: [
      { type: "value", scale: true, ...axis },
      {
        type: "value",
        max: 100,
        scale: true,
        ...axis,
        axisLabel: { formatter: "{value}%", color: ORANGE },
        splitLine: { show: false },
      },
    ],
    series: [
      {
        type: "line",
        step: "end",
        symbol: "none",
        data: path.map((one) => one.window_hours),
        lineStyle: { color: BLUE },
      },
      {
        type: "line",
        yAxisIndex: 1,
        symbol: "none",
        data: path.map((one) => +(100 * one.day.within).toFixed(2)),
        lineStyle: { color: ORANGE },
      },
    ],
  });
}

function findEnd() {
  STATE.job?.source.close();
  STATE.job = null;
  $("find").disabled = false;
  $("stop").hidden = true;
  figuresDraw();
}

function findStep(event) {
  const { state, windows, answer, step } = JSON.parse(event.data);
  const { key } = STATE.job;
  const live = ["search", "check"].includes(state);
  if (state !== "stopped" && state !== "closed") findText(state, answer, step);
  else $("found").textContent = t("find." + state);
  if (live) {
    path.push(answer);
    pathAsk();
  }
  if (key === keyNow() && live) {
    drag = { windows };
    for (const bar of $("bars").children) barPaint(bar);
    drag = null;
  }
  if (!live) {
    findEnd();
    if ((state === "kept" || state === "short") && key === keyNow()) {
      const whole = own().map((n, slot) =>
        openSlots().includes(slot) ? windows[slot] : windowsNow()[slot],
      );
      changePlan(whole);
    }
  }
}

async function findStart() {
  const share = Number($("share").value) / 100;
  $("find").disabled = true;
  const answer = await ask("/api/search", {
    hall: hall().id,
    day: dayId(),
    windows: windowsNow(),
    whatif: whatifNow(),
    share,
  });
  if (!answer) {
    $("find").disabled = false;
    return;
  }
  path = [];
  $("stop").hidden = false;
  const source = new EventSource("/api/search/events?job=" + answer.job);
  STATE.job = { number: answer.job, source, key: keyNow() };
  source.onmessage = findStep;
  source.onerror = () => {
    if (STATE.job?.source !== source) return;
    $("found").textContent = t("find.lost");
    findEnd();
  };
}

const findStop = () => STATE.job && ask("/api/search/cancel", { job: STATE.job.number });

/* ---- compare ---- */
function planRows() {
  const key = keyNow(),
    whatif = whatifNow();
  const rows = [
    { name: t("row.own"), windows: own(), whatif },
    { name: t("row.now"), windows: windowsNow(), whatif },
  ];
  if (chips().length > 0)
    rows.push({ name: t("row.bare"), windows: windowsNow(), whatif: {} });
  PLAN.saved.forEach((saved, index) => {
    if (rows.length < 6)
      rows.push({ name: saved.name, windows: saved.edits[key] ?? own(), whatif, index });
  });
  return rows;
}

/* "+1.2 ± 0.3 ▲ better": more in time is better, more waiting and leaving worse. */
function changeNodes(change, scale, unit, better) {
  if (!change) return null;
  const up = change.value > 0 === better;
  const word = !change.real || change.value === 0 ? "noise" : up ? "better" : "worse";
  const number = (change.value < 0 ? "−" : "+") + digits(Math.abs(change.value) * scale, 1);
  return h(
    "small",
    { class: "verdict " + word },
    `${number} ± ${digits(change.half_width * scale, 1)} ${unit} `,
    h("span", {}, t("real." + word)),
  );
}

function rowButtons(row) {
  if (row.index === undefined) return null;
  return h(
    "span",
    { class: "row-buttons" },
    h("button", { type: "button", onclick: () => planUse(row.index) }, t("row.load")),
    h("button", { type: "button", onclick: () => planDrop(row.index) }, t("row.drop")),
  );
}

function comparedRow(row, result, first) {
  const cell = (text, change) => h("td", {}, text, " ", change);
  if (!result)
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, row.name),
      h("td", { colspan: 5 }, t("find.closed")),
    );
  const { day, change } = result;
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      row.name,
      " ",
      first ? h("small", {}, t("real.base")) : rowButtons(row),
    ),
    cell(digits(result.window_hours, 1)),
    cell(percent(day.within), changeNodes(change?.within, 100, t("points"), true)),
    cell(minutes(day.wait_mean_s), changeNodes(change?.wait_mean_s, 1 / 60, t("min"), false)),
    cell(minutes(day.wait_p90_s)),
    cell(percent(day.left), changeNodes(change?.left, 100, t("points"), false)),
  );
}

async function compareRun() {
  const rows = planRows();
  const plans = rows.map(({ windows, whatif }) => ({ windows, whatif }));
  const answer = await ask("/api/compare", { hall: hall().id, day: dayId(), plans });
  if (!answer) return;
  const head = ["t.plan", "f.hours", "f.within", "f.mean", "f.p90", "f.left"];
  $("compared").replaceChildren(
    h(
      "table",
      {},
      h("caption", {}, `${nameOf(hall())} · ${nameOf(CITY.days[STATE.day])}`),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((key) => h("th", { scope: "col" }, t(key, { n: promiseMinutes() }))),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row, index) => comparedRow(row, answer.plans[index], index === 0)),
      ),
    ),
  );
}

function planSave() {
  const name = $("name").value.trim() || t("save.default", { n: PLAN.saved.length + 1 });
  PLAN.saved = PLAN.saved.filter((saved) => saved.name !== name);
  PLAN.saved.push({ name, edits: structuredClone(PLAN.edits) });
  PLAN.clean = JSON.stringify(PLAN.edits);
  savedStore();
  $("name").value = "";
  $("said").textContent = t("save.done", { name });
  compareRun();
}

function planUse(index) {
  changePlan(PLAN.saved[index].edits[keyNow()] ?? own());
}

function planDrop(index) {
  PLAN.saved.splice(index, 1);
  savedStore();
  compareRun();
}

/* ---- take along ---- */
const changesNow = () =>
  Object.entries(PLAN.edits).map(([key, windows]) => {
    const [hallId, day] = key.split("|");
    return { hall: hallId, day, windows };
  });

async function take(pathName, body, name) {
  const bytes = await ask(pathName, body);
  if (!bytes) return false;
  const url = URL.createObjectURL(bytes);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  $("said").textContent = t("take.done", { name });
  return true;
}

async function planTake() {
  if (await take("/api/plan.csv", { changes: changesNow() }, "plan.csv"))
    PLAN.clean = JSON.stringify(PLAN.edits);
}

function rosterDraw() {
  if (!CITY.roster) {
    $("roster").replaceChildren(h("span", { class: "note" }, t("take.none")));
    return;
  }
  const from = h("input", { type: "date", id: "roster-from", value: CITY.from });
  const days = h("input", { type: "number", id: "roster-days", min: 1, max: 62, value: 28 });
  const state = h("span", { role: "status" });
  const button = h("button", { type: "button", id: "roster-xlsx" }, t("take.roster"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    state.textContent = t("take.wait");
    const body = {
      changes: changesNow(),
      from: from.value,
      days: Math.round(Number(days.value)),
    };
    const done = await take("/api/roster.xlsx", body, "roster.xlsx");
    state.textContent = done ? t("take.done", { name: "roster.xlsx" }) : "";
    button.disabled = false;
  });
  $("roster").replaceChildren(
    h("label", {}, t("take.from") + " ", from),
    h("label", {}, t("take.days") + " ", days),
    button,
    state,
  );
}
