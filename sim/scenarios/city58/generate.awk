# Makes the long tables of city58 anew: halls, windows, demand, plans, matters, desks, routes and
# travel.
#
#   cd sim/scenarios/city58 && awk -f generate.awk families.txt
#
# What it writes is kept in the repository, for planners edit it in Excel; run it again only to
# change the city as a whole. The volumes, windows and service times are those of the table in
# BEGIN; matters come from families.txt (trade | group | family | things | acts). Same input, same
# bytes: there is no random number in it, only a fixed scramble.

BEGIN {
    FS = " *[|] *"
    city = "通和市"
    zones = split("city yundu anling ningchuan heshan shiqiao baitang fengjiang", zone, " ")
    split("市 云渡县 安岭县 宁川县 禾山县 石桥县 白塘县 枫江县", zone_zh, " ")
    split("Tonghe Yundu Anling Ningchuan Heshan Shiqiao Baitang Fengjiang", zone_en, " ")
    # trade: city halls, cases each, county halls, cases each, service minutes, cv, windows of city
    # and county halls on a workday, the same on a Saturday, minutes of an approver, first letter of
    # its matters, hall's name
    trade("police   2 140000 7 30000  9.5 0.75 15 4 8 2  6 G 公安服务大厅")
    trade("social   1  70000 7 24000 12   0.9  10 4 5 2  8 S 人力资源和社会保障服务大厅")
    trade("tax      1  60000 7 20000 14   1.0  10 4 5 2  8 T 办税服务厅")
    trade("estate   1  60000 7 16000 22   0.8  15 4 8 3 12 E 不动产登记大厅")
    trade("centre   1  15000 7 14000 18   1.1   3 3 2 2 10 C 政务服务中心")
    trade("fund     1  30000 4 10000 15   0.7   5 2 3 1  8 F 住房公积金服务大厅")
    trade("justice  1   8000 3  4000 35   0.9   4 2 2 1 15 J 公共法律服务中心")
    trade("water    1  35000 2 20000  7   0.8   3 2 2 1  5 W 供水营业厅")
    trade("power    1  36000 2 24000  7   0.8   3 2 2 1  5 D 供电营业厅")
    trade("gas      1  20000 1 18000  7   0.8   2 2 1 1  5 R 燃气营业厅")
    english("police service hall|social security hall|tax hall|real estate registration|" \
            "service centre|housing fund hall|legal service centre|water hall|" \
            "electricity hall|gas hall")
}

function trade(row, part) {
    split(row, part, " +")
    n_trades++
    name[n_trades] = part[1]; city_halls[n_trades] = part[2]; city_cases[n_trades] = part[3]
    county_halls[n_trades] = part[4]; county_cases[n_trades] = part[5]
    minutes[n_trades] = part[6]; cv[n_trades] = part[7]
    open_city[n_trades] = part[8]; open_county[n_trades] = part[9]
    saturday_city[n_trades] = part[10]; saturday_county[n_trades] = part[11]
    desk_minutes[n_trades] = part[12]; letter[n_trades] = part[13]; zh[n_trades] = part[14]
    trade_of[part[1]] = n_trades
}
function english(list, part, i, n) {
    n = split(list, part, "[|]")
    for (i = 1; i <= n; i++) en[i] = part[i]
}
function max(a, b) { return a > b ? a : b }
# A number from 0 to below n that looks random but never changes (Knuth's multiplicative hash).
function scramble(i, salt, n) {
    return int((i * 2654435.761 + salt * 40503.17) % 65536 * n / 65536)
}

# ---- families.txt: a family is things x acts ----------------------------------------------
/^#/ || NF < 5 { next }
{
    things = split($4, thing, " ")
    acts = split($5, act, " ")
    for (i = 1; i <= things; i++)
        for (j = 1; j <= acts; j++)
            matter_add($1, $2, $3, thing[i] act[j])
}
function matter_add(t, group, family, title) {
    if ((t, title) in seen) return
    seen[t, title] = 1
    n_matters++
    m_trade[n_matters] = trade_of[t]; m_group[n_matters] = group
    m_family[n_matters] = family; m_name[n_matters] = title
    of_trade[trade_of[t]]++
}

