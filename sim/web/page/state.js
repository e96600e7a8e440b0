"use strict";
/* What the page knows: the scenario, the planner's changes with undo, the what-ifs. Names in the
 * data belong to users: they reach the page as text nodes only. */
const SLOTS = 48;
const STATE = { lang: "zh", hall: 0, day: 0, answer: null, base: null, job: null };
const PLAN = { edits: {}, undo: [], redo: [], saved: [], clean: "{}" };
const WHATIF = { surge: 0, sick: 0, closed: [], hours: {} };
let CITY = null;

const $ = (id) => document.getElementById(id);

function t(key, values = {}) {
  const pair = TEXT[key];
  if (!pair) throw new Error("no text for " + key);
  return pair[STATE.lang === "zh" ? 0 : 1].replace(
    /\{(\w+)\}/g,
    (all, name) => values[name] ?? all,
  );
}
const nameOf = (thing) => (STATE.lang === "en" && thing.en) || thing.zh;

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const known = (value) => typeof value === "number" && Number.isFinite(value);
const digits = (value, n) =>
  value.toLocaleString("en-US", { minimumFractionDigits: n, maximumFractionDigits: n });
const percent = (value) => (known(value) ? digits(100 * value, 1) + "%" : "—");
const minutes = (value) => (known(value) ? digits(value / 60, 1) + " " + t("min") : "—");
const clock = (slot) => `${String(slot >> 1).padStart(2, "0")}:${slot % 2 ? "30" : "00"}`;
const promiseMinutes = () => digits(CITY.promise_s / 60, CITY.promise_s % 60 ? 1 : 0);

/* ---- the plan ---- */
const hall = () => CITY.halls[STATE.hall];
const dayId = () => CITY.days[STATE.day].id;
const keyNow = () => hall().id + "|" + dayId();
const own = () => hall().days[STATE.day].windows;
const windowsNow = () => PLAN.edits[keyNow()] ?? own();
const same = (a, b) => a.every((n, index) => n === b[index]);

/* Half hours that are open, what-if included. */
function openSlots() {
  const { from = 0, to = SLOTS } = WHATIF.hours[dayId()] ?? {};
  const open = hall().days[STATE.day]?.open ?? [];
  return open
    .map((hours, slot) => (hours > 0 && slot >= from && slot < to ? slot : -1))
    .filter((slot) => slot >= 0);
}

function editSet(key, windows, original) {
  if (windows && !same(windows, original)) PLAN.edits[key] = windows;
  else delete PLAN.edits[key];
}

/* One step of undo; a drag is one step. */
function changePlan(windows) {
  const before = windowsNow();
  if (same(before, windows)) return;
  PLAN.undo.push({ hall: STATE.hall, day: STATE.day, before, after: windows });
  PLAN.redo = [];
  editSet(keyNow(), windows, own());
  changed();
}

function stepBack(from, to, side) {
  const step = from.pop();
  if (!step) return;
  to.push(step);
  STATE.hall = step.hall;
  STATE.day = step.day;
  editSet(keyNow(), step[side], own());
  render();
}

const unsaved = () => JSON.stringify(PLAN.edits) !== PLAN.clean;
addEventListener("beforeunload", (event) => {
  if (unsaved()) event.preventDefault();
});

const storeKey = () => "tongban-workbench-" + CITY.hash;
function savedLoad() {
  try {
    const rows = JSON.parse(localStorage.getItem(storeKey()) ?? "[]");
    PLAN.saved = Array.isArray(rows)
      ? rows.filter((row) => row && typeof row.name === "string" && row.edits)
      : [];
  } catch {
    PLAN.saved = [];
  }
}
const savedStore = () => localStorage.setItem(storeKey(), JSON.stringify(PLAN.saved));

/* ---- what if ---- */
function whatifNow() {
  const hours = WHATIF.hours[dayId()] ?? {};
  return { surge: WHATIF.surge / 100, sick: WHATIF.sick, closed: WHATIF.closed, ...hours };
}

/* ---- the server ---- */
function trouble(text) {
  $("trouble").textContent = text ?? "";
  $("trouble").hidden = !text;
}

async function ask(path, body) {
  let response;
  try {
    response = await fetch(
      path,
      body && {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      },
    );
  } catch {
    trouble(t("trouble.net"));
    return null;
  }
  const json = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  const answer = json ? await response.json() : await response.blob();
  if (json && answer.error) {
    trouble(nameOf(answer.error));
    return null;
  }
  trouble(null);
  return answer;
}

/* The newest question only: while one is under way, later ones wait, and only the last is asked. */
let asking = false,
  again = false;
async function evaluate() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  do {
    again = false;
    const key = keyNow();
    if (!hall().days[STATE.day]) break;
    const where = { hall: hall().id, day: dayId() };
    const began = performance.now();
    const answer = await ask("/api/evaluate", {
      ...where,
      windows: windowsNow(),
      whatif: whatifNow(),
    });
    document.body.dataset.ms = Math.round(performance.now() - began);
    if (STATE.base?.key !== key) {
      const base = await ask("/api/evaluate", { ...where, windows: own() });
      if (base) STATE.base = { key, answer: base };
    }
    if (key === keyNow() && !again) {
      STATE.answer = answer;
      figuresDraw();
    }
  } while (again);
  asking = false;
  document.body.dataset.answers = Number(document.body.dataset.answers ?? 0) + 1;
}
