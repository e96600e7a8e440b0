#include "reply.h"

#include <stdio.h>

/* What value and value2 are called, where a plain name can be given; "" where they mean nothing
 * (event.def says "-"), and are left out. */
static const struct {
    const char *value, *value2;
} value_names[TB_EVENT_COUNT] = {
    [TB_EVENT_TAKEN] = {"half_us", "nine_in_ten_us"},
    [TB_EVENT_WAIT] = {"half_us", "nine_in_ten_us"},
    [TB_EVENT_CALLED] = {"waited_us", "overtaken"},
    [TB_EVENT_FINISHED] = {"served_us", "visit"},
    [TB_EVENT_MATTER_DONE] = {"served_us", "case"},
    [TB_EVENT_TICKET] = {"ahead", "half_us"},
    [TB_EVENT_SUGGESTED] = {"travel_us", "half_us"},
    [TB_EVENT_HALL] = {"waiting", "windows_open"},
    [TB_EVENT_BOOKED] = {"slot_at_us", "places_left"},
    [TB_EVENT_BOOK_MOVED] = {"slot_at_us", "places_left"},
    [TB_EVENT_CHECKED_IN] = {"half_us", "slot_at_us"},
    [TB_EVENT_SLOT] = {"places_left", "places"},
    [TB_EVENT_CASE_OPENED] = {"due_at_us", "ticket"},
    [TB_EVENT_CASE] = {"state", "due_at_us"},
    [TB_EVENT_CITY] = {"tickets", "cases"},
    [TB_EVENT_RATED] = {"stars", NULL},
};

static const struct {
    const char *value, *value2;
} value_helps[TB_EVENT_COUNT] = {
#define TB_EVENT(number, name, help, value, value2) [number] = {value, value2},
#include "tongban/event.def"
#undef TB_EVENT
};

/* The name; NULL: it has no meaning. */
static const char *value_name(uint32_t kind)
{
    const char *name = value_names[kind].value;

    return strcmp(value_helps[kind].value, "-") == 0 ? NULL : name ? name : "value";
}

static const char *value2_name(uint32_t kind)
{
    const char *name = value_names[kind].value2;

    return strcmp(value_helps[kind].value2, "-") == 0 ? NULL : name ? name : "value2";
}

/* Values of these events' second (first) value are references. */
static bool value2_is_ref(uint32_t kind)
{
    switch (kind) {
    case TB_EVENT_MATTER_DONE:
    case TB_EVENT_FINISHED:
    case TB_EVENT_CASE_OPENED:
    case TB_EVENT_CASE_CORRECTION:
    case TB_EVENT_CASE_REJECTED:
        return true;
    default:
        return false;
    }
}