END {
    trim()
    halls()
    windows()
    demand()
    plans()
    travel()
    desks()
    routes()
    matters()
}

# ---- halls --------------------------------------------------------------------------------
function halls(t, h, z) {
    out = "halls.csv"
    print "hall,name,name_en,trade,level,zone,calendar,x,y,mark" > out
    for (t = 1; t <= n_trades; t++) {
        for (h = 1; h <= city_halls[t]; h++)
            hall(t, "city", h, 1)
        for (z = 2; z <= county_halls[t] + 1; z++)
            hall(t, "county", 0, z)
    }
}
function hall(t, level, h, z, id, title, title_en, calendar) {
    id = name[t] "-" (level == "city" ? "city" (city_halls[t] > 1 ? h : "") : zone[z])
    title = (level == "city" ? city : zone_zh[z]) zh[t]
    title_en = zone_en[z] " " en[t]
    if (city_halls[t] > 1 && level == "city") {
        title = title "（" (h == 1 ? "二楼" : "三楼") "）"
        title_en = title_en " (floor " h + 1 ")"
    }
    calendar = name[t] == "centre" && level == "city" ? "noon" : "hall"
    n_halls++
    hall_id[n_halls] = id; hall_trade[n_halls] = t; hall_level[n_halls] = level
    print id "," title "," title_en "," name[t] "," level "," zone[z] "," calendar "," \
        (level == "city" ? 1 - h : z - 1) "," n_trades - t ",A" > "halls.csv"
}

# ---- windows ------------------------------------------------------------------------------
function windows(i, w, t, n) {
    print "hall,window,name,name_en,skill,speed,mark" > "windows.csv"
    for (i = 1; i <= n_halls; i++) {
        t = hall_trade[i]
        n = hall_level[i] == "city" ? open_city[t] : open_county[t]
        for (w = 1; w <= n; w++)
            print hall_id[i] "," w "," window(i, t, w) "," speed(i, w) ",A" > "windows.csv"
    }
}
# Some are quicker than others; over a hall's windows it evens out.
function speed(i, w) { return w % 5 == 2 ? "110%" : w % 5 == 4 ? "90%" : "100%" }
function window(i, t, w, skill, title, title_en) {
    skill = "all"; title = w "号综合窗口"; title_en = "window " w
    if (name[t] == "police" && w > 1 && w % 5 != 0) {
        skill = w % 3 == 2 ? "exit" : w % 3 == 0 ? "household" : "traffic"
        title = w "号" (skill == "exit" ? "出入境" : skill == "household" ? "户政" : "交管") "窗口"
    } else if (name[t] == "police" && hall_level[i] == "city" && w == 5) {
        skill = "green"; title = w "号绿色通道窗口"; title_en = "green channel " w
    } else if (name[t] ~ /^(social|tax|estate)$/ && w % 4 == 3) {
        skill = "unit"; title = w "号企业（单位）窗口"; title_en = "enterprises " w
    }
    if (w == 1) { title = w "号综合窗口（帮办代办）"; title_en = "window 1 (help desk)" }
    if (name[t] == "centre" && hall_level[i] == "city") {
        skill = w == 3 ? "unit" : "all"
        title = w == 1 ? "1号综合窗口（全市通办·跨域通办·帮办代办）" : \
            w == 2 ? "2号综合窗口（一件事一次办·绿色通道）" : "3号企业窗口（企业困难·粤港澳投资）"
        title_en = w == 1 ? "city-wide and cross-region; help desk" : w == 2 ? \
            "one thing once; green channel" : "enterprise difficulties; Greater Bay investment"
    }
    if (name[t] == "justice" && hall_level[i] == "city" && w == 4) {
        title = "4号行政复议窗口"; title_en = "administrative reconsideration"
    }
    return title "," title_en "," skill
}

