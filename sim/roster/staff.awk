# staff.awk: a table of staff for a scenario of which only the windows are known. All of it is
# assumed [A]: a person a window with that window's skill and a second one of the hall, three in
# ten more who can do everything, the last of a big hall part-time; nobody is on leave.
#   awk -F, -f sim/roster/staff.awk SCENARIO/windows.csv >SCENARIO/staff.csv
function person(hall, skills, contract,    n) {
    n = ++people[hall]
    printf "%s-%02d,%s%s,%s,%s,%s,yes,0,,A\n", hall, n, surname[1 + (total * 7) % 20],
           given[1 + (total++ * 11) % 23], hall, contract, skills
}
BEGIN {
    split("王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗", surname, " ")
    split("敏 静 伟 芳 娜 强 磊 洋 艳 勇 军 杰 娟 涛 明 超 霞 平 刚 丽华 建国 文博 雨桐",
          given, " ")
    print "# 人员表：由 windows.csv 按假设生成 [A]，见 sim/roster/staff.awk。"
    print "# Staff: generated from windows.csv by assumption [A], see sim/roster/staff.awk."
    print "person,name,hall,contract,skills,saturday,saturdays,away,mark"
}
FNR > 1 && $1 !~ /^#/ {
    if (!($1 in windows))
        order[++halls] = $1
    skill[$1, ++windows[$1]] = $5
}
END {
    for (h = 1; h <= halls; h++) {
        hall = order[h]
        for (w = 1; w <= windows[hall]; w++) {
            second = skill[hall, w % windows[hall] + 1]
            person(hall, skill[hall, w] (second != skill[hall, w] ? " " second : ""), "full")
        }
        more = int(windows[hall] * 0.3 + 1.5)
        for (w = 1; w <= more; w++)
            person(hall, "*", w == more && windows[hall] >= 8 ? "part" : "full")
    }
}
