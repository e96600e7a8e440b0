/* past.c: `tongban log replay`: the log through the core again, and why a past call went to whom
 * it went: tb_city_step_explained at the very command. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

enum { EXPLANATIONS = 64 };

struct search {
    uint64_t event;  /* its number; 0: any call of the ticket */
    uint32_t number; /* the printed number */
    uint32_t found;
};

static const struct {
    const char *zh, *en;
} reasons[] = {
    [TB_EXPLAIN_NOBODY] = {"没有可叫的号", "nobody waits whom the window may take"},
    [TB_EXPLAIN_OVERTAKEN] = {"已被插队到上限", "had been overtaken as often as allowed"},
    [TB_EXPLAIN_TIER] = {"所属层级最高", "its tier goes first"},
    [TB_EXPLAIN_AGE] = {"等待加优待最长（审批：最早到期）",
                        "largest age and credit (desk: earliest due)"},
    [TB_EXPLAIN_JOIN] = {"同等条件下先到", "joined first among equals"},
    [TB_EXPLAIN_ONLY] = {"唯一可叫的号", "the only one"},
    [TB_EXPLAIN_CHOSEN] = {"人工指定", "a person chose it"},
    [TB_EXPLAIN_FLEXIBLE] = {"该号找到了技能最专的空闲窗口",
                             "the ticket found the least flexible free window"},
    [TB_EXPLAIN_LONGEST] = {"该号找到了空闲最久的窗口", "the ticket found the longest idle window"},
};

static void candidate_print(const struct tbi_log_tool *tool, const struct tb_candidate *c)
{
    char text[16], time[48];

    tbi_log_tool_time(tool, c->key_us, time);
    printf("  %s ", c->won ? "*" : " ");
    if (c->server != TB_NONE)
        printf("window %s, ready since %s, %u lines\n", tbi_log_tool_server(tool, c->server, text),
               time, c->flexible);
    else
        printf("ticket %" PRIu64 ", queue %u (group %u, class %u), tier %u, since %s, credit "
               "%" PRId64 " s, overtaken %u%s\n",
               c->ticket, c->queue, c->queue / TB_CLASSES, c->queue % TB_CLASSES, c->tier, time,
               c->credit_us / 1000000, c->overtaken, c->helps ? ", only helped" : "");
}

static void explanation_print(const struct tbi_log_tool *tool, const struct tb_event *event,
                              const struct tb_explanation *e)
{
    char time[48], text[16];

    tbi_log_tool_time(tool, event->at_us, time);
    printf("event %" PRIu64 " %s %s window %s number %u ticket %" PRIu64 "\n", event->sequence,
           time, tb_event_name(event->kind), tbi_log_tool_server(tool, event->server, text),
           event->number, event->ref);
    if (e == NULL) {
        printf("  not a call: %s 并非叫号\n", tb_event_help(event->kind));
        return;
    }
    printf("  %s %s\n", reasons[e->reason].zh, reasons[e->reason].en);
    for (uint32_t i = 0; i < e->candidate_count; i++)
        candidate_print(tool, &e->candidates[i]);
}

static void events_search(const struct tbi_log_tool *tool, struct search *search,
                          const struct tb_event *events, uint32_t count,
                          const struct tb_explanation *explanations, uint32_t explanation_count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct tb_explanation *why = NULL;
        const bool wanted = search->event != 0
                                ? events[i].sequence == search->event
                                : events[i].kind == TB_EVENT_CALLED &&
                                      events[i].number == search->number && events[i].sequence != 0;
        if (!wanted)
            continue;
        for (uint32_t j = 0; j < explanation_count && why == NULL; j++) {
            if (events[i].kind == TB_EVENT_CALLED && explanations[j].ticket == events[i].ref &&
                explanations[j].server == events[i].server)
                why = &explanations[j];
        }
        explanation_print(tool, &events[i], why);
        search->found++;
    }
}

/* The entry's commands one after the other, each explained. */
static void entry_search(const struct tbi_log_tool *tool, struct search *search,
                         struct tbi_log_replay *replay, const struct tbi_log_read *read)
{
    static struct tb_explanation explanations[EXPLANATIONS];

    tbi_log_read_batch(read, replay->commands, NULL);
    for (uint32_t i = 0; i < read->head.count;) {
        uint32_t count = 0;
        const struct tb_step_result result = tb_city_step_explained(
            replay->city, read->head.now, &replay->commands[i], replay->events, TBI_LOG_EVENTS,
            explanations, EXPLANATIONS, &count);
        i += result.commands;
        events_search(tool, search, replay->events, result.events, explanations, count);
    }
}

