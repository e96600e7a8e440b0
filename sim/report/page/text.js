'use strict';
/* Every word of the page: [Chinese, English]. {name} and [name] are
 * replaced by values; in sentences those of {name} stand out. */

const TEXT = {
  'skip': ['跳到正文', 'Skip to the text'],
  'nav': ['目录', 'Contents'],
  'print': ['打印', 'Print'],
  'city': ['全市', 'The city'],
  'numbers': ['数据表', 'Numbers as a table'],
  'eyebrow': ['通办 · 仿真报告', 'Tongban · simulation report'],
  'eyebrow.compare': ['通办 · 方案对比', 'Tongban · comparison of two runs'],

  'run.period': ['{from} 至 {to}', '{from} to {to}'],
  'run.halls': ['{n} 个大厅', 'halls: {n}'],
  'run.replications': ['重复运行 {n} 次', 'replications: {n}'],
  'run.seed.word': ['随机种子', 'Seed'],
  'run.seed': ['随机种子 {seed}', 'seed {seed}'],
  'days.workday': ['{n} 个工作日', '{n} workdays'],
  'days.saturday': ['{n} 个延时服务周六', '{n} Saturdays of extended service'],
  'day.workday': ['工作日', 'Workday'],
  'day.saturday': ['周六', 'Saturday'],
  'day.all': ['全部', 'All days'],
  'unit.minutes': ['分钟', 'min'],
  'unit.seconds': ['秒', 's'],
  'unit.points': ['个百分点', 'points'],
  'unit.hours': ['小时', 'h'],
  'unit.count': ['件（人）', 'count'],
  'unit.head': ['（分钟）', ' (min)'],

  'interval.half': ['{half}（95% 区间）', '{half} (95% interval)'],
  'interval.few': ['样本太少，区间仅供参考', 'n is small: take the interval as a hint'],
  'interval.none': ['没有区间', 'no interval'],
  'warn.stopped': [
    '运行被中途停止：要求重复 {asked} 次，完成了 {done} 次。本报告只含完成的部分。',
    'The run was stopped: {done} of {asked} replications were finished, and only they are shown.',
  ],
  'warn.one': [
    '只重复了 1 次：没有置信区间，所有数字都带着未知的随机波动。请用 --reps 20 或更多。',
    'One replication only: there are no intervals, and every figure carries an unknown amount ' +
      'of chance. Use --reps 20 or more.',
  ],
  'warn.few': [
    '部分指标的样本太少（标有提示），它们的区间仅供参考。请用 --reps 增加重复次数。',
    'Some figures have few samples (they say so): take their intervals as a hint. Use --reps ' +
      'for more.',
  ],

  'summary.title': ['主要结论', 'What the run says'],
  'summary.after': ['后一方案的结果', 'The second run by itself'],
  'summary.nav': ['结论', 'Summary'],
  'say.volume': [
    '期间到达 {arrived} 件，办结 {served}，等候中离开或关门未叫到 {left}。',
    '{arrived} cases arrived; {served} were served, {left} left while waiting or found the ' +
      'hall closing.',
  ],
  'say.waits': [
    '一半的人等候不超过 {p50}，十个人中有九个不超过 {p90}；平均 {mean}。',
    'Half of all people waited at most {p50}, nine in ten at most {p90}; the mean is {mean}.',
  ],
  'say.waits.soon': [
    '一半以上的人几乎不用等，十个人中有九个等候不超过 {p90}；平均 {mean}。',
    'More than half of all people hardly waited, nine in ten waited at most {p90}; the mean is ' +
      '{mean}.',
  ],
  'say.promise': [
    '{share} 的人在承诺的 {minutes} 分钟内叫到号。',
    '{share} were called within the promised {minutes} minutes.',
  ],
  'say.promise.kept': [
    '{share} 的人在承诺的 {minutes} 分钟内叫到号，达到 {goal} 的目标。',
    '{share} were called within the promised {minutes} minutes: the goal of {goal} is met.',
  ],
  'say.promise.missed': [
    '{share} 的人在承诺的 {minutes} 分钟内叫到号，没有达到 {goal} 的目标。',
    '{share} were called within the promised {minutes} minutes: the goal of {goal} is missed.',
  ],
  'say.promise.close': [
    '{share} 的人在承诺的 {minutes} 分钟内叫到号；与 {goal} 的目标之差在随机波动之内。',
    '{share} were called within the promised {minutes} minutes; chance alone may explain the ' +
      'gap to the goal of {goal}.',
  ],
  'say.saturday': [
    '周六九成的人等候不超过 {saturday}，工作日是 {workday}；周六离开 {left}，工作日离开 ' +
      '{workday_left}。',
    'On Saturdays nine in ten wait at most {saturday}, on workdays {workday}; {left} leave on ' +
      'Saturdays, {workday_left} on workdays.',
  ],
  'say.halls': [
    '等候最长的大厅（九成等候不超过）：{list}。',
    'Longest waits (nine in ten at most): {list}.',
  ],
  'say.halls.saturday': [
    '周六等候最长的大厅（九成等候不超过）：{list}。',
    'Longest Saturday waits (nine in ten at most): {list}.',
  ],
  'say.hall': ['{hall} {wait}', '{hall} {wait}'],
  'say.comma': ['、', ', '],
  'say.peak': [
    '全市等候最长的时段是{day} {from} 起的半小时，九成等候不超过 {wait}。',
    'The longest waits of the city fall on {day}, the half hour from {from}: nine in ten wait ' +
      'at most {wait}.',
  ],
  'say.desks': [
    '审批环节按时完成 {share}；最低的是{desk}，{worst}。',
    '{share} of approval steps were on time; the lowest is {desk} with {worst}.',
  ],

  'say.desks.equal': [
    '审批环节按时完成 {share}，各审批岗都是如此。',
    '{share} of approval steps were on time, at every desk.',
  ],

  'all.title': ['全部指标（{n} 项）', 'All figures ({n})'],
  'all.note': [
    '“±”是 95% 置信区间的半宽；n 是独立重复的次数；* 表示 n 太小，区间仅供参考。最后一列是 ' +
      'summary.json 中的键名。',
    '"±" is the half-width of the 95% confidence interval; n counts independent replications; ' +
      '* marks an n that is too small. The last column is the key in summary.json.',
  ],
  'all.figure': ['指标', 'Figure'],
  'all.value': ['数值', 'Value'],
  'all.half': ['95% 区间', '95% interval'],
  'all.n': ['n', 'n'],
  'all.meaning': ['含义', 'Meaning'],
  'all.key': ['键名', 'Key'],

  'filter.trade': ['系统', 'Trade'],
  'filter.all': ['全部', 'All'],
  'filter.words': ['查找大厅', 'Find a hall'],
  'filter.day': ['日类型', 'Day type'],
  'filter.metric': ['指标', 'Figure'],
  'table.count': ['显示 {shown} 行，共 {all} 行', '{shown} of {all} rows'],
  'table.hall': ['大厅', 'Hall'],
  'table.trade': ['系统', 'Trade'],
  'table.windows': ['窗口', 'Windows'],
  'table.windows.note': [
    '方案中的窗口数：{days}',
    'Windows of the plan: {days}',
  ],
  'table.from': ['时段起', 'From'],
  'table.waited': ['等候', 'Wait'],
  'table.desk': ['审批岗', 'Desk'],
  'table.approvers': ['审批人', 'Approvers'],
  'short.wait_mean_s': ['平均等候', 'Mean wait'],
  'short.wait_p50_s': ['中位数', 'Median'],
  'short.wait_p90_s': ['九成 ≤', '90% ≤'],
  'short.wait_p99_s': ['99% ≤', '99% ≤'],
  'short.saturday_wait_p90_s': ['周六九成 ≤', 'Saturday 90% ≤'],
  'short.saturday_arrived': ['周六到达', 'Saturday arrivals'],
  'short.within_promise': ['承诺内', 'In promise'],
  'short.sojourn_mean_h': ['平均用时', 'Mean time'],
  'short.sojourn_p90_h': ['九成用时 ≤', '90% within'],
  'legend.label': ['图例', 'Legend'],
  'legend.promise': [
    '蓝：在承诺的 {minutes} 分钟之内；橙：超出',
    'blue: within the promised {minutes} min; orange: beyond',
  ],

  'halls.title': ['各大厅', 'The halls'],
  'halls.nav': ['大厅', 'Halls'],
  'halls.note': [
    '每一格是一个大厅，左边粗线的是市级大厅。选一格可看它的一天。',
    'Each tile is a hall; a thick left edge marks city level. Choose one to see its day.',
  ],
  'halls.colour': ['着色', 'Colour by'],
  'halls.table': ['大厅明细', 'All halls'],
  'halls.table.note': [
    '等候以分钟计。点列名排序；鼠标停在列名上看含义，停在数字上看区间。',
    'Waits are minutes. Choose a column to sort by it; rest on its head for the meaning, on a ' +
      'number for the interval.',
  ],
  'detail.title': ['{hall}的一天', 'A day at {hall}'],
  'detail.note.one': ['方案窗口：{n} 个。', 'Windows of the plan: {n}.'],
  'detail.note': [
    '方案窗口：工作日 {workday} 个，周六 {saturday} 个。两图同一刻度。',
    'Windows of the plan: {workday} on workdays, {saturday} on Saturdays. Both charts have the ' +
      'same scale.',
  ],
  'detail.chart': [
    '左轴：每半小时到达人数和开放窗口；右轴：九成等候不超过（分钟）。',
    'Left: arrivals a half hour and open windows; right: nine in ten wait at most (minutes).',
  ],
  'detail.label': [
    '{hall}{day}各时段的到达、窗口与等候',
    'Arrivals, windows and waits of {hall}, {day}, by half hour',
  ],
  'detail.arrived': ['到达', 'Arrived'],
  'detail.open': ['开放窗口', 'Windows open'],
  'detail.wait': ['九成等候不超过', 'Nine in ten wait at most'],

  'heat.title': ['时段热力图', 'Half hour by half hour'],
  'heat.nav': ['时段', 'Half hours'],
  'heat.note': [
    '一行是一个大厅，一列是半小时，取该类型日的平均。斜线格为不开放或无人到达。',
    'A row is a hall, a column a half hour of the average day of that type. Hatched: closed, ' +
      'or nobody came.',
  ],
  'heat.caption': ['{metric} · {day}', '{metric} · {day}'],

  'waits.title': ['等候分布', 'How long people wait'],
  'waits.nav': ['等候', 'Waits'],
  'waits.note': [
    '从取号到叫号。分位数把中途离开的人按截尾计入；两图只画叫到号的人。',
    'From ticket to call. Quantiles count those who left as censored; the two charts show ' +
      'those who were called.',
  ],
  'waits.table': [
    '等候与服务水平（± 为 95% 区间）',
    'Waits and service level (± is the 95% interval)',
  ],
  'waits.histogram': ['等候了多少分钟', 'Minutes waited'],
  'waits.histogram.note': [
    '每一格占该类型日叫到号人数的比例。',
    'Share of those called on days of that type.',
  ],
  'waits.cut': [
    '每格 {step}，画到 95% 的人为止；第一分钟的细分见数据表。',
    '{step} a step, up to 95% of people; the first minute is split in the table of numbers.',
  ],
  'waits.cumulative': ['在多少分钟之内叫到', 'Called within so many minutes'],
  'waits.cumulative.note': [
    '圆点为中位数和九成。曲线与竖线的交点就是承诺时限内叫号的比例（以叫到号的人计）。',
    'Dots mark the median and nine in ten. Where a curve meets the vertical line is the share ' +
      'called within the promise (of those called).',
  ],
  'waits.within': ['在此之内', 'Within'],
  'waits.within.x': ['{minutes} 分钟之内', 'Within {minutes} min'],
  'waits.promise': ['承诺 {minutes} 分钟', 'promise {minutes} min'],
  'waits.goal': ['目标 {share}%', 'goal {share}%'],

  'windows.title': ['窗口忙闲', 'How busy the windows are'],
  'windows.nav': ['窗口', 'Windows'],
  'windows.note': [
    '忙碌率是值守时间中正在叫号或办理的比例。忙碌率过高时，等候会急剧变长；过低则有窗口可调。',
    'Utilisation is the share of staffed time spent calling and serving. Waits grow steeply ' +
      'when it is high; windows can be spared where it is low.',
  ],
  'windows.day.note': [
    '全市开放的窗口，以及其中正在忙的（平均数）。',
    'Windows open in the city, and those of them that are busy (averages).',
  ],
  'windows.day.label': [
    '{day}全市各时段开放与忙碌的窗口',
    'Open and busy windows of the city by half hour, {day}',
  ],
  'windows.open': ['开放', 'Open'],
  'windows.busy': ['忙碌', 'Busy'],
  'scatter.title': ['忙碌率与等候', 'Utilisation against waits'],
  'scatter.note': [
    '一点一个大厅，大小是办件量。左下：窗口有余；右上：窗口不足。',
    'A point is a hall, its size the volume. Lower left: windows to spare; upper right: too few.',
  ],
  'scatter.city': ['市级大厅', 'City halls'],
  'scatter.county': ['县级及以下', 'County halls and below'],
  'trade.title': ['各系统窗口忙碌率', 'Utilisation by trade'],
  'trade.note': ['按窗口小时加权。', 'Halls weighted by their window hours.'],

  'left.title': ['谁离开了，何时离开', 'Who left, and when'],
  'left.nav': ['离开', 'Leaving'],
  'left.note': [
    '等候中离开和关门时未叫到的人，从不计入办结。',
    'Those who gave up or were not called by closing time; they never count as served.',
  ],
  'left.when': ['离开的时段', 'When they left'],
  'left.when.note': [
    '全市每半小时离开的人数，该类型日的平均。',
    'People leaving each half hour in the city, on the average day of that type.',
  ],
  'left.after': ['等了多久才离开', 'How long they waited before leaving'],
  'left.after.note': [
    '占该类型日离开人数的比例。',
    'Share of those who left on days of that type.',
  ],
  'left.halls': ['离开率最高的 {n} 个大厅', 'The {n} halls with the highest left share'],
  'left.halls.note': [
    '离开与关门未叫到占到达的比例，全部日子。',
    'Left or expired, as a share of arrivals; all days.',
  ],

  'desks.title': ['后台审批', 'The back office'],
  'desks.nav': ['审批', 'Desks'],
  'desks.note': [
    '用时按工作小时计。期末已超期而未完成的，算没有按时。',
    'Times are working hours. Open and overdue at the end counts as late.',
  ],
  'desks.ageing': ['期末未完成环节的账龄', 'Age of the work open at the end'],
  'desks.ageing.note': [
    '期间结束时未完成的环节，按已历工作小时分段。',
    'Steps not finished when the period ended, by working hours since their arrival.',
  ],
  'desks.age': ['{from}–{to} 小时', '{from}–{to} h'],
  'desks.age.last': ['{from} 小时以上', '{from} h and more'],

  'ratings.title': ['好差评与回访', 'Ratings and follow-ups'],
  'ratings.nav': ['评价', 'Ratings'],
  'ratings.note': [
    '每件办结都应评价；窗口未评价的，60 日内回访。',
    'Every served case should be rated; what is not rated at the window is followed up within ' +
      '60 days.',
  ],
  'ratings.scores': ['评价等级', 'Scores'],
  'ratings.scores.note': ['已评价的办件。', 'Rated cases.'],
  'ratings.how': ['评价来源', 'How they were rated'],
  'ratings.how.note': ['全部办结办件。', 'All served cases.'],
  'ratings.followups': ['60 日回访', 'Follow-up in 60 days'],
  'ratings.followups.note': ['窗口未评价的办件。', 'Cases not rated at the window.'],
  'score.5': ['非常满意', 'Very good'],
  'score.4': ['满意', 'Good'],
  'score.3': ['基本满意', 'Fair'],
  'score.2': ['不满意', 'Bad'],
  'score.1': ['非常不满意', 'Very bad'],
  'rated.0': ['窗口评价', 'At the window'],
  'rated.1': ['回访评价', 'At follow-up'],
  'rated.2': ['未评价', 'Not rated'],
  'followup.0': ['按期完成', 'Done in time'],
  'followup.1': ['逾期未完成', 'Missed'],
  'followup.2': ['尚未到期', 'Not due yet'],

  'method.title': ['说明与复现', 'How to read this, and how to repeat it'],
  'method.nav': ['说明', 'Method'],
  'account.right': [
    '账目相符：全市和 {halls} 个大厅都满足 到达 = 办结 + 离开 + 关门未叫到 + 未能取号 + 期末在' +
      '厅。',
    'The accounts balance: for the city and each of {halls} halls, arrived = served + left + ' +
      'expired + refused + still there.',
  ],
  'account.wrong': [
    '账目不符：全市相差 {gap} 件；不符的大厅：{halls}。请勿使用本报告，并报告此问题。',
    'The accounts do not balance: the city is off by {gap}; halls: {halls}. Do not use this ' +
      'report, and tell us.',
  ],
  'reading.title': ['怎样读这些数字', 'How to read the figures'],
  'reading.interval.head': ['± 是什么。', 'What ± means.'],
  'reading.interval': [
    '同一方案用不同的随机运气重复运行，得到的平均数会有波动。± 是 95% 置信区间的半宽：多做几轮' +
      '同样的试验，二十次里约有十九次，真正的平均数落在“数值 ± 半宽”之内。区间反映仿真的偶然性，' +
      '不反映假设是否正确。',
    'Repeating the same plan with other luck gives other averages. ± is the half-width of the ' +
      '95% confidence interval: in about nineteen of twenty such experiments the true average ' +
      'lies within it. It covers the chance in the simulation, not whether the assumptions hold.',
  ],
  'reading.paired.head': ['两个方案的比较。', 'Comparing two plans.'],
  'reading.paired': [
    '两次运行遇到同一批办事人，逐次相减，运气互相抵消；差的区间不含 0，才说“确有变化”。',
    'Both runs meet the same citizens; subtracting them pair by pair cancels most of the luck. ' +
      'A change is called real only if the interval of the difference excludes 0.',
  ],
  'reading.censored.head': ['离开的人。', 'Those who leave.'],
  'reading.censored': [
    '他们本可等得更久，只知道“至少等了这么久”。平均数和分位数按截尾数据估计，不把他们剔除，也不' +
      '算作办结。',
    'They would have waited longer; all we know is "at least this long". Means and quantiles ' +
      'treat them as censored: neither dropped nor counted as served.',
  ],
  'reading.promise.head': ['承诺时限。', 'The promise.'],
  'reading.promise': [
    '在承诺时限内叫到号的占全部取到号的人；离开和过号的都算没有做到。',
    'Called within the promised wait, as a share of all tickets; leaving and expiring count as ' +
      'not kept.',
  ],
  'reading.slots.head': ['时段。', 'Half hours.'],
  'reading.slots': [
    '到达和等候记在到达的半小时，离开记在离开的半小时；均为该类型日的平均。',
    'Arrivals and waits belong to the half hour of arrival, leaving to that of leaving; all ' +
      'are averages over days of that type.',
  ],
  'reading.scope.head': ['范围。', 'Scope.'],
  'reading.scope': [
    '这是按场景文件仿真的结果，不是实际业务统计。',
    'These are results of a simulation of the scenario, not records of real service.',
  ],
  'assumed.P': ['公开数据', 'Published figures'],
  'assumed.A': ['假设', 'Assumptions'],
  'reproduce.title': ['复现', 'Repeat it'],
  'reproduce.note': [
    '同一程序、同一命令，在任何机器上、用几个线程，都得到完全相同的数字。',
    'The same program and command give exactly the same figures on any machine and with any ' +
      'number of threads.',
  ],
  'reproduce.this': ['本次运行', 'This run'],
  'run.state_hash': ['状态校验', 'State hash'],
  'run.version': ['程序版本', 'Program'],

  'compare.title': ['方案对比', 'Before and after'],
  'compare.nav': ['对比', 'Comparison'],
  'compare.note': [
    '按重复序号成对相减（{n} 对）。“确有”指差的 95% 区间不含 0；否则' +
      '就是“在随机波动之内”。',
    'Replications are subtracted pair by pair ({n} pairs). A ' +
      'change is called real if the 95% interval of the difference excludes 0; otherwise it is ' +
      'within noise.',
  ],
  'compare.same': ['两次运行遇到同一批办事人。', 'Both runs met the same citizens.'],
  'compare.demand': [
    '两次运行的需求设置不同，来的不是同一批办事人：差异中也包含需求的差异。',
    'The two runs differ in their demand: not the same citizens came, and the differences show ' +
      'that too.',
  ],
  'compare.one': [
    '只有一次重复，无法判断差异是否只是随机波动。请用 --reps 增加重复次数。',
    'With one replication nobody can tell a difference from noise. Use --reps for more.',
  ],
  'compare.nothing': [
    '主要指标的变化都在随机波动之内。',
    'No main figure changed by more than noise.',
  ],
  'compare.moved': [
    '[figure]：[before] → [after]，差 {difference}（[half]），{verdict}。',
    '[figure]: [before] → [after], a difference of {difference} ([half]): {verdict}.',
  ],
  'compare.before': ['前', 'Before'],
  'compare.after': ['后', 'After'],
  'compare.difference': ['差（后减前）', 'Difference'],
  'compare.pairs': ['对数', 'Pairs'],
  'compare.verdict': ['是否超出随机波动', 'More than noise?'],
  'compare.all': ['全部指标（{n} 项）', 'All figures ({n})'],
  'compare.halls': ['各大厅的变化', 'Hall by hall'],
  'compare.halls.note': [
    '格中是差值（后减前）。所有大厅一起判断，每项指标总体把握 95%，所以单个大厅的区间比上表更宽。',
    'Tiles show differences (after minus before). All halls are judged together with 95% a ' +
      'figure, so intervals are wider than for one hall alone.',
  ],
  'compare.count': [
    '确有改善 {better} 个，确有恶化 {worse} 个，其他变化 {changed} 个，其余 {rest} 个没有超出随' +
      '机波动的变化。',
    'Better: {better}; worse: {worse}; otherwise changed: {changed}; no more than noise: {rest}.',
  ],
  'compare.flat': ['没有超出随机波动', 'no more than noise'],
  'moved.better': ['确有改善', 'a real improvement'],
  'moved.worse': ['确有恶化', 'really worse'],
  'moved.changed': ['确有变化', 'a real change'],
  'verdict.better': ['是，确有改善', 'yes: better'],
  'verdict.worse': ['是，确有恶化', 'yes: worse'],
  'verdict.changed': ['是，确有变化', 'yes: changed'],
  'verdict.noise': ['否，在随机波动之内', 'no: within noise'],
  'verdict.same': ['否，完全相同', 'no: identical'],
  'verdict.unknown': ['无法判断', "can't tell"],
};
