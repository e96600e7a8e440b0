/* The page's files, linked into the program: by the path under which they are served. Constant
 * data; any thread. */
#ifndef TBS_WEB_ASSET_H
#define TBS_WEB_ASSET_H

struct tbs_web_asset {
    const char *path, *type;
    const char *bytes, *end;
};

/* NULL: there is none. */
const struct tbs_web_asset *tbs_web_asset_find(const char *path);

#endif
