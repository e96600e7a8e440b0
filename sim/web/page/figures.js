"use strict";
/* The day's figures and the chart of waits. */
let chart = null;

function figure(key, value, base, mark) {
  return h(
    "div",
    { class: "figure" + (mark ? " " + mark.kind : "") },
    h("span", {}, t(key, { n: promiseMinutes() })),
    h("b", {}, value),
    mark ? h("em", {}, mark.text) : null,
    h("small", {}, base === null ? "" : t("f.own", { n: base })),
  );
}

function figuresDraw() {
  const answer = STATE.answer,
    base = STATE.base?.answer;
  barsDraw();
  if (!answer) {
    $("figures").replaceChildren();
    chart?.clear();
    return;
  }
  const { day } = answer;
  const of = (show) => (base ? show(base.day) : "—");
  const error = 1.96 * (answer.within_error ?? 0);
  const over = day.within - CITY.promise_share;
  const kind = Math.abs(over) <= error ? "near" : over > 0 ? "kept" : "missed";
  const mark = {
    kind,
    text: `${t("f.error", { n: digits(100 * error, 1) })} · ${t("f.goal." + kind, {
      n: percent(CITY.promise_share),
    })}`,
  };
  $("figures").replaceChildren(
    figure(
      "f.within",
      percent(day.within),
      of((d) => percent(d.within)),
      mark,
    ),
    figure(
      "f.p90",
      minutes(day.wait_p90_s),
      of((d) => minutes(d.wait_p90_s)),
    ),
    figure(
      "f.mean",
      minutes(day.wait_mean_s),
      of((d) => minutes(d.wait_mean_s)),
    ),
    figure(
      "f.left",
      percent(day.left),
      of((d) => percent(d.left)),
    ),
    figure(
      "f.visits",
      digits(day.visits, 0),
      of((d) => digits(d.visits, 0)),
    ),
    figure(
      "f.hours",
      digits(answer.window_hours, 1),
      base ? digits(base.window_hours, 1) : "—",
      answer.overtime_hours >= 0.05 && {
        kind: "",
        text: t("f.overtime", { n: digits(answer.overtime_hours, 1) }),
      },
    ),
  );
  $("said").textContent = t("said", {
    within: percent(day.within),
    n: promiseMinutes(),
    p90: minutes(day.wait_p90_s),
    left: percent(day.left),
    hours: digits(answer.window_hours, 1),
  });
  waitsDraw(answer);
}

const axis = {
  axisLine: { lineStyle: { color: LINE } },
  axisTick: { show: false },
  axisLabel: { color: MUTED },
  splitLine: { lineStyle: { color: LINE } },
};

function waitsDraw(answer) {
  chart ??= echarts.init($("waits"), null, { renderer: "canvas" });
  const slots = openSlots();
  const values = slots.map((slot) => {
    const wait = answer.slots[slot].wait_p90_s;
    return known(wait) ? Number((wait / 60).toFixed(2)) : null;
  });
  const promise = CITY.promise_s / 60;
  $("waits").setAttribute("aria-label", t("waits") + ". " + $("said").textContent);
  chart.setOption(
    {
      animation: false,
      title: {
        text: t("waits"),
        textStyle: { fontSize: 13, fontWeight: 500, color: MUTED },
        left: 0,
      },
      grid: { left: 40, right: 8, top: 44, bottom: 24 },
      xAxis: {
        type: "category",
        data: slots.map(clock),
        ...axis,
        splitLine: { show: false },
      },
      yAxis: {
        type: "value",
        min: 0,
        ...axis,
        max: (v) => Math.ceil(Math.max(v.max * 1.05, promise * 1.2)),
      },
      series: [
        {
          type: "bar",
          barWidth: "62%",
          data: values.map((value) => ({
            value,
            itemStyle: { color: value > promise ? "#d9782d" : "#86bad1" },
          })),
          label: {
            show: true,
            position: "top",
            color: INK,
            fontSize: 11,
            formatter: (p) => (p.value === null ? "" : digits(p.value, p.value < 10 ? 1 : 0)),
          },
          markLine: {
            silent: true,
            symbol: "none",
            lineStyle: { color: ORANGE, type: "dashed" },
            label: { formatter: t("waits.promise"), position: "insideEndTop", color: ORANGE },
            data: [{ yAxis: promise }],
          },
        },
      ],
    },
    true,
  );
}
