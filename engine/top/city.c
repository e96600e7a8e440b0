/* The city out of the JSON of /city. */
#include <curl/curl.h>
#include <dlfcn.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum { ANSWER_BYTES_MAX = 16 << 20 };

/* libcurl brings thirty libraries with it; it is loaded when it is first wanted, so that other
 * subcommands don't pay for it at every start. */
#define CALLS(X) X(init) X(setopt) X(perform) X(cleanup) X(strerror)
static struct {
#undef curl_easy_setopt
#define X(name) __typeof__(curl_easy_##name) *name;
    CALLS(X)
#undef X
} libcurl;

static bool curl_load(char error[TBI_TOP_ERROR_MAX])
{
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    bool whole = library != NULL;

#define X(name) whole = whole && (libcurl.name = dlsym(library, "curl_easy_" #name)) != NULL;
    CALLS(X)
#undef X
    if (!whole)
        snprintf(error, TBI_TOP_ERROR_MAX, "cannot load libcurl: %s; install Debian's libcurl4",
                 dlerror());
    return whole;
}

struct answer {
    char *text;
    size_t bytes;
};

static size_t answer_add(char *data, size_t one, size_t bytes, void *context)
{
    struct answer *answer = context;
    (void)one; /* libcurl says that it is 1 */

    if (answer->bytes + bytes > ANSWER_BYTES_MAX)
        return 0;
    char *text = realloc(answer->text, answer->bytes + bytes);
    if (text == NULL)
        return 0;
    memcpy(text + answer->bytes, data, bytes);
    answer->text = text;
    answer->bytes += bytes;
    return bytes;
}

static void text_read(char out[TBI_TOP_NAME_MAX], const json_t *from, const char *key)
{
    const char *text = json_string_value(json_object_get(from, key));

    snprintf(out, TBI_TOP_NAME_MAX, "%s", text == NULL ? "" : text);
}

static int64_t number_read(const json_t *from, const char *key)
{
    return json_integer_value(json_object_get(from, key));
}

static void station_read(struct tbi_top_station *station, const json_t *from)
{
    char kind[TBI_TOP_NAME_MAX];

    text_read(station->id, from, "id");
    text_read(station->zh, from, "zh");
    text_read(station->en, from, "en");
    text_read(kind, from, "kind");
    station->hall = strcmp(kind, "hall") == 0;
    station->accepts = json_is_true(json_object_get(from, "accepts"));
    station->waiting = number_read(from, "waiting");
    station->called = number_read(from, "called");
    station->serving = number_read(from, "serving");
    station->open = number_read(from, "windows_open");
    station->ready = number_read(from, "windows_ready");
    station->number = number_read(from, "number_last");
    station->half_min = number_read(from, "half_min");
    station->nine_in_ten_min = number_read(from, "nine_in_ten_min");
}

/* False: this is not a city. */
static bool city_read(struct tbi_top_city *city, const json_t *from)
{
    const json_t *label = json_object_get(from, "city"), *row;
    const json_t *stations = json_object_get(from, "stations");
    size_t i;

    if (!json_is_object(label) || !json_is_array(stations))
        return false;
    tbi_top_free(city);
    text_read(city->zh, label, "zh");
    text_read(city->en, label, "en");
    text_read(city->trouble, from, "trouble");
    city->now_ms = number_read(from, "now_ms");
    city->utc_offset_min = number_read(from, "utc_offset_min");
    city->commands = number_read(from, "commands");
    city->connections = number_read(from, "connections");
    city->stations = calloc(json_array_size(stations) + 1, sizeof *city->stations);
    if (city->stations == NULL)
        return false;
    city->count = json_array_size(stations);
    json_array_foreach(stations, i, row) station_read(&city->stations[i], row);
    return true;
}

bool tbi_top_fetch(const char *url, struct tbi_top_city *city, char error[TBI_TOP_ERROR_MAX])
{
    struct answer answer = {0};
    char why[CURL_ERROR_SIZE] = "";
    bool good = false;

    if (libcurl.init == NULL && !curl_load(error))
        return false;
    CURL *curl = libcurl.init();
    if (curl == NULL) {
        snprintf(error, TBI_TOP_ERROR_MAX, "no memory");
        return false;
    }
    libcurl.setopt(curl, CURLOPT_URL, url);
    libcurl.setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    libcurl.setopt(curl, CURLOPT_TIMEOUT_MS, 3000L);
    libcurl.setopt(curl, CURLOPT_FAILONERROR, 1L);
    libcurl.setopt(curl, CURLOPT_NOSIGNAL, 1L);
    libcurl.setopt(curl, CURLOPT_ERRORBUFFER, why);
    libcurl.setopt(curl, CURLOPT_WRITEFUNCTION, answer_add);
    libcurl.setopt(curl, CURLOPT_WRITEDATA, &answer);
    const CURLcode code = libcurl.perform(curl);
    libcurl.cleanup(curl);
    if (code == CURLE_OK) {
        json_t *root = json_loadb(answer.text ? answer.text : "", answer.bytes, 0, NULL);
        good = root != NULL && city_read(city, root);
        json_decref(root);
        if (!good)
            snprintf(error, TBI_TOP_ERROR_MAX, "%s answers, but is no scheduler's /city", url);
    } else {
        snprintf(error, TBI_TOP_ERROR_MAX,
                 "%.100s: %.90s; is `tongban serve ... --http PORT` running there?", url,
                 why[0] ? why : libcurl.strerror(code));
    }
    free(answer.text);
    return good;
}

void tbi_top_free(struct tbi_top_city *city)
{
    free(city->stations);
    *city = (struct tbi_top_city){0};
}

/* Descending; equals by what is waiting, then by name. */
static int by_id(const void *a, const void *b)
{
    const struct tbi_top_station *x = a, *y = b;

    return x->hall != y->hall ? y->hall - x->hall : strcmp(x->id, y->id);
}

static int by_waiting(const void *a, const void *b)
{
    const struct tbi_top_station *x = a, *y = b;

    if (x->hall != y->hall)
        return y->hall - x->hall;
    return x->waiting != y->waiting ? (x->waiting < y->waiting) - (x->waiting > y->waiting)
                                    : by_id(a, b);
}

static int by_wait(const void *a, const void *b)
{
    const struct tbi_top_station *x = a, *y = b;

    if (x->hall != y->hall)
        return y->hall - x->hall;
    return x->half_min != y->half_min ? (x->half_min < y->half_min) - (x->half_min > y->half_min)
                                      : by_waiting(a, b);
}

void tbi_top_sort(struct tbi_top_city *city, enum tbi_top_order order)
{
    static int (*const compare[TBI_TOP_ORDERS])(const void *, const void *) = {by_wait, by_waiting,
                                                                               by_id};

    qsort(city->stations, city->count, sizeof *city->stations, compare[order]);
}
