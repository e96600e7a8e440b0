/* The assembler includes the files as they are; paths are those of the repository's root, where
 * make runs. ECharts is the report's. */
#include "web/asset.h"

#include <string.h>

#define PAGE "sim/web/page/"
#define SCRIPT "text/javascript; charset=utf-8"

#define ASSETS(X) \
    X(html, "/", "text/html; charset=utf-8", PAGE "workbench.html") \
    X(base, "/base.css", "text/css; charset=utf-8", "sim/report/page/base.css") \
    X(css, "/workbench.css", "text/css; charset=utf-8", PAGE "workbench.css") \
    X(echarts, "/echarts.js", SCRIPT, "sim/report/node_modules/echarts/dist/echarts.min.js") \
    X(icon, "/favicon.ico", "image/svg+xml", PAGE "icon.svg") \
    X(text, "/text.js", SCRIPT, PAGE "text.js") \
    X(state, "/state.js", SCRIPT, PAGE "state.js") \
    X(bars, "/bars.js", SCRIPT, PAGE "bars.js") \
    X(figures, "/figures.js", SCRIPT, PAGE "figures.js") \
    X(plans, "/plans.js", SCRIPT, PAGE "plans.js") \
    X(workbench, "/workbench.js", SCRIPT, PAGE "workbench.js")

#define INCLUDE(SYMBOL, ROUTE, TYPE, FILE) \
    __asm__(".section .rodata\n" \
            ".global tbs_web_asset_" #SYMBOL "\n" \
            ".global tbs_web_asset_" #SYMBOL "_end\n" \
            "tbs_web_asset_" #SYMBOL ":\n" \
            ".incbin \"" FILE "\"\n" \
            "tbs_web_asset_" #SYMBOL "_end:\n" \
            ".byte 0\n" \
            ".previous\n"); \
    extern const char tbs_web_asset_##SYMBOL[], tbs_web_asset_##SYMBOL##_end[];

ASSETS(INCLUDE)

#define ROW(SYMBOL, ROUTE, TYPE, FILE) \
    {ROUTE, TYPE, tbs_web_asset_##SYMBOL, tbs_web_asset_##SYMBOL##_end},

static const struct tbs_web_asset assets[] = {ASSETS(ROW)};

const struct tbs_web_asset *tbs_web_asset_find(const char *path)
{
    for (unsigned i = 0; i < sizeof assets / sizeof assets[0]; i++) {
        if (strcmp(assets[i].path, path) == 0) {
            return &assets[i];
        }
    }
    return 0;
}
