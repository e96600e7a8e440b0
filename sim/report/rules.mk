# What the report's page is linked from, besides C. Included by the top Makefile.
report_echarts := sim/report/node_modules/echarts/dist/echarts.min.js

$(B)/obj/sim/report/asset.o: $(wildcard sim/report/page/*) $(report_echarts)

# npm sets the times of files to a fixed date: the lock that it keeps tells when it last ran.
$(report_echarts): sim/report/node_modules/.package-lock.json
sim/report/node_modules/.package-lock.json: sim/report/package.json sim/report/package-lock.json
	@command -v npm >/dev/null || { \
	    echo "report: npm is missing: apt-get install npm" >&2; exit 1; }
	npm ci --prefix sim/report --ignore-scripts --no-audit --no-fund
	@touch $@
