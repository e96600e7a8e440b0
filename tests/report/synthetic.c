/* Waits by Sakasegawa's approximation of the GI/G/c queue, softened near full load. */
#include "report/synthetic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 18, BINS = 120, TRADES = 10, COUNTIES = 7, DESKS = 12, AGES = 5 };

const char *const synthetic_hostile_names[5] = {
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(2)>",
    "=HYPERLINK(\"http://example.invalid\",\"点我\")", "逗号，引号\"换行\r\n第二行",
    "'\"&lt;!--@data-->\\u003c\t<!--",
};

static const struct trade {
    const char *id, *zh, *en;
    int city_halls, county_halls;
    double city_year, county_year, service_min, service_cv;
    int city_windows, county_windows, city_saturday, county_saturday;
} trades[TRADES] = {
    {"police", "公安", "Police", 2, 7, 140000, 30000, 9.5, 0.75, 15, 4, 8, 2},
    {"social", "人社", "Social security", 1, 7, 70000, 24000, 12, 0.9, 10, 4, 5, 2},
    {"tax", "税务", "Tax", 1, 7, 60000, 20000, 14, 1.0, 10, 4, 5, 2},
    {"estate", "不动产", "Real estate", 1, 7, 60000, 16000, 22, 0.8, 15, 4, 8, 3},
    {"centre", "行政服务中心", "Service centre", 1, 7, 15000, 14000, 18, 1.1, 3, 3, 2, 2},
    {"fund", "公积金", "Housing fund", 1, 4, 30000, 10000, 15, 0.7, 5, 2, 3, 1},
    {"justice", "司法", "Justice", 1, 3, 8000, 4000, 35, 0.9, 4, 2, 2, 1},
    {"water", "水务", "Water", 1, 2, 35000, 20000, 7, 0.8, 3, 2, 2, 1},
    {"power", "供电", "Electricity", 1, 2, 36000, 24000, 7, 0.8, 3, 2, 2, 1},
    {"gas", "燃气", "Gas", 1, 1, 20000, 18000, 7, 0.8, 2, 2, 1, 1},
};

static const char *const counties[COUNTIES][2] = {
    {"临江县", "Linjiang"}, {"青山县", "Qingshan"}, {"云溪县", "Yunxi"},  {"白石县", "Baishi"},
    {"东岭县", "Dongling"}, {"南湖区", "Nanhu"},    {"长平市", "Changping"}};

/* Share of a day's arrivals by half hour from 08:30: workday, Saturday. */
static const double profile[2][SLOTS] = {
    {8, 9, 9, 9.5, 9.5, 7.5, 5.5, 1.5, 1.3, 1.2, 1, 6, 7, 6.5, 6.5, 5, 4, 2},
    {5, 8, 9, 10.5, 10.5, 9, 7, 1, 0.8, 0.7, 0.5, 7, 7, 6.5, 6.5, 5, 4, 2}};
static const double days[2] = {236, 41};
static const double daily[2] = {5473.0 / 1500000, 121977.0 / 41 / 1500000};

struct hall {
    const struct trade *trade;
    bool city, noon;
    double year;
    int windows[2];
};

