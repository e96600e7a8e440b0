# Makes halls.csv and demand.csv of the peer year. cd sim/scenarios/peer-year && awk -f generate.awk
#
# Hall i of n has weight 0.3 + 3.2 ((i + 0.5) / n)^3 and gets its share of the visitors, to a
# thousandth, what is lost by rounding going to the halls that lost most. Windows of a hall with L
# visitors a day: a = 14 L / 480 x 1.15, c = ceil(a + 0.6 sqrt a), 2 to 16.
# -v halls=580: the same city ten times as large, with ten times as many visitors.
# -v years=10: ten such years in a row; write their last day, which is printed, into scenario.yaml.

BEGIN {
    if (!halls) halls = 58
    if (!years) years = 1
    days = 250 * years
    unit = 1000
    visitors = 1500000 * years * halls / 58 * unit
    for (i = 0; i < halls; i++) {
        x = (i + 0.5) / halls
        weight[i] = 0.3 + 3.2 * x * x * x
        sum += weight[i]
    }
    for (i = 0; i < halls; i++) {
        exact = visitors * weight[i] / sum
        share[i] = int(exact)
        lost[i] = exact - share[i]
        given += share[i]
    }
    for (; given < visitors; given++) {
        best = 0
        for (i = 1; i < halls; i++) if (lost[i] > lost[best]) best = i
        share[best]++
        lost[best] = -1
    }
    print "hall,name,name_en,windows,x,y,mark" > "halls.csv"
    print "hall,volume,arrivals,mark" > "demand.csv"
    for (i = 0; i < halls; i++) {
        a = 14 * share[i] / unit / days / 480 * 1.15
        c = a + 0.6 * sqrt(a)
        c = c == int(c) ? c : int(c) + 1
        c = c < 2 ? 2 : c > 16 ? 16 : c
        windows += c
        printf "h%02d,%d号大厅,hall %d,%d,%d,%d,A\n", i, i + 1, i + 1, c, i % 10, 5 - int(i / 10) \
            > "halls.csv"
        printf "h%02d,%.3f,peer,A\n", i, share[i] / unit > "demand.csv"
    }
    last = strftime("%Y-%m-%d", mktime("2021 01 01 12 00 00") + (days - 1) * 86400)
    print halls " halls, " windows " windows, until " last
}
