"use strict";
/* Puts the page together: choices, what-ifs, the two languages. */

function hallsDraw() {
  const edited = new Set(Object.keys(PLAN.edits).map((key) => key.split("|")[0]));
  $("hall").replaceChildren(
    ...CITY.trades.map((trade, index) =>
      h(
        "optgroup",
        { label: nameOf(trade) },
        CITY.halls.map((one, at) => {
          if (one.trade !== index) return null;
          const words =
            nameOf(one) +
            (edited.has(one.id) ? t("edited") : "") +
            (one.days.some(Boolean) ? "" : t("closed"));
          return h("option", { value: at, selected: at === STATE.hall }, words);
        }),
      ),
    ),
  );
}

function daysDraw() {
  const legend = $("days").querySelector("legend");
  $("days").replaceChildren(
    legend,
    ...CITY.days.map((day, index) => {
      const open = hall().days[index];
      if (CITY.halls.every((one) => !one.days[index])) return "";
      const input = h("input", {
        type: "radio",
        name: "day",
        value: day.id,
        checked: index === STATE.day,
        disabled: !open,
        onchange: () => {
          STATE.day = index;
          render();
        },
      });
      return h(
        "label",
        { class: open ? null : "off" },
        input,
        h("span", {}, nameOf(day) + (open ? "" : t("closed"))),
      );
    }),
  );
}

/* ---- what if ---- */
function chips() {
  const list = [];
  const sign = (n) => (n > 0 ? "+" : "") + n;
  if (WHATIF.surge)
    list.push([t("chip.surge", { n: sign(WHATIF.surge) }), () => (WHATIF.surge = 0)]);
  if (WHATIF.sick) list.push([t("chip.sick", { n: WHATIF.sick }), () => (WHATIF.sick = 0)]);
  for (const id of WHATIF.closed) {
    const name = nameOf(CITY.halls.find((one) => one.id === id));
    list.push([
      t("chip.closed", { hall: name }),
      () => (WHATIF.closed = WHATIF.closed.filter((one) => one !== id)),
    ]);
  }
  for (const [id, { from, to }] of Object.entries(WHATIF.hours)) {
    const day = nameOf(CITY.days.find((one) => one.id === id));
    list.push([
      t("chip.hours", { day, from: clock(from), to: clock(to) }),
      () => delete WHATIF.hours[id],
    ]);
  }
  return list;
}

function chipsDraw() {
  const list = chips();
  $("chips").replaceChildren(
    ...(list.length === 0 ? [h("span", { class: "note" }, t("whatif.none"))] : []),
    ...list.map(([words, remove]) =>
      h(
        "button",
        {
          type: "button",
          class: "chip",
          "aria-label": t("chip.remove", { what: words }),
          onclick: () => {
            remove();
            render();
          },
        },
        words,
        h("span", { "aria-hidden": "true" }, " ×"),
      ),
    ),
  );
}

function numberField(key, least, most) {
  const field = h("input", {
    type: "number",
    id: "whatif-" + key,
    min: least,
    max: most,
    value: WHATIF[key] || "",
  });
  field.addEventListener("change", () => {
    const n = Math.round(Number(field.value) || 0);
    WHATIF[key] = Math.max(least, Math.min(most, n));
    changed();
  });
  return h("label", {}, t("whatif." + key) + " ", field);
}

function closedField() {
  const field = h(
    "select",
    { id: "whatif-closed" },
    h("option", { value: "" }, t("whatif.choose")),
    CITY.halls.map((one) =>
      one.id === hall().id || one.trade !== hall().trade
        ? null
        : h("option", { value: one.id }, nameOf(one)),
    ),
  );
  field.addEventListener("change", () => {
    if (field.value && !WHATIF.closed.includes(field.value)) WHATIF.closed.push(field.value);
    field.value = "";
    changed();
  });
  return h("label", {}, t("whatif.closed") + " ", field);
}