# ---- demand and plans ---------------------------------------------------------------------
function demand(i, t, n) {
    print "hall,volume,arrivals,mark" > "demand.csv"
    for (i = 1; i <= n_halls; i++) {
        t = hall_trade[i]
        n = hall_level[i] == "city" ? city_cases[t] : county_cases[t]
        total += n
        print hall_id[i] "," n ",usual," \
            (hall_level[i] == "city" && name[t] ~ /^(police|centre)$/ ? "P" : "A") > "demand.csv"
    }
    if (n_halls != 58 || total != 1500000) {
        print "the halls or the volumes do not sum up: " n_halls ", " total > "/dev/stderr"
        exit 1
    }
}
function plans(t, d, day, city_count, county_count) {
    print "hall,day,from,to,windows,mark" > "plans.csv"
    for (d = 1; d <= 2; d++)
        for (t = 1; t <= n_trades; t++) {
            day = d == 1 ? "workday" : "saturday"
            city_count = d == 1 ? open_city[t] : saturday_city[t]
            county_count = d == 1 ? open_county[t] : saturday_county[t]
            plan(name[t] "/city", day, "08:30,12:00", city_count)
            if (name[t] == "centre")
                plan("centre/city", day, "12:00,14:00", 1)
            plan(name[t] "/city", day, "14:00,17:30", city_count)
            plan(name[t] "/county", day, "08:30,12:00", county_count)
            plan(name[t] "/county", day, "14:00,17:30", county_count)
        }
}
function plan(where, day, span, count) {
    print where "," day "," span "," count ",A" > "plans.csv"
}

# ---- travel: the counties lie round the city ----------------------------------------------
function travel(i, j, apart, time) {
    print "from,to,time,mark" > "travel.csv"
    for (i = 1; i <= zones; i++)
        for (j = i; j <= zones; j++) {
            apart = j - i < 8 - (j - i) ? j - i : 7 - (j - i)
            time = i == j ? (i == 1 ? 20 : 15) : i == 1 ? 35 + 5 * ((j * 3) % 7) : 40 + 20 * apart
            print zone[i] "," zone[j] "," time "min,A" > "travel.csv"
        }
}

# ---- desks --------------------------------------------------------------------------------
# Approvers for the half of all cases that go on, 2.05 desk steps each, at 80% of 249 workdays of
# 7 hours.
function desks(t, year) {
    print "desk,name,name_en,trade,approvers,calendar,help,mark" > "desks.csv"
    for (t = 1; t <= n_trades; t++) {
        year = city_halls[t] * city_cases[t] + county_halls[t] * county_cases[t]
        approvers = year * 0.5 * 2.05 * desk_minutes[t] / (249 * 420 * 0.8)
        if (name[t] == "centre") {
            # By category: three desks share the matters of the service centre.
            desk("market", "市场准入审批岗", "market access", "centre", approvers * 0.4, "no")
            desk("build", "工程建设审批岗", "construction", "centre", approvers * 0.3, "no")
            desk("civil", "社会事务审批岗", "social affairs", "centre", approvers * 0.45, "no")
        } else
            desk(name[t], zh_short(t) "审批岗", en_short(t), name[t], approvers, "no")
    }
    print "help-desk,帮办代办岗,help desk,centre,53,desk,yes,P" > "desks.csv"
}
function zh_short(t) {
    return substr_trade("公安 人社 税务 不动产 中心 公积金 司法 水务 电力 燃气", t)
}
function en_short(t) {
    return substr_trade("police social tax estate centre fund justice water power gas", t) " desk"
}
function substr_trade(list, t, part) { split(list, part, " "); return part[t] }
function desk(id, title, title_en, t, count, help) {
    print id "-desk," title "," title_en "," t "," int(count) + 2 ",desk," help ",A" > "desks.csv"
}