/* A number in 0..1 from a counter (splitmix64). */
static double noise(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t z = seed * 0x9e3779b97f4a7c15u + a * 0xbf58476d1ce4e5b9u + b * 0x94d049bb133111ebu;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double wait_min(double load, double windows, const struct trade *trade)
{
    double rho = load / windows;
    rho = rho / pow(1 + pow(rho, 10), 0.1);
    double shape = (1 + trade->service_cv * trade->service_cv) / 2;
    return shape * trade->service_min * pow(rho, sqrt(2 * (windows + 1)) - 1) /
           (windows * (1.03 - rho));
}

struct slot {
    double arrived, windows, busy, wait, left;
};

static struct slot slot_make(const struct hall *hall, int day, int slot, double factor)
{
    bool noon = slot >= 7 && slot < 11, open = !noon || hall->noon;
    struct slot s = {.windows = !open ? 0 : noon ? 2 : hall->windows[day]};
    double share = profile[day][slot] * (hall->noon || noon ? 1 : 1.05) / 100;
    s.arrived = open ? hall->year * daily[day] * share * factor : 0;
    if (!open)
        return s;
    double load = s.arrived * 2 * 0.84 * hall->trade->service_min / 60;
    s.wait = wait_min(load, s.windows, hall->trade);
    s.left = s.arrived * (1 - exp(-s.wait / 90));
    s.busy = fmin(load * (1 - s.left / s.arrived), 0.99 * s.windows);
    return s;
}

static void slot_add(double *value, const struct slot *s, double weight)
{
    value[TBS_SLOT_ARRIVED] += s->arrived * weight;
    value[TBS_SLOT_SERVED] += (s->arrived - s->left) * weight;
    value[TBS_SLOT_LEFT] += s->left * weight;
    value[TBS_SLOT_WAIT_MEAN_S] += s->arrived * s->wait * 60 * weight;  /* divided later */
    value[TBS_SLOT_WINDOWS_OPEN] += s->windows * weight;
    value[TBS_SLOT_UTILISATION] += s->busy * weight;                    /* divided later */
    value[TBS_SLOT_WAITING] += s->arrived * s->wait / 30 * weight;
}

static void slot_finish(double *value)
{
    value[TBS_SLOT_WAIT_MEAN_S] /= value[TBS_SLOT_ARRIVED];
    value[TBS_SLOT_WAIT_P90_S] = 2.35 * value[TBS_SLOT_WAIT_MEAN_S];
    value[TBS_SLOT_UTILISATION] /= value[TBS_SLOT_WINDOWS_OPEN];
}

/* Sums of one replication: of one hall or of the city. */
struct sum {
    double slot[2][SLOTS][TBS_SLOT_METRIC_COUNT];
    double arrived[2], left[2], waited[2], hours[2], busy[2], kept[2];
    double bin[2][BINS], left_bin[2][BINS];
};

static double bin_edge_s(int bin)
{
    return bin == BINS ? INFINITY : bin * 60;
}

static void sum_add(struct sum *sum, int day, int slot, const struct slot *s, double promise_min)
{
    slot_add(sum->slot[day][slot], s, 1);
    sum->arrived[day] += s->arrived * days[day];
    sum->left[day] += s->left * days[day];
    sum->waited[day] += s->arrived * s->wait * days[day];
    sum->hours[day] += s->windows / 2 * days[day];
    sum->busy[day] += s->busy / 2 * days[day];
    if (s->wait <= 0)
        return;
    sum->kept[day] += (s->arrived - s->left) * (1 - exp(-promise_min / s->wait)) * days[day];
    for (int bin = 0; bin < BINS; bin++) {
        double from = exp(-bin / s->wait), to = bin == BINS - 1 ? 0 : exp(-(bin + 1) / s->wait);
        sum->bin[day][bin] += (s->arrived - s->left) * (from - to) * days[day];
        double x = bin / fmin(4 * s->wait + 10, 80), y = (bin + 1) / fmin(4 * s->wait + 10, 80);
        sum->left_bin[day][bin] += s->left * (exp(-x) * (1 + x) - exp(-y) * (1 + y)) * days[day];
    }
}

static double quantile_s(const struct sum *sum, int first_day, int last_day, double share)
{
    double total = 0, below = 0;
    for (int day = first_day; day <= last_day; day++)
        for (int bin = 0; bin < BINS; bin++)
            total += sum->bin[day][bin];
    for (int bin = 0; bin < BINS; bin++) {
        double here = 0;
        for (int day = first_day; day <= last_day; day++)
            here += sum->bin[day][bin];
        if (below + here >= share * total)
            return 60 * (bin + (share * total - below) / here);
        below += here;
    }
    return NAN;
}

static double both(const double *value)
{
    return value[0] + value[1];
}

static void hall_values(double *value, const struct sum *s)
{
    double arrived = both(s->arrived), left = both(s->left);
    value[TBS_HALL_ARRIVED] = round(arrived);
    value[TBS_HALL_LEFT] = round(left * 0.93);
    value[TBS_HALL_EXPIRED] = round(left) - value[TBS_HALL_LEFT];
    value[TBS_HALL_REFUSED] = round(arrived * 0.0005);
    value[TBS_HALL_OPEN_AT_END] = 0;
    value[TBS_HALL_SERVED] = value[TBS_HALL_ARRIVED] - value[TBS_HALL_LEFT] -
                             value[TBS_HALL_EXPIRED] - value[TBS_HALL_REFUSED];
    value[TBS_HALL_SATURDAY_ARRIVED] = round(s->arrived[1]);
    value[TBS_HALL_WAIT_MEAN_S] = 60 * both(s->waited) / arrived;
    value[TBS_HALL_WAIT_P50_S] = quantile_s(s, 0, 1, 0.5);
    value[TBS_HALL_WAIT_P90_S] = quantile_s(s, 0, 1, 0.9);
    value[TBS_HALL_WAIT_P99_S] = quantile_s(s, 0, 1, 0.99);
    value[TBS_HALL_SATURDAY_WAIT_MEAN_S] = 60 * s->waited[1] / s->arrived[1];
    value[TBS_HALL_SATURDAY_WAIT_P90_S] = quantile_s(s, 1, 1, 0.9);
    value[TBS_HALL_LEFT_SHARE] = left / arrived;
    value[TBS_HALL_WITHIN_PROMISE] = both(s->kept) / arrived;
    value[TBS_HALL_WINDOW_HOURS] = both(s->hours);
    value[TBS_HALL_UTILISATION] = both(s->busy) / both(s->hours);
    value[TBS_HALL_REMOTE] = round(arrived * 0.012);
}

static void day_values(double *value, const struct sum *s, int day)
{
    static const int first[2] = {TBS_CITY_WORKDAY_WAIT_MEAN_S, TBS_CITY_SATURDAY_WAIT_MEAN_S};
    double *v = value + first[day];
    *v++ = 60 * s->waited[day] / s->arrived[day];
    *v++ = quantile_s(s, day, day, 0.5);
    *v++ = quantile_s(s, day, day, 0.9);
    *v++ = quantile_s(s, day, day, 0.99);
    *v++ = s->kept[day] / s->arrived[day];
    *v++ = s->left[day] / s->arrived[day];
    *v++ = s->hours[day];
    *v++ = s->busy[day] / s->hours[day];
}

static void city_values(double *value, const struct sum *s, uint64_t seed, uint32_t replication)
{
    double hall[TBS_HALL_METRIC_COUNT];
    hall_values(hall, s);
    for (int i = TBS_HALL_ARRIVED; i <= TBS_HALL_WAIT_P99_S; i++)
        value[i] = hall[i];             /* both tables begin with the same rows */
    double served = hall[TBS_HALL_SERVED];
    value[TBS_CITY_SERVED_WITHIN_PROMISE] = hall[TBS_HALL_WITHIN_PROMISE];
    value[TBS_CITY_WINDOW_HOURS] = hall[TBS_HALL_WINDOW_HOURS];
    value[TBS_CITY_UTILISATION] = hall[TBS_HALL_UTILISATION];
    value[TBS_CITY_DESK_ON_TIME] = 0.985 + 0.004 * noise(seed, replication, 901);
    value[TBS_CITY_RATED_SHARE] = 0.822 + 0.002 * noise(seed, replication, 902);
    value[TBS_CITY_BAD_SHARE] = 0.003 + 0.0002 * noise(seed, replication, 903);
    value[TBS_CITY_FOLLOWUPS_DUE] = round(served * 0.35);
    value[TBS_CITY_FOLLOWUPS_DONE] = round(served * 0.172);
    value[TBS_CITY_FOLLOWUPS_MISSED] = round(served * 0.178);
    value[TBS_CITY_APPOINTMENTS] = round(hall[TBS_HALL_ARRIVED] * 0.25);
    value[TBS_CITY_NO_SHOWS] = round(hall[TBS_HALL_ARRIVED] * 0.075);
    value[TBS_CITY_REMOTE_CASES] = hall[TBS_HALL_REMOTE];
    value[TBS_CITY_ADVICE_FOLLOWED] = 0.41 + 0.01 * noise(seed, replication, 904);
    value[TBS_CITY_OVERTAKEN_MAX] = 7 + floor(2 * noise(seed, replication, 905));
    value[TBS_CITY_LEFT_SHARE] = hall[TBS_HALL_LEFT_SHARE];
    value[TBS_CITY_WORKDAY_CASES] = value[TBS_CITY_CASES_ARRIVED] -
                                    value[TBS_CITY_SATURDAY_CASES];
    day_values(value, s, 0);
    day_values(value, s, 1);
}

/* Mean and rough half-width of every stride-th value. */
static struct tbs_figure figure(const double *value, size_t stride, uint32_t n)
{
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += value[i * stride];
    for (uint32_t i = 0; i < n; i++)
        squares += pow(value[i * stride] - sum / n, 2);
    double half_width = n < 2 ? NAN : (2 + 3.0 / n) * sqrt(squares / (n - 1) / n);
    return (struct tbs_figure){sum / n, half_width, n, n < 5};
}

static void hall_name(struct tbs_results *r, struct hall *halls, uint32_t *index,
                      const struct trade *trade, int place)
{
    char id[64], zh[128], en[128];
    struct hall *h = &halls[*index];
    struct tbs_hall_result *hall = &r->halls[*index];
    bool city = place < trade->city_halls;
    int county = place - trade->city_halls;
    snprintf(id, sizeof id, "%s-%02d", trade->id, place);
    if (!city)
        snprintf(zh, sizeof zh, "%s%s大厅", counties[county][0], trade->zh);
    else if (trade->city_halls > 1)
        snprintf(zh, sizeof zh, "市%s%s大厅", trade->zh, place == 0 ? "出入境" : "户政车管");
    else
        snprintf(zh, sizeof zh, "市%s大厅", trade->zh);
    snprintf(en, sizeof en, "%s%s %s", city ? "City" : counties[county][1],
             city && place > 0 ? " 2" : "", trade->en);
    hall->name = (struct tbs_name){tbs_results_text(r, id), tbs_results_text(r, zh),
                                   tbs_results_text(r, en)};
    hall->trade_index = (uint32_t)(trade - trades);
    hall->level = city ? TBS_LEVEL_CITY : TBS_LEVEL_COUNTY;
    hall->windows = (uint32_t)(city ? trade->city_windows : trade->county_windows);
    hall->windows_saturday = (uint32_t)(city ? trade->city_saturday : trade->county_saturday);
    *h = (struct hall){trade, city, trade - trades == 4 && city,
                       city ? trade->city_year : trade->county_year,
                       {(int)hall->windows, (int)hall->windows_saturday}};
    h->year *= city ? 1 : 0.72 + 0.56 * county / (COUNTIES - 1.0);  /* counties differ */
    ++*index;
}

static void halls_make(struct tbs_results *r, struct hall *halls,
                       const struct synthetic_options *options)
{
    uint32_t index = 0;
    for (int t = 0; t < TRADES; t++) {
        r->trades[t] = (struct tbs_name){trades[t].id, trades[t].zh, trades[t].en};
        for (int place = 0; place < trades[t].city_halls + trades[t].county_halls; place++)
            hall_name(r, halls, &index, &trades[t], place);
    }
    for (uint32_t i = 0; i < index; i++)
        if (halls[i].city) {
            halls[i].windows[1] += options->saturday_windows_more;
            r->halls[i].windows_saturday = (uint32_t)halls[i].windows[1];
        }
    for (int i = 0; options->hostile && i < 5; i++) {
        r->halls[i * 9].name.zh = synthetic_hostile_names[i];
        r->halls[i * 9].name.en = synthetic_hostile_names[i];
    }
    if (options->hostile)
        r->scenario.zh = synthetic_hostile_names[0];
}

static void slots_fill(struct tbs_results *r, uint32_t hall, struct sum *total, uint32_t n)
{
    for (int day = 0; day < 2; day++)
        for (int slot = 0; slot < SLOTS; slot++) {
            double *value = total->slot[day][slot];
            for (int m = 0; m < TBS_SLOT_METRIC_COUNT; m++)
                value[m] /= n;
            slot_finish(value);
            struct tbs_slot_result *out = tbs_results_slot(r, hall, (enum tbs_day_type)day,
                                                           (uint32_t)slot);
            for (int m = 0; m < TBS_SLOT_METRIC_COUNT; m++)
                out->figure[m] = (struct tbs_figure){value[m], n > 1 ? 0.04 * value[m] : NAN, n,
                                                     n < 5};
        }
}

/* One hall over all replications; adds to each replication's city. */
static void hall_run(struct tbs_results *r, const struct hall *hall, uint32_t index,
                     const struct synthetic_options *options, struct sum *cities)
{
    struct sum *total = calloc(1, sizeof *total);
    for (uint32_t i = 0; i < options->replications; i++) {
        struct sum *one = calloc(1, sizeof *one);
        for (int day = 0; day < 2; day++)
            for (int slot = 0; slot < SLOTS; slot++) {
                double factor = 0.97 + 0.06 * noise(options->seed, i * 1000 + index,
                                                    (uint64_t)(day * SLOTS + slot));
                struct slot s = slot_make(hall, day, slot, factor);
                sum_add(one, day, slot, &s, r->promise_s / 60);
                sum_add(&cities[i], day, slot, &s, r->promise_s / 60);
                slot_add(total->slot[day][slot], &s, 1);
            }
        hall_values(r->replication_hall +
                        ((size_t)i * r->shape.hall_count + index) * TBS_HALL_METRIC_COUNT, one);
        free(one);
    }
    for (int m = 0; m < TBS_HALL_METRIC_COUNT; m++)
        r->halls[index].figure[m] =
            figure(r->replication_hall + (size_t)index * TBS_HALL_METRIC_COUNT + m,
                   (size_t)r->shape.hall_count * TBS_HALL_METRIC_COUNT, options->replications);
    slots_fill(r, index, total, options->replications);
    free(total);
}

static void city_run(struct tbs_results *r, const struct synthetic_options *options,
                     struct sum *cities)
{
    uint32_t n = options->replications;
    struct sum *total = calloc(1, sizeof *total);
    for (uint32_t i = 0; i < n; i++) {
        city_values(r->replication + (size_t)i * TBS_CITY_METRIC_COUNT, &cities[i],
                    options->seed, i);
        for (int day = 0; day < 2; day++) {
            for (int slot = 0; slot < SLOTS; slot++)
                for (int m = 0; m < TBS_SLOT_METRIC_COUNT; m++)
                    total->slot[day][slot][m] += cities[i].slot[day][slot][m];
            for (int bin = 0; bin < BINS; bin++) {
                total->bin[day][bin] += cities[i].bin[day][bin] / n;
                total->left_bin[day][bin] += cities[i].left_bin[day][bin] / n;
            }
        }
    }
    for (int m = 0; m < TBS_CITY_METRIC_COUNT; m++)
        r->city[m] = figure(r->replication + m, TBS_CITY_METRIC_COUNT, n);
    struct tbs_figure *most = &r->city[TBS_CITY_OVERTAKEN_MAX];
    *most = (struct tbs_figure){8, NAN, n, false};
    slots_fill(r, r->shape.hall_count, total, n);
    for (int bin = 0; bin <= BINS; bin++)
        r->bin_edge_s[bin] = bin_edge_s(bin);
    for (int day = 0; day < 2; day++)
        for (int bin = 0; bin < BINS; bin++) {
            r->wait_count[day][bin] = total->bin[day][bin];
            r->left_count[day][bin] = total->left_bin[day][bin];
        }
    free(total);
}

static void desks_make(struct tbs_results *r, const struct synthetic_options *options)
{
    static const char *const names[DESKS][2] = {
        {"投资项目审批科", "Investment"},   {"市场准入审批科", "Market access"},
        {"社会事务审批科", "Social affairs"}, {"工程建设审批科", "Construction"},
        {"不动产登记审核", "Land registry"}, {"户政审核", "Household register"},
        {"出入境审核", "Exit-entry"},       {"社保待遇审核", "Benefits"},
        {"税务审核", "Tax review"},         {"公积金审核", "Housing fund"},
        {"交通运输审批科", "Transport"},    {"卫生健康审批科", "Health"}};
    static const double edges[AGES] = {0, 8, 24, 40, 80};
    for (int age = 0; age < AGES; age++)
        r->age_edge_h[age] = edges[age];
    for (int i = 0; i < DESKS; i++) {
        struct tbs_desk_result *desk = &r->desks[i];
        char id[32];
        snprintf(id, sizeof id, "desk-%02d", i);
        desk->name = (struct tbs_name){tbs_results_text(r, id), names[i][0], names[i][1]};
        desk->approvers = (uint32_t)(3 + i % 5);
        double late = i == 3 ? 0.11 : 0.002 + 0.03 * pow(noise(7, (uint64_t)i, 1), 3);
        double tasks = 42000 + 61000 * noise(7, (uint64_t)i, 2), backlog = tasks * late / 30 + 12;
        double mean = 3 + 9 * noise(7, (uint64_t)i, 3) + 60 * late;
        const double value[TBS_DESK_METRIC_COUNT] = {
            tasks, tasks - backlog, 1 - late, tasks * late, tasks * 0.04, mean, 2.4 * mean,
            0.55 + 0.35 * noise(7, (uint64_t)i, 4), backlog};
        for (int m = 0; m < TBS_DESK_METRIC_COUNT; m++)
            desk->figure[m] = (struct tbs_figure){value[m], 0.01 * value[m],
                                                  options->replications,
                                                  options->replications < 5};
        for (int age = 0; age < AGES; age++)
            desk->age_count[age] = backlog * pow(late > 0.1 ? 0.8 : 0.4, age) * 0.5;
    }
}

static void texts_make(struct tbs_results *r, const struct synthetic_options *options)
{
    static const struct tbs_assumption rows[] = {
        {'P', "58 个市、县级大厅，十个系统，每周六开放，41 个延时服务周六共 121,977 件",
         "58 halls of city and county level in ten trades, open on Saturdays: 121,977 cases on "
         "41 Saturdays"},
        {'P', "全年 150 万件", "1.5 million cases a year"},
        {'A', "各大厅办件量的划分、服务时长的均值和变异系数",
         "The split of volumes over halls; means and CVs of service times"},
        {'A', "耐心：5 分钟 + 指数分布均值 75 分钟", "Patience: 5 min + exponential of 75 min"},
        {'A', "预约 25%，爽约 12%；绿色通道 8%",
         "25% by appointment, 12% no-shows; 8% green channel"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        r->assumptions[i] = rows[i];
    char command[256];
    snprintf(command, sizeof command, "tongban simulate sim/scenarios/city58 --from 2021-05-22 "
             "--to 2022-04-30 --seed %llu --reps %u%s", (unsigned long long)options->seed,
             options->replications,
             options->saturday_windows_more > 0 ? " --plan saturday-more.csv" : "");
    r->scenario = (struct tbs_name){"city58", "参考城市：58 个大厅", "Reference city: 58 halls"};
    if (options->saturday_windows_more > 0)
        r->plan = (struct tbs_name){"saturday-more", "周六加开窗口", "More windows on Saturdays"};
    r->period_from = "2021-05-22";
    r->period_to = "2022-04-30";
    r->command = tbs_results_text(r, command);
    r->version = "tongban 0.1 (synthetic)";
}

struct tbs_results *synthetic_city(const struct synthetic_options *options)
{
    struct tbs_results_shape shape = {.trade_count = TRADES, .hall_count = 58,
                                      .desk_count = DESKS, .slot_count = SLOTS, .bin_count = BINS,
                                      .age_edge_count = AGES,
                                      .replication_count = options->replications,
                                      .assumption_count = 5};
    struct tbs_results *r = tbs_results_create(&shape);
    struct hall halls[58];
    struct sum *cities = calloc(options->replications, sizeof *cities);
    r->promise_s = 15 * 60;
    r->promise_share = 0.9;
    r->seed = options->seed;
    r->replications_asked = options->replications;
    r->day_count[0] = (uint32_t)days[0];
    r->day_count[1] = (uint32_t)days[1];
    r->slot_from_min = 8 * 60 + 30;
    r->demand_hash = 0x5eed;
    r->state_hash = 0x0123456789abcdef + options->seed;
    r->wall_s = 0.4321;
    r->cases_per_s = 3.27e6;
    texts_make(r, options);
    halls_make(r, halls, options);
    for (uint32_t i = 0; i < 58; i++)
        hall_run(r, &halls[i], i, options, cities);
    city_run(r, options, cities);
    desks_make(r, options);
    double served = r->city[TBS_CITY_CASES_SERVED].value;
    const double scores[5] = {0.0008, 0.0022, 0.011, 0.146, 0.84};
    for (int i = 0; i < 5; i++)
        r->rating.score_count[i] = served * 0.822 * scores[i];
    r->rating.at_window = served * 0.65;
    r->rating.at_followup = served * 0.172;
    r->rating.unrated = served * 0.178;
    free(cities);
    return r;
}

struct tbs_results *synthetic_smallest(void)
{
    struct tbs_results_shape shape = {.trade_count = 1, .hall_count = 1, .replication_count = 1};
    struct tbs_results *r = tbs_results_create(&shape);
    r->scenario = (struct tbs_name){"mm1", "单队单窗", NULL};
    r->trades[0] = (struct tbs_name){"all", "全部", NULL};
    r->halls[0].name = (struct tbs_name){"hall", "大厅", NULL};
    r->period_from = r->period_to = "2021-05-24";
    r->command = "tongban simulate sim/scenarios/mm1 --days 1";
    r->version = "tongban 0.1";
    r->replications_asked = 1;
    r->city[TBS_CITY_CASES_ARRIVED].value = 10;
    return r;
}
