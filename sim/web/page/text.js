"use strict";
/* Every word of the page: [Chinese, English]. {name} is replaced by a value. */
const TEXT = {
  skip: ["跳到正文", "Skip to the page"],
  title: ["通办 · 窗口工作台", "Tongban · window workbench"],
  choose: ["选择大厅和日子", "Choose a hall and a day"],
  hall: ["大厅", "Hall"],
  day: ["日类型", "Kind of day"],
  history: ["修改", "Changes"],
  undo: ["撤销", "Undo"],
  redo: ["重做", "Redo"],
  reset: ["恢复原方案", "Back to the scenario's plan"],
  closed: ["（不开放）", " (closed)"],
  edited: [" ●已改", " ● changed"],

  whatif: ["假设", "What if"],
  "whatif.add": ["添加假设", "Add a what-if"],
  "whatif.none": [
    "没有假设：按原方案的人流和开放时间。",
    "None: the people and hours of the scenario.",
  ],
  "whatif.surge": ["人流增减 %", "People, more or fewer, %"],
  "whatif.sick": ["每个时段少几个人", "People missing in each half hour"],
  "whatif.closed": [
    "停开一个大厅（人到本行业其他大厅）",
    "A hall closed (its people go to its trade)",
  ],
  "whatif.choose": ["— 选择 —", "— choose —"],
  "whatif.from": ["{day}几点开门", "{day}: opens at"],
  "whatif.to": ["几点关门", "closes at"],
  "whatif.same": ["不变", "as it is"],
  "chip.surge": ["人流 {n}%", "people {n}%"],
  "chip.sick": ["缺 {n} 人", "{n} people missing"],
  "chip.closed": ["停开：{hall}", "closed: {hall}"],
  "chip.hours": ["{day}只开 {from}–{to}", "{day} only {from}–{to}"],
  "chip.remove": ["去掉假设：{what}", "Remove: {what}"],

  answer: ["一天的结果", "The day"],
  "f.within": ["{n} 分钟内叫到", "Called within {n} min"],
  "f.p90": ["十个人中九个等候不超过", "Nine in ten wait at most"],
  "f.mean": ["平均等候", "Mean wait"],
  "f.left": ["没办成就离开", "Left unserved"],
  "f.visits": ["一天取号多少人", "People with a number a day"],
  "f.hours": ["窗口小时", "Window hours"],
  "f.own": ["原方案 {n}", "scenario: {n}"],
  "f.goal.kept": ["达到承诺 {n}", "keeps the promised {n}"],
  "f.goal.missed": ["未达到承诺 {n}", "misses the promised {n}"],
  "f.goal.near": ["与承诺 {n} 在误差之内", "within chance of the promised {n}"],
  "f.error": ["± {n} 点（95%）", "± {n} pt (95%)"],
  "f.overtime": ["另有延时约 {n} 小时", "and about {n} h beyond it"],
  min: ["分钟", "min"],
  said: [
    "{within} 在 {n} 分钟内叫到，十个人中九个等候不超过 {p90}，{left} 离开，共 {hours} 窗口" +
    "小时。",
    "{within} called within {n} min, nine in ten wait at most {p90}, {left} left, {hours} " +
    "window hours.",
  ],

  bars: ["每半小时开几个窗口", "Windows open in each half hour"],
  "bars.note": [
    "上下拖动柱子，横着拖可一次改几段；键盘：← → 换时段，↑ ↓ 加减窗口，数字直接填。灰线是原" +
    "方案。",
    "Drag bars up or down, sideways for several; keys: ← → half hour, ↑ ↓ windows, digits " +
    "set. Grey line: scenario.",
  ],
  bar: ["{from} 至 {to} 的窗口", "Windows from {from} to {to}"],
  "bar.value": [
    "{n} 个，共 {most} 个；九成等候不超过 {p90}",
    "{n} of {most}; nine in ten wait at most {p90}",
  ],
  cells: ["用表格填写（也适合读屏软件）", "As a table of numbers (for screen readers too)"],
  "cells.caption": ["每半小时的窗口和等候", "Windows and waits of each half hour"],
  "c.time": ["时段", "Half hour"],
  "c.windows": ["窗口", "Windows"],
  "c.visits": ["来人", "People"],
  "c.mean": ["平均等候", "Mean wait"],
  "c.p90": ["九成不超过", "Nine in ten"],
  "c.within": ["承诺内", "In time"],
  "c.left": ["离开", "Left"],
  waits: [
    "每半小时到的人：九成等候不超过（分钟）",
    "Nine in ten of those who come then wait at most (min)",
  ],
  "waits.promise": ["承诺", "promise"],

  find: ["求方案", "Find a plan"],
  "find.share": ["承诺：", "Promise:"],
  "find.within": ["的人在 {n} 分钟内叫到", "of people called within {n} min"],
  "find.start": ["求最少的窗口", "Find the fewest windows"],
  "find.stop": ["停止", "Stop"],
  "find.search": [
    "第 {step} 步，估算：{hours} 窗口小时，承诺内 {within}",
    "Step {step}, proposed: {hours} window hours, {within} in time",
  ],
  "find.check": [
    "第 {step} 步，换一批人检验：{hours} 窗口小时，承诺内 {within}",
    "Step {step}, checked on other people: {hours} window hours, {within} in time",
  ],
  "find.kept": [
    "找到了：{hours} 窗口小时，换一批人检验，{within} 在承诺内，九成等候不超过 {p90}；有 95% 的" +
      "把握守住承诺。已放到上面，可撤销。",
    "Found: {hours} window hours; on people it had not met {within} in time, nine in ten " +
      "wait at most {p90}; the promise is kept with 95% confidence. Laid down above; undo takes " +
      "it back.",
  ],
  "find.short": [
    "做不到：全部窗口都开，也只有 {within} 在承诺内。请降低承诺、加窗口，或分流。",
    "Impossible: with all windows open {within} are in time. Promise less, add windows, or " +
    "send people elsewhere.",
  ],
  "find.stopped": ["已停止，方案没有改。", "Stopped; the plan is as it was."],
  "find.lost": [
    "看不到进展了：工作台已停，或另一个页面开始了新的求解。方案没有改。",
    "Lost sight of it: the workbench ended, or another page asked for a plan. The plan is as " +
      "it was.",
  ],
  "find.closed": ["这个大厅这天不开放。", "This hall is closed on such days."],
  "find.path": [
    "找方案的过程：窗口小时和承诺内比例",
    "The search: window hours and share in time",
  ],

  compare: ["方案对比", "Compare plans"],
  "compare.run": ["对比", "Compare"],
  "compare.note": [
    "同一批办事人、同样的日子；差别后是 95% 区间。“≈ 随机波动”：分不出高下。",
    'The same people on the same days; differences with 95% intervals. "≈ chance": no ' +
    'telling which is better.',
  ],
  save: ["存为方案", "Save the plan"],
  "save.name": ["方案名", "Name"],
  "save.default": ["方案 {n}", "Plan {n}"],
  "save.done": ["已存在本机的浏览器里：{name}", "Saved in this browser: {name}"],
  "row.own": ["原方案", "Scenario's plan"],
  "row.now": ["现在的方案", "The plan above"],
  "row.bare": ["现在的方案，没有假设", "The plan above, no what-if"],
  "row.load": ["拿来用", "Use"],
  "row.drop": ["删除", "Delete"],
  "t.plan": ["方案", "Plan"],
  "t.real": ["差别", "Difference"],
  "real.better": ["▲ 更好", "▲ better"],
  "real.worse": ["▼ 更差", "▼ worse"],
  "real.noise": ["≈ 随机波动", "≈ chance"],
  "real.base": ["对比的基准", "compared with"],
  points: ["点", "pt"],

  take: ["带走", "Take along"],
  "take.plan": ["下载 plan.csv", "Download plan.csv"],
  "take.roster": ["下载 roster.xlsx", "Download roster.xlsx"],
  "take.from": ["排班从", "Roster from"],
  "take.days": ["天数", "days"],
  "take.wait": ["正在排班……最多半分钟", "Making the roster ... half a minute at most"],
  "take.done": ["已下载 {name}", "{name} was downloaded"],
  "take.none": [
    "没有人员表：用 --staff 启动，或把 staff.csv 放进方案文件夹，就能排班。",
    "No table of staff: start with --staff, or put staff.csv into the folder, for rosters.",
  ],
  "take.note": [
    "plan.csv 含全部大厅，没改的照原样；tongban simulate 文件夹 --plan plan.csv 按全市检验" +
    "。假设不写进方案。",
    "plan.csv holds all halls, unchanged ones as they were; tongban simulate FOLDER --plan " +
    "plan.csv runs the whole city. What-ifs are not in it.",
  ],
  method: [
    "每个数字都来自真实排队规则的仿真：本大厅全年这类日子，每次同一批人；从别的大厅来的、来领证的" +
      "人按全市仿真的比例计入。求方案与 tongban plan 相同。",
    "Every number is simulated on the real queueing rules: such days of the year, the same " +
      "people each time; those who come from other halls or only collect are counted in as the " +
      "whole city's simulation has them. Plans are those of tongban plan.",
  ],
  "trouble.net": [
    "工作台没有回应。请看启动它的窗口是否还开着，然后刷新。",
    "The workbench does not answer. Is the window that started it still open? Then reload.",
  ],
};