/* A key that is known here is one copy. */
#define KEY(out, length, text)                                                                     \
    ({                                                                                             \
        _Static_assert(sizeof(text) - 1 == length, "the key's length");                            \
        tbi_bytes_add(out, "$" #length "\r\n" text "\r\n",                                         \
                      sizeof("$" #length "\r\n" text "\r\n") - 1);                                 \
    })

static void ref_write(const struct tbi_names *names, tb_ref ref, struct tbi_bytes *out)
{
    char text[TBI_REF_TEXT];

    tbi_names_ref_print(names, ref, text);
    tbi_resp_bulk(out, text, sizeof text);
}

static void refusal(const struct tb_event *event, struct tbi_bytes *out)
{
    const uint32_t status = (uint32_t)event->value;

    tbi_bytes_add(out, "-", 1);
    tbi_bytes_text(out, tb_status_name(status));
    tbi_bytes_add(out, " ", 1);
    tbi_bytes_text(out, tb_status_sentence(status));
    tbi_bytes_add(out, "; ", 2);
    tbi_bytes_text(out, tb_status_remedy(status));
    tbi_bytes_add(out, "\r\n", 2);
}

static const char *const state_names[] = {
#define TB_TICKET_STATE(value, name, ...) [value] = #name,
#include "tongban/state.def"
#undef TB_TICKET_STATE
};

void tbi_reply_event(const struct tbi_names *names, const struct tb_event *e, int state,
                     int version, struct tbi_bytes *out)
{
    if (e->kind == TB_EVENT_REFUSED) {
        refusal(e, out);
        return;
    }
    /* The answer to a question does not repeat what was asked. */
    const bool asked = e->sequence == 0;
    const bool ref = e->ref != 0 && !asked, number = e->number != 0, server = e->server != TB_NONE;
    const bool station = e->station != TB_STATION_NONE && e->kind != TB_EVENT_WAIT;
    const bool matter = e->matter != TB_MATTER_NONE && (!asked || e->kind == TB_EVENT_TICKET);
    const bool repeated = (e->flags & TB_EVENT_FLAG_REPEATED) != 0;
    const bool started = (e->flags & TB_EVENT_FLAG_STARTED) != 0;
    const char *value = value_name(e->kind), *value2 = value2_name(e->kind);

    tbi_bytes_reserve(out, 512); /* one growth at most */
    tbi_resp_map(out, version,
                 (uint64_t)(3 * !asked + (state >= 0) + ref + number + server + station + matter +
                            repeated + started + (value != NULL) + (value2 != NULL)));
    if (!asked) {
        KEY(out, 5, "event"), tbi_resp_string(out, tb_event_name(e->kind));
        KEY(out, 8, "sequence"), tbi_resp_integer(out, (int64_t)e->sequence);
        KEY(out, 5, "at_us"), tbi_resp_integer(out, e->at_us);
    }
    if (state >= 0)
        KEY(out, 5, "state"), tbi_resp_string(out, state_names[state]);
    if (ref)
        KEY(out, 3, "ref"), ref_write(names, e->ref, out);
    if (number)
        tbi_resp_string(out, e->kind == TB_EVENT_WAIT ? "ahead" : "number"),
            tbi_resp_integer(out, e->number);
    if (station)
        KEY(out, 7, "station"), tbi_resp_string(out, tbi_names_station_id(names, e->station));
    if (server)
        KEY(out, 6, "window"), tbi_resp_string(out, tbi_names_server_id(names, e->server));
    if (matter)
        KEY(out, 6, "matter"), tbi_resp_string(out, tbi_names_matter_id(names, e->matter));
    if (value != NULL)
        tbi_resp_string(out, value), tbi_resp_integer(out, e->value);
    if (value2 != NULL && value2_is_ref(e->kind) && e->value2 != 0)
        tbi_resp_string(out, value2), ref_write(names, (tb_ref)e->value2, out);
    else if (value2 != NULL)
        tbi_resp_string(out, value2), tbi_resp_integer(out, e->value2);
    if (repeated)
        KEY(out, 8, "repeated"), tbi_resp_integer(out, 1);
    if (started)
        KEY(out, 7, "started"), tbi_resp_integer(out, 1);
}

/* ---- values alone ---- */

static char *ref_put(const struct tbi_names *names, tb_ref ref, int version, char *at)
{
    if (ref == 0) {
        memcpy(at, version >= 3 ? "_\r\n  " : "$-1\r\n", 5);
        return at + (version >= 3 ? 3 : 5);
    }
    memcpy(at, "$32\r\n", 5);
    tbi_names_ref_print(names, ref, at + 5);
    memcpy(at + 5 + TBI_REF_TEXT, "\r\n", 2);
    return at + 5 + TBI_REF_TEXT + 2;
}

/* An index, or -1 where there is none. */
static char *index_put(char *at, uint32_t index, uint32_t none)
{
    return tbi_resp_put(at, ':', index == none ? -1 : (int64_t)index);
}

static char *question_put(const struct tb_event *e, int state, char *at)
{
    const bool longer = e->kind == TB_EVENT_TICKET || e->kind == TB_EVENT_SUGGESTED;

    at = tbi_resp_put(at, '*', longer ? 7 : 3);
    at = tbi_resp_put(at, ':', e->value);
    at = tbi_resp_put(at, ':', e->value2);
    at = tbi_resp_put(at, ':', e->number);
    if (!longer)
        return at;
    at = index_put(at, e->station, TB_STATION_NONE);
    at = index_put(at, e->server, TB_NONE);
    at = index_put(at, e->matter, TB_MATTER_NONE);
    return tbi_resp_put(at, ':', state);
}

static char *change_put(const struct tbi_names *names, const struct tb_event *e, int version,
                        char *at)
{
    const uint32_t flags = e->flags & ~TB_EVENT_FLAG_ANSWER;

    at = tbi_resp_put(at, '*', 8);
    at = tbi_resp_put(at, ':', e->kind);
    at = tbi_resp_put(at, ':', (int64_t)e->sequence);
    at = ref_put(names, e->ref, version, at);
    at = tbi_resp_put(at, ':', e->number);
    at = index_put(at, e->server, TB_NONE);
    at = tbi_resp_put(at, ':', e->value);
    at = value2_is_ref(e->kind) ? ref_put(names, (tb_ref)e->value2, version, at)
                                : tbi_resp_put(at, ':', e->value2);
    return tbi_resp_put(at, ':', flags);
}

void tbi_reply_values(const struct tbi_names *names, const struct tb_event *e, int state,
                      int version, struct tbi_bytes *out)
{
    if (e->kind == TB_EVENT_REFUSED) {
        refusal(e, out);
        return;
    }
    char *at = tbi_bytes_reserve(out, 9 * 26 + 2 * (TBI_REF_TEXT + 8));
    const char *end =
        e->sequence == 0 ? question_put(e, state, at) : change_put(names, e, version, at);
    out->size += (size_t)(end - at);
}

/* ---- what is pushed ---- */

void tbi_reply_json(const struct tbi_names *names, const struct tb_event *e, struct tbi_bytes *out,
                    size_t *open_bytes)
{
    const size_t first = out->size;
    const char *value = value_name(e->kind), *value2 = value2_name(e->kind);
    char text[TBI_REF_TEXT], *at = tbi_bytes_reserve(out, 1024);
    int n = sprintf(at, "{\"sequence\":%llu,\"at_us\":%lld,\"event\":\"%s\"",
                    (unsigned long long)e->sequence, (long long)e->at_us, tb_event_name(e->kind));

    if (e->station != TB_STATION_NONE)
        n += sprintf(at + n, ",\"station\":\"%.200s\"", tbi_names_station_id(names, e->station));
    if (e->server != TB_NONE)
        n += sprintf(at + n, ",\"window\":\"%.200s\"", tbi_names_server_id(names, e->server));
    if (e->number != 0)
        n += sprintf(at + n, ",\"number\":%u", e->number);
    if (e->matter != TB_MATTER_NONE)
        n += sprintf(at + n, ",\"matter\":\"%.200s\"", tbi_names_matter_id(names, e->matter));
    if (value != NULL)
        n += sprintf(at + n, ",\"%s\":%lld", value, (long long)e->value);
    if (value2 != NULL && !value2_is_ref(e->kind))
        n += sprintf(at + n, ",\"%s\":%lld", value2, (long long)e->value2);
    if (e->flags & TB_EVENT_FLAG_STARTED)
        n += sprintf(at + n, ",\"started\":true");
    if (e->flags & TB_EVENT_FLAG_SILENT)
        n += sprintf(at + n, ",\"silent\":true");
    *open_bytes = (size_t)n;
    if (value2 != NULL && value2_is_ref(e->kind) && e->value2 != 0) {
        tbi_names_ref_print(names, (tb_ref)e->value2, text);
        n += sprintf(at + n, ",\"%s\":\"%.*s\"", value2, TBI_REF_TEXT, text);
    }
    if (e->ref != 0) {
        tbi_names_ref_print(names, e->ref, text);
        n += sprintf(at + n, ",\"ref\":\"%.*s\"", TBI_REF_TEXT, text);
    }
    at[n++] = '}';
    out->size = first + (size_t)n;
}

static const char *const reasons[] = {
    [TB_EXPLAIN_NOBODY] = "NOBODY",   [TB_EXPLAIN_OVERTAKEN] = "OVERTAKEN",
    [TB_EXPLAIN_TIER] = "TIER",       [TB_EXPLAIN_AGE] = "AGE",
    [TB_EXPLAIN_JOIN] = "JOIN",       [TB_EXPLAIN_ONLY] = "ONLY",
    [TB_EXPLAIN_CHOSEN] = "CHOSEN",   [TB_EXPLAIN_FLEXIBLE] = "FLEXIBLE",
    [TB_EXPLAIN_LONGEST] = "LONGEST",
};

static void candidate(const struct tbi_names *names, const struct tb_candidate *c, bool refs,
                      int version, struct tbi_bytes *out)
{
    tbi_resp_map(out, version, 8);
    if (c->ticket != 0 && refs)
        KEY(out, 3, "ref"), ref_write(names, c->ticket, out);
    else if (c->ticket != 0)
        KEY(out, 3, "ref"), tbi_resp_null(out, version);
    else
        KEY(out, 6, "window"), tbi_resp_string(out, tbi_names_server_id(names, c->server));
    KEY(out, 7, "station"), tbi_resp_string(out, tbi_names_station_id(names, c->station));
    KEY(out, 5, "queue"), tbi_resp_integer(out, c->queue);
    KEY(out, 4, "tier"), tbi_resp_integer(out, c->tier);
    KEY(out, 9, "overtaken"), tbi_resp_integer(out, c->overtaken);
    KEY(out, 6, "key_us"), tbi_resp_integer(out, c->key_us);
    KEY(out, 9, "credit_us"), tbi_resp_integer(out, c->credit_us);
    KEY(out, 3, "won"), tbi_resp_integer(out, c->won);
}

void tbi_reply_explanation(const struct tbi_names *names, const struct tb_explanation *e, bool refs,
                           int version, struct tbi_bytes *out)
{
    tbi_resp_map(out, version, 4);
    KEY(out, 5, "at_us"), tbi_resp_integer(out, e->at_us);
    KEY(out, 6, "reason"), tbi_resp_string(out, reasons[e->reason]);
    KEY(out, 3, "ref");
    if (e->ticket != 0 && refs)
        ref_write(names, e->ticket, out);
    else
        tbi_resp_null(out, version);
    KEY(out, 10, "candidates");
    tbi_resp_array(out, e->candidate_count);
    for (uint32_t i = 0; i < e->candidate_count; i++)
        candidate(names, &e->candidates[i], refs, version, out);
}
