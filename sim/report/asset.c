/* The assembler includes the files as they are; paths are those of the repository's root, where
 * make runs. One row a file: its name in C, its marker in the template, its element, its path. */
#include "report/asset.h"

#define PAGE "sim/report/page/"
#define ECHARTS "sim/report/node_modules/echarts/dist/echarts.min.js"

#define ASSETS(X) \
    X(base, "base", "style", PAGE "base.css") \
    X(css, "css", "style", PAGE "report.css") \
    X(print, "print", "style", PAGE "print.css") \
    X(echarts, "echarts", "script", ECHARTS) \
    X(text, "text", "script", PAGE "text.js") \
    X(format, "format", "script", PAGE "format.js") \
    X(chart, "chart", "script", PAGE "chart.js") \
    X(table, "table", "script", PAGE "table.js") \
    X(summary, "summary", "script", PAGE "summary.js") \
    X(hall, "hall", "script", PAGE "hall.js") \
    X(flow, "flow", "script", PAGE "flow.js") \
    X(office, "office", "script", PAGE "office.js") \
    X(compare, "compare", "script", PAGE "compare.js") \
    X(report, "report", "script", PAGE "report.js")

#define INCLUDE(symbol, path) \
    __asm__(".section .rodata\n" \
            ".global tbs_asset_" #symbol "\n" \
            ".global tbs_asset_" #symbol "_end\n" \
            "tbs_asset_" #symbol ":\n" \
            ".incbin \"" path "\"\n" \
            "tbs_asset_" #symbol "_end:\n" \
            ".byte 0\n" \
            ".previous\n");

#define INCLUDE_ROW(SYMBOL, MARKER, ELEMENT, PATH) \
    INCLUDE(SYMBOL, PATH) \
    extern const char tbs_asset_##SYMBOL[], tbs_asset_##SYMBOL##_end[];

INCLUDE(template, PAGE "report.html")
ASSETS(INCLUDE_ROW)

#define TABLE_ROW(SYMBOL, MARKER, ELEMENT, PATH) \
    {MARKER, ELEMENT, tbs_asset_##SYMBOL, tbs_asset_##SYMBOL##_end},

const struct tbs_asset tbs_assets[] = {ASSETS(TABLE_ROW){NULL, NULL, NULL, NULL}};
