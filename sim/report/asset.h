/* The page's parts, linked into the program (rules.mk says when they are made anew). Each is a
 * text without a final 0; count in bytes. Constant data; any thread. */
#ifndef TBS_REPORT_ASSET_H
#define TBS_REPORT_ASSET_H

#include <stddef.h>

struct tbs_asset {
    const char *name;           /* its marker in report.html: <!--@NAME--> */
    const char *element;        /* the element that holds it: "style" or "script" */
    const char *bytes, *end;
};

extern const char tbs_asset_template[], tbs_asset_template_end[];
extern const struct tbs_asset tbs_assets[];     /* in any order; ends with a NULL name */

#endif