# ---- routes -------------------------------------------------------------------------------
function routes(t, i, n, ids) {
    print "route,step,name,name_en,kind,desk,work,cv,law,due,next,case_due,mark" > "routes.csv"
    for (t = 1; t <= n_trades; t++) {
        if (name[t] == "centre") continue
        trade_routes(name[t], zh_short(t), desk_minutes[t])
    }
    trade_routes("market", "市场准入", 10)
    trade_routes("build", "工程建设", 10)
    trade_routes("civil", "社会事务", 10)
    # One thing once: four departments side by side, then one hand-over.
    step("once", 1, "企业开办一件事", "one thing once: a new enterprise", "fork", "market-desk", \
         0, "1wd", "2 3 4", "5wd")
    step("once", 2, "", "", "desk", "market-desk", 12, "2wd", "5", "")
    step("once", 3, "", "", "desk", "tax-desk", 8, "2wd", "5", "")
    step("once", 4, "", "", "desk", "social-desk", 8, "2wd", "5", "")
    step("once", 5, "", "", "desk", "market-desk", 4, "1wd", "0", "")
    step("help", 1, "帮办", "help", "desk", "help-desk", 120, "5wd", "0", "10wd")
}
function trade_routes(id, title, work, desk_id) {
    desk_id = id "-desk"
    step(id "-1", 1, title "即审即批", "decided at once", "desk", desk_id, work, "1wd", "0", "2wd")
    step(id "-2", 1, title "初审、审批", "review and decide", "desk", desk_id, work, "2wd", "2", \
         "5wd")
    step(id "-2", 2, "", "", "desk", desk_id, work, "2wd", "0", "")
    step(id "-3", 1, title "初审、现场核查、审批", "review; inspect; decide", "desk", desk_id, \
         work, "2wd", "2", "10wd")
    step(id "-3", 2, "", "", "outside", desk_id, 2880, "5wd", "3", "")
    step(id "-3", 3, "", "", "desk", desk_id, work, "2wd", "0", "")
    step(id "-4", 1, title "并联审批", "side by side", "desk", desk_id, work, "2wd", "2 3", "10wd")
    step(id "-4", 2, "", "", "desk", desk_id, work, "3wd", "4", "")
    step(id "-4", 3, "", "", "desk", desk_id, work, "3wd", "4", "")
    step(id "-4", 4, "", "", "desk", desk_id, work / 2, "1wd", "0", "")
}
function step(id, n, title, title_en, kind, where, work, due, next_steps, case_due) {
    print id "," n "," title "," title_en "," kind "," where "," \
        (kind == "fork" ? ",," : (work >= 1440 ? work / 1440 "d,0.5,gamma" : \
                                  work * 60 "s,0.8,lognormal")) \
        "," due "," next_steps "," case_due ",A" > "routes.csv"
}

# ---- matters ------------------------------------------------------------------------------
# The wanted number of matters of each trade: 1,200 and 200 of police.
function trim(t, i, part, wanted, kept, n) {
    split("200 220 180 100 510 50 50 30 35 25", part, " ")
    for (t = 1; t <= n_trades; t++) {
        wanted[t] = part[t]
        if (of_trade[t] < part[t]) {
            print "families.txt gives only " of_trade[t] " matters of " name[t] > "/dev/stderr"
            exit 1
        }
    }
    for (i = 1; i <= n_matters; i++) {
        t = m_trade[i]
        if (kept[t] >= wanted[t]) continue
        kept[t]++
        n++
        m_trade[n] = t; m_group[n] = m_group[i]; m_family[n] = m_family[i]; m_name[n] = m_name[i]
        m_rank[n] = kept[t]
    }
    n_matters = n
    for (t = 1; t <= n_trades; t++) count[t] = kept[t]
}

# Every eighth matter is for city halls alone; its mean is the trade's, so that city and county
# halls have the same service time. The means of the others spread by 40% around it.
function is_city_only(i) { return m_rank[i] % 8 == 5 }

