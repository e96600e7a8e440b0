/* Commands and events: the only ways into a city and out of it. Both are one cache line of plain
 * data without pointers, the same bytes in a ring, in a log and on the network's far side. */
#ifndef TONGBAN_COMMAND_H
#define TONGBAN_COMMAND_H

#include "tongban/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tb_command_kind {
    TB_COMMAND_NONE = 0,
#define TB_COMMAND(value, name, ...) TB_##name = value,
#include "tongban/command.def"
#undef TB_COMMAND
    TB_COMMAND_COUNT
};

enum tb_command_effect { TB_EFFECT_CHANGE, TB_EFFECT_QUERY };

enum tb_event_kind {
    TB_EVENT_NONE = 0,
#define TB_EVENT(value, name, ...) TB_EVENT_##name = value,
#include "tongban/event.def"
#undef TB_EVENT
    TB_EVENT_COUNT
};

enum tb_status {
#define TB_STATUS(value, name, ...) TB_STATUS_##name = value,
#include "tongban/status.def"
#undef TB_STATUS
    TB_STATUS_COUNT
};

/* Flags of a command. */
#define TB_FLAG_SILENT 1u  /* TICKET.TAKE: called on the phone, must be acknowledged */
#define TB_FLAG_NEXT 2u    /* a window that gets free asks for the next in the same step */
#define TB_FLAG_SETTLED 4u /* WINDOW.FINISH: settled at the window, opens no case */

/* What a plan entry does: the class field of PLAN.SET. */
enum tb_plan_action {
    TB_PLAN_OPEN = 0, /* with the profile in extra */
    TB_PLAN_CLOSE = 1,
    TB_PLAN_PAUSE = 2,
    TB_PLAN_CONTINUE = 3,
    TB_PLAN_ACTION_COUNT = 4,
};

/* One command. Fields that a command does not use are ignored, but belong to its identity where
 * a request id is given. */
struct tb_command {
    uint64_t request_id; /* 0: none; else a retry with the same id gets the first answer again */
    uint64_t tag;        /* the caller's; comes back in every event that this command causes */
    tb_ref ref;
    uint64_t citizen; /* opaque to the core */
    int64_t value;
    uint16_t kind; /* enum tb_command_kind */
    uint16_t station;
    uint32_t server;
    uint16_t matters[TB_COMMAND_MATTERS_MAX]; /* matters[0] is the matter */
    uint8_t matter_count;                     /* 0 counts as 1 */
    uint8_t class_;                           /* enum tb_class, or enum tb_plan_action */
    uint8_t channel;                          /* enum tb_channel */
    uint8_t flags;                            /* TB_FLAG_* */
    uint16_t group;                           /* skill group, or kind of day */
    uint16_t extra;                           /* zone, rule, calendar or profile */
};

/* Flags of an event. */
/* the one answer of its command; always the command's first event */
#define TB_EVENT_FLAG_ANSWER 1u
#define TB_EVENT_FLAG_REPEATED 2u /* the answer of an earlier command with the same request id */
#define TB_EVENT_FLAG_STARTED 4u  /* CALLED under the rule auto_start: service has begun too */
#define TB_EVENT_FLAG_SILENT 8u   /* CALLED, RECALLED: on the phone, not on the loudspeaker */

/* One event. */
struct tb_event {
    tb_time at_us;
    uint64_t sequence; /* counts the city's events from 1; 0 for refusals and answers to queries */
    uint64_t tag;      /* of the command that caused it; 0 where time did */
    tb_ref ref;        /* ticket, case or visit */
    int64_t value;
    int64_t value2;
    uint16_t kind; /* enum tb_event_kind */
    uint16_t station;
    uint32_t server;
    uint32_t number; /* the printed number; 0: none yet */
    uint16_t matter;
    uint8_t queue; /* group x TB_CLASSES + class */
    uint8_t flags;
};

#ifndef __cplusplus
_Static_assert(sizeof(struct tb_command) == 64, "a command is one cache line");
_Static_assert(sizeof(struct tb_event) == 64, "an event is one cache line");
#endif

/* Names and sentences out of the tables. All are pure and wait-free; an index outside a table
 * gives "unknown". The strings live for ever. */
struct tb_command_row {
    const char *name; /* "TICKET.TAKE" */
    const char *roles;
    enum tb_command_effect effect;
    const char *arguments;
    const char *help;
    const char *chinese; /* the same as help */
};
const struct tb_command_row *tb_command_row(uint32_t kind); /* NULL outside the table */
uint32_t tb_command_kind(const char *name, size_t name_bytes); /* upper or lower case; 0: none */
const char *tb_event_name(uint32_t kind);                      /* "TAKEN" */
const char *tb_event_help(uint32_t kind);
const char *tb_status_name(uint32_t status);     /* "QUOTA_EXHAUSTED" */
const char *tb_status_sentence(uint32_t status); /* what is wrong */
const char *tb_status_remedy(uint32_t status);   /* what to do */
const char *tb_status_chinese(uint32_t status);  /* both, in Chinese */

#ifdef __cplusplus
}
#endif
#endif