static bool search_read(const char *text, struct search *search)
{
    char *end;

    const bool ticket = strncmp(text, "ticket:", 7) == 0;
    const uint64_t number = strtoull(text + (ticket ? 7 : 0), &end, 10);
    if (number == 0 || *end != 0 || (ticket && number > UINT32_MAX)) {
        fprintf(stderr,
                "log: --explain wants the number of an event, or ticket:NUMBER, not '%s' "
                "需要事件序号或 ticket:号码\n",
                text);
        return false;
    }
    *search =
        ticket ? (struct search){.number = (uint32_t)number} : (struct search){.event = number};
    return true;
}

static int entries_replay(struct tbi_log_tool *tool, struct tbi_log_reader *reader,
                          struct tbi_log_replay *replay, struct search *search, uint64_t skip_lsn)
{
    struct tbi_log_read read;
    int status;

    while ((status = tbi_log_reader_next(reader, &read, tool->error)) == 1 &&
           read.head.lsn <= tool->to) {
        if (read.head.lsn <= skip_lsn)
            continue;
        const bool explained =
            search->event != 0 ? read.head.value >= search->event : search->number != 0;
        if (explained && read.head.kind == TBI_LOG_BATCH)
            entry_search(tool, search, replay, &read);
        else
            status = tbi_log_replay_entry(replay, &read, tool->dir, tool->error);
        if (status < 0 || (search->event != 0 && search->found != 0))
            break;
    }
    return status < 0 ? status : 0;
}

/* From the beginning; from the oldest snapshot where that was dropped. For one event from the
 * newest snapshot before it. */
static uint64_t start_find(struct tbi_log_tool *tool, struct tbi_log_reader *reader,
                           const struct search *search)
{
    struct tbi_log_snapshot head = {0};
    const struct tbi_log_files *files = &reader->files;
    const bool whole = files->segment_count == 0 || files->segments[0] == 1;

    if (search->event != 0)
        tbi_log_snapshot_load(tool->folder, tool->dir, files, tool->city, tool->city_bytes,
                              UINT64_MAX, search->event, &head, NULL, NULL);
    if (head.lsn == 0 && !whole && files->snapshot_count != 0)
        tbi_log_snapshot_load(tool->folder, tool->dir, files, tool->city, tool->city_bytes,
                              files->snapshots[0], UINT64_MAX, &head, NULL, NULL);
    return head.lsn;
}

int tbi_log_tool_replay(struct tbi_log_tool *tool)
{
    struct tbi_log_reader reader;
    struct tbi_log_replay replay;
    struct search search = {0};

    if (tool->explain != NULL && !search_read(tool->explain, &search))
        return 2;
    if (!tbi_log_tool_scenario(tool, false))
        return 2;
    int status =
        tbi_log_reader_open(&reader, tool->dir, tool->folder, tool->meta.config_id, 0, tool->error);
    const uint64_t start = status == 0 ? start_find(tool, &reader, &search) : 0;
    if (status == 0 && tbi_log_replay_open(&replay, tool->city) == 0) {
        status = entries_replay(tool, &reader, &replay, &search, start);
        if (status == 0 && tool->explain == NULL)
            printf("replayed %" PRIu64 " entries, %" PRIu64 " commands, from entry %" PRIu64
                   "; events to %" PRIu64 "; city %016" PRIx64 "\n",
                   replay.entries, replay.command_count, start + 1, tb_city_sequence(tool->city),
                   tb_city_hash(tool->city));
        tbi_log_replay_close(&replay);
    }
    tbi_log_reader_close(&reader);
    if (status < 0)
        fprintf(stderr, "log: %s%s\n", tool->error,
                tool->adopted ? "; this scenario was adopted later: from the beginning on the log "
                                "replays with the one from before, by --scenario "
                                "日志起于采用之前的场景，请用 --scenario 指定"
                              : "");
    else if (tool->explain != NULL && search.found == 0)
        fprintf(stderr, "log: the log has no such %s 日志中没有该%s\n",
                search.event != 0 ? "event" : "call", search.event != 0 ? "事件" : "号的叫号");
    return status < 0 || (tool->explain != NULL && search.found == 0);
}
