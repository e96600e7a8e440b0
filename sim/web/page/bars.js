"use strict";
/* Windows as bars: sliders that are dragged or moved by keys, and the same as a table of cells. */
const INK = "#17323f",
  MUTED = "#566771",
  LINE = "#dfe5e8",
  BLUE = "#2f6f8f",
  ORANGE = "#b0521a";

let drag = null; /* {windows}: what is being drawn by the pointer */
const shownWindows = () => drag?.windows ?? windowsNow();

function barText(slot) {
  const p90 = STATE.answer?.slots[slot]?.wait_p90_s;
  return t("bar.value", { n: shownWindows()[slot], most: hall().windows, p90: minutes(p90) });
}

function barPaint(bar) {
  const slot = Number(bar.dataset.slot),
    n = shownWindows()[slot],
    most = hall().windows;
  bar.setAttribute("aria-valuenow", n);
  bar.setAttribute("aria-valuetext", barText(slot));
  bar.querySelector(".fill").style.height = (100 * n) / most + "%";
  bar.querySelector(".own").style.bottom = (100 * own()[slot]) / most + "%";
  bar.querySelector("b").textContent = n;
  bar.classList.toggle("edited", n !== own()[slot]);
}

function slotSet(slot, n) {
  const windows = [...windowsNow()];
  windows[slot] = Math.max(0, Math.min(hall().windows, n));
  changePlan(windows);
}

function barKey(event) {
  const bar = event.currentTarget,
    slot = Number(bar.dataset.slot),
    n = windowsNow()[slot];
  const moves = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" };
  if (moves[event.key]) bar[moves[event.key]]?.focus();
  else if (event.key === "ArrowUp") slotSet(slot, n + 1);
  else if (event.key === "ArrowDown") slotSet(slot, n - 1);
  else if (event.key === "PageUp") slotSet(slot, n + 5);
  else if (event.key === "PageDown") slotSet(slot, n - 5);
  else if (event.key === "Home") slotSet(slot, 0);
  else if (event.key === "End") slotSet(slot, hall().windows);
  else if (/^\d$/.test(event.key) && !event.ctrlKey && !event.metaKey)
    slotSet(slot, Number(event.key));
  else return;
  event.preventDefault();
}

/* The bar below the pointer gets the height of the pointer. */
function dragTo(event) {
  const bars = [...$("bars").children];
  const bar = bars.find((one) => {
    const box = one.getBoundingClientRect();
    return event.clientX >= box.left && event.clientX < box.right;
  });
  if (!bar) return;
  const box = bar.querySelector(".track").getBoundingClientRect();
  const part = Math.max(0, Math.min(1, (box.bottom - event.clientY) / box.height));
  const n = Math.round(part * hall().windows);
  if (drag.windows[bar.dataset.slot] === n) return;
  drag.windows[bar.dataset.slot] = n;
  barPaint(bar);
}

function dragBegin(event) {
  if (event.button !== 0 || !event.target.closest(".slot")) return;
  drag = { windows: [...windowsNow()] };
  event.target.closest(".slot").focus();
  $("bars").setPointerCapture(event.pointerId);
  dragTo(event);
  event.preventDefault();
}

function dragEnd(event) {
  if (!drag) return;
  const { windows } = drag;
  drag = null;
  if (event.type === "pointerup") changePlan(windows);
  else barsDraw();
}

function barMake(slot) {
  return h(
    "div",
    {
      class: "slot",
      role: "slider",
      tabindex: "0",
      "aria-orientation": "vertical",
      "aria-label": t("bar", { from: clock(slot), to: clock(slot + 1) }),
      "aria-valuemin": 0,
      "aria-valuemax": hall().windows,
      "data-slot": slot,
      onkeydown: barKey,
    },
    h("b", {}),
    h("div", { class: "track" }, h("div", { class: "fill" }), h("div", { class: "own" })),
    h("span", { class: slot % 2 ? "half" : null }, clock(slot)),
  );
}

/* Bars are kept while they stand for the same half hours, so that focus stays. */
function barsDraw() {
  const slots = hall().days[STATE.day] ? openSlots() : [];
  const mark = [STATE.lang, STATE.hall, STATE.day, slots].join();
  if ($("bars").dataset.mark !== mark) {
    $("bars").dataset.mark = mark;
    $("bars").replaceChildren(...slots.map(barMake));
    cellsMake(slots);
  }
  for (const bar of $("bars").children) barPaint(bar);
  cellsPaint(slots);
}

/* ---- cells ---- */
const CELLS = [
  ["visits", (value) => (known(value) ? digits(value, 1) : "—")],
  ["mean", minutes],
  ["p90", minutes],
  ["within", percent],
  ["left", percent],
];

function cellsMake(slots) {
  const head = ["time", "windows", ...CELLS.map(([key]) => key)];
  $("cells").replaceChildren(
    h("caption", { class: "hidden" }, t("cells.caption")),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        head.map((key) => h("th", { scope: "col" }, t("c." + key))),
      ),
    ),
    h(
      "tbody",
      {},
      slots.map((slot) =>
        h(
          "tr",
          { "data-slot": slot },
          h("th", { scope: "row" }, `${clock(slot)}–${clock(slot + 1)}`),
          h(
            "td",
            {},
            h("input", {
              type: "number",
              min: 0,
              max: hall().windows,
              "aria-label": t("bar", { from: clock(slot), to: clock(slot + 1) }),
              onchange: (event) => {
                const n = Math.round(Number(event.target.value));
                slotSet(
                  slot,
                  Number.isFinite(n) && event.target.value !== "" ? n : windowsNow()[slot],
                );
                cellsPaint(openSlots());
              },
            }),
          ),
          CELLS.map(() => h("td", {})),
        ),
      ),
    ),
  );
}

function cellsPaint() {
  for (const row of $("cells").querySelectorAll("tbody tr")) {
    const slot = Number(row.dataset.slot),
      input = row.querySelector("input"),
      figures = STATE.answer?.slots[slot] ?? {};
    input.value = windowsNow()[slot];
    const values = [
      figures.visits,
      figures.wait_mean_s,
      figures.wait_p90_s,
      figures.within,
      figures.left,
    ];
    CELLS.forEach(
      ([, show], index) => (row.children[index + 2].textContent = show(values[index])),
    );
  }
}