function hoursFields() {
  const open = (hall().days[STATE.day]?.open ?? [])
    .map((hours, slot) => (hours > 0 ? slot : -1))
    .filter((slot) => slot >= 0);
  const first = open[0],
    last = open[open.length - 1] + 1;
  const { from = first, to = last } = WHATIF.hours[dayId()] ?? {};
  const times = (id, list, chosen) =>
    h(
      "select",
      { id },
      list.map((slot) =>
        h("option", { value: slot, selected: slot === chosen }, clock(slot)),
      ),
    );
  const begin = times("whatif-from", open, from),
    end = times(
      "whatif-to",
      open.map((slot) => slot + 1),
      to,
    );
  const set = () => {
    const hours = { from: Number(begin.value), to: Number(end.value) };
    if (hours.from === first && hours.to === last) delete WHATIF.hours[dayId()];
    else if (hours.from < hours.to) WHATIF.hours[dayId()] = hours;
    changed();
  };
  begin.addEventListener("change", set);
  end.addEventListener("change", set);
  return [
    h("label", {}, t("whatif.from", { day: nameOf(CITY.days[STATE.day]) }) + " ", begin),
    h("label", {}, t("whatif.to") + " ", end),
  ];
}

/* ---- all ---- */
/* After a change of the plan or the what-ifs: bars at once, figures when they are known. */
function changed() {
  $("undo").disabled = PLAN.undo.length === 0;
  $("redo").disabled = PLAN.redo.length === 0;
  $("reset").disabled = !PLAN.edits[keyNow()];
  hallsDraw();
  chipsDraw();
  barsDraw();
  evaluate();
}

function render() {
  document.documentElement.lang = STATE.lang === "zh" ? "zh-CN" : "en";
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-t]"))
    element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-aria]"))
    element.setAttribute("aria-label", t(element.dataset.aria));
  for (const button of document.querySelectorAll("[data-lang]"))
    button.setAttribute("aria-pressed", String(button.dataset.lang === STATE.lang));
  $("scenario").textContent = nameOf(CITY.scenario);
  $("within-words").textContent = t("find.within", { n: promiseMinutes() });
  $("compared").setAttribute("aria-label", t("compare"));
  $("compared").replaceChildren();
  $("whatif").replaceChildren(
    numberField("surge", -90, 400),
    numberField("sick", 0, 100),
    closedField(),
    ...hoursFields(),
  );
  STATE.answer = null;
  if (!hall().days[STATE.day]) STATE.day = Math.max(0, hall().days.findIndex(Boolean));
  daysDraw();
  rosterDraw();
  changed();
  const words = new URLSearchParams({ lang: STATE.lang, hall: hall().id, day: dayId() });
  history.replaceState(null, "", "#" + words);
}

function startFrom(hash) {
  const words = new URLSearchParams(hash.slice(1));
  if (words.get("lang") === "en") STATE.lang = "en";
  STATE.hall = Math.max(
    0,
    CITY.halls.findIndex((one) => one.id === words.get("hall")),
  );
  const day = CITY.days.findIndex((one) => one.id === (words.get("day") ?? "saturday"));
  STATE.day = day >= 0 ? day : 0;
}

const actions = {
  undo: () => stepBack(PLAN.undo, PLAN.redo, "before"),
  redo: () => stepBack(PLAN.redo, PLAN.undo, "after"),
  reset: () => changePlan([...own()]),
  find: findStart,
  stop: findStop,
  compare: compareRun,
  save: planSave,
  "plan-csv": planTake,
};

/* A chart follows its box, whatever has changed it: the window, the zoom, a scroll bar. Here, in
 * the last file, because the box may change before the files between have come. */
const boxes = new ResizeObserver(() => {
  chart?.resize();
  pathChart?.resize();
});
for (const id of ["waits", "path"]) boxes.observe($(id));

async function start() {
  CITY = await ask("/api/scenario");
  if (!CITY) return;
  startFrom(location.hash);
  savedLoad();
  $("share").value = Math.round(1000 * CITY.promise_share) / 10;
  for (const [id, act] of Object.entries(actions)) $(id).addEventListener("click", act);
  for (const button of document.querySelectorAll("[data-lang]"))
    button.addEventListener("click", () => {
      STATE.lang = button.dataset.lang;
      render();
    });
  $("hall").addEventListener("change", () => {
    STATE.hall = Number($("hall").value);
    render();
  });
  $("bars").addEventListener("pointerdown", dragBegin);
  $("bars").addEventListener("pointermove", (event) => drag && dragTo(event));
  $("bars").addEventListener("pointerup", dragEnd);
  $("bars").addEventListener("pointercancel", dragEnd);
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches("input")) return;
    if (event.key === "z") actions[event.shiftKey ? "redo" : "undo"]();
    else if (event.key === "y") actions.redo();
    else return;
    event.preventDefault();
  });
  render();
}

start();
