#include "reply.h"

#include <stdio.h>

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

static void key(struct tbi_bytes *out, const char *name)
{
    tbi_resp_string(out, name);
}

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

void tbi_reply_event(const struct tbi_names *names, const struct tb_event *e, int version,
                     struct tbi_bytes *out)
{
    if (e->kind == TB_EVENT_REFUSED) {
        refusal(e, out);
        return;
    }
    const bool ref = e->ref != 0, number = e->number != 0, server = e->server != TB_NONE;
    const bool station = e->station != TB_STATION_NONE, matter = e->matter != TB_MATTER_NONE;
    const bool repeated = (e->flags & TB_EVENT_FLAG_REPEATED) != 0;
    const bool started = (e->flags & TB_EVENT_FLAG_STARTED) != 0;

    tbi_bytes_reserve(out, 512); /* one growth at most */
    tbi_resp_map(out, version,
                 (uint64_t)(5 + ref + number + server + station + matter + repeated + started));
    key(out, "event"), tbi_resp_string(out, tb_event_name(e->kind));
    key(out, "sequence"), tbi_resp_integer(out, (int64_t)e->sequence);
    key(out, "at_us"), tbi_resp_integer(out, e->at_us);
    if (ref)
        key(out, "ref"), ref_write(names, e->ref, out);
    if (number)
        key(out, "number"), tbi_resp_integer(out, e->number);
    if (station)
        key(out, "station"), tbi_resp_string(out, tbi_names_station_id(names, e->station));
    if (server)
        key(out, "window"), tbi_resp_string(out, tbi_names_server_id(names, e->server));
    if (matter)
        key(out, "matter"), tbi_resp_string(out, tbi_names_matter_id(names, e->matter));
    key(out, "value"), tbi_resp_integer(out, e->value);
    key(out, "value2");
    if (value2_is_ref(e->kind) && e->value2 != 0)
        ref_write(names, (tb_ref)e->value2, out);
    else
        tbi_resp_integer(out, e->value2);
    if (repeated)
        key(out, "repeated"), tbi_resp_integer(out, 1);
    if (started)
        key(out, "started"), tbi_resp_integer(out, 1);
}

void tbi_reply_json(const struct tbi_names *names, const struct tb_event *e, struct tbi_bytes *out,
                    size_t *open_bytes)
{
    const size_t first = out->size;
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
    n += sprintf(at + n, ",\"value\":%lld", (long long)e->value);
    if (!value2_is_ref(e->kind))
        n += sprintf(at + n, ",\"value2\":%lld", (long long)e->value2);
    if (e->flags & TB_EVENT_FLAG_STARTED)
        n += sprintf(at + n, ",\"started\":true");
    if (e->flags & TB_EVENT_FLAG_SILENT)
        n += sprintf(at + n, ",\"silent\":true");
    *open_bytes = (size_t)n;
    if (value2_is_ref(e->kind) && e->value2 != 0) {
        tbi_names_ref_print(names, (tb_ref)e->value2, text);
        n += sprintf(at + n, ",\"value2\":\"%.*s\"", TBI_REF_TEXT, text);
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

static void candidate(const struct tbi_names *names, const struct tb_candidate *c, int version,
                      struct tbi_bytes *out)
{
    tbi_resp_map(out, version, 8);
    if (c->ticket != 0)
        key(out, "ref"), ref_write(names, c->ticket, out);
    else
        key(out, "window"), tbi_resp_string(out, tbi_names_server_id(names, c->server));
    key(out, "station"), tbi_resp_string(out, tbi_names_station_id(names, c->station));
    key(out, "queue"), tbi_resp_integer(out, c->queue);
    key(out, "tier"), tbi_resp_integer(out, c->tier);
    key(out, "overtaken"), tbi_resp_integer(out, c->overtaken);
    key(out, "key_us"), tbi_resp_integer(out, c->key_us);
    key(out, "credit_us"), tbi_resp_integer(out, c->credit_us);
    key(out, "won"), tbi_resp_integer(out, c->won);
}

void tbi_reply_explanation(const struct tbi_names *names, const struct tb_explanation *e,
                           int version, struct tbi_bytes *out)
{
    tbi_resp_map(out, version, 4);
    key(out, "at_us"), tbi_resp_integer(out, e->at_us);
    key(out, "reason"), tbi_resp_string(out, reasons[e->reason]);
    key(out, "ref");
    if (e->ticket != 0)
        ref_write(names, e->ticket, out);
    else
        tbi_resp_null(out, version);
    key(out, "candidates");
    tbi_resp_array(out, e->candidate_count);
    for (uint32_t i = 0; i < e->candidate_count; i++)
        candidate(names, &e->candidates[i], version, out);
}