function matters(i, t) {
    for (i = 1; i <= n_matters; i++) {
        t = m_trade[i]
        weight[i] = is_city_only(i) ? 20 : int(20000 / (scramble(m_rank[i], t, count[t]) + 12) + 1)
        raw[i] = exp(0.4 * bell(i))
        if (is_city_only(i)) continue
        weight_sum[t] += weight[i]
        raw_sum[t] += weight[i] * raw[i]
    }
    for (i = 1; i <= n_matters; i++) {
        t = m_trade[i]
        seconds[i] = is_city_only(i) ? minutes[t] * 60 : \
            int(minutes[t] * 60 * raw[i] * weight_sum[t] / raw_sum[t] + 0.5)
        if (is_city_only(i)) continue
        square[t] += weight[i] * seconds[i] * seconds[i]
        mean[t] += weight[i] * seconds[i]
    }
    # What the spread of the means leaves of the trade's cv is that of each matter.
    for (t = 1; t <= n_trades; t++) {
        mean[t] /= weight_sum[t]
        square[t] /= weight_sum[t]
        inner[t] = sqrt((1 + cv[t] * cv[t]) * mean[t] * mean[t] / square[t] - 1)
    }
    scopes()
    write_matters()
}
# About normal, from twelve even numbers, cut at two.
function bell(i, k, sum) {
    for (k = 1; k <= 12; k++) sum += scramble(i * 12 + k, 77, 10000) / 10000
    sum -= 6
    return sum > 2 ? 2 : sum < -2 ? -2 : sum
}

# 1,087 city-wide, 1,146 cross-city, 418 of these cross-province [P]: evenly spread over the list.
function scopes(i, crossed) {
    for (i = 1; i <= n_matters; i++) {
        if (int(i * 1087 / n_matters) > int((i - 1) * 1087 / n_matters)) wide[i] = "city"
        if (int(i * 1146 / n_matters) > int((i - 1) * 1146 / n_matters)) {
            crossed++
            wide[i] = wide[i] (wide[i] == "" ? "" : " ") "cross-city"
            if (int(crossed * 418 / 1146) > int((crossed - 1) * 418 / 1146))
                wide[i] = wide[i] " cross-province"
        }
    }
}
function route_of(i, t, kind, base) {
    if (m_family[i] == "企业开办一件事") return "once"
    kind = scramble(m_rank[i], 5, 20)
    base = name[t] != "centre" ? name[t] : m_group[i] == "project" ? "build" : \
        m_group[i] == "unit" ? "market" : "civil"
    return base "-" (kind < 8 ? 1 : kind < 15 ? 2 : kind < 18 ? 3 : 4)
}
function levels_of(i) {
    if (is_city_only(i)) return "city"
    if (m_group[i] ~ /^(unit|project)$/ || scramble(m_rank[i], 9, 3) == 0) return "city county"
    return "city county town" (scramble(m_rank[i], 11, 3) == 0 ? " village" : "")
}
function write_matters(i, t, levels, video) {
    out = "matters.csv"
    print "matter,name,name_en,family,trade,group,service,cv,law,weight,scope,levels,also_at," \
        "route,collect,video,direct,help,mark" > out
    for (i = 1; i <= n_matters; i++) {
        t = m_trade[i]
        levels = levels_of(i)
        video = levels ~ /town/ && name[t] ~ /^(police|social|tax|centre|fund|justice)$/
        printf "%s%03d,%s,,%s,%s,%s,%ds,%.4f,lognormal,%d,%s,%s,%s,%s,%s,%s,,no,A\n", letter[t],
            m_rank[i], m_name[i], m_family[i], name[t], m_group[i], seconds[i],
            is_city_only(i) ? cv[t] : inner[t], weight[i], wide[i], levels,
            name[t] ~ /^(police|centre)$/ ? "" : "centre-city", route_of(i, t),
            scramble(m_rank[i], 3, 10) < 6 ? "yes" : "no", video ? "yes" : "no" > out
    }
    help("H001", "应急帮办", "urgent help", 241)
    help("H002", "跨部门帮办", "cross-department help", 131)
    help("H003", "企业项目全程帮办", "enterprise project", 411)
    help("H004", "投诉处理", "complaint", 35)
}
function help(id, title, title_en, year) {
    print id "," title "," title_en ",帮办代办,centre,personal,20min,0.5,lognormal,0,city,city,," \
        "help,no,no," year " [P],yes,A" > "matters.csv"
}
