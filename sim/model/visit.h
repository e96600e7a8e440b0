/* visit.h: one visit of one citizen, as the model and the statistics see it.
 *
 * The visits of a hall's day lie side by side in an array. They are written while the day runs and
 * read once when it is over: by the tally, which makes the statistics of halls of them, and by the
 * writer of the tickets file. Nothing is counted while people are served.
 *
 * Instants are TB_NEVER until they happen. Threads: as the model that owns them. */
#ifndef TBS_MODEL_VISIT_H
#define TBS_MODEL_VISIT_H

#include "tongban/command.h"

enum tbs_outcome {
    TBS_OUTCOME_OPEN = 0,    /* not there yet, or still there */
    TBS_OUTCOME_SERVED = 1,  /* all matters done */
    TBS_OUTCOME_LEFT = 2,    /* gave up while waiting, or was called and did not come */
    TBS_OUTCOME_EXPIRED = 3, /* still waited when the hall's day was over */
    TBS_OUTCOME_REFUSED = 4, /* got no number */
    TBS_OUTCOME_ABSENT = 5,  /* had an appointment and never came: no arrival */
    TBS_OUTCOME_COUNT
};
/* "served"; pure. */
const char *tbs_outcome_name(enum tbs_outcome outcome);

/* What a citizen is and will do, drawn when the day is made: bits of struct tbs_visit.traits. */
enum tbs_trait {
    TBS_TRAIT_BOOKED = 1u << 0,  /* has an appointment */
    TBS_TRAIT_ABSENT = 1u << 1,  /* an appointment that he will not keep */
    TBS_TRAIT_KIOSK = 1u << 2,   /* takes the number at a kiosk */
    TBS_TRAIT_MOBILE = 1u << 3,  /* on the phone: is called silently */
    TBS_TRAIT_ACKS = 1u << 4,    /* confirms a silent call */
    TBS_TRAIT_AWAY = 1u << 5,    /* does not come to the window at his first call */
    TBS_TRAIT_RETURNS = 1u << 6, /* then comes back to the line */
    TBS_TRAIT_OTHER = 1u << 7,   /* goes to another hall than his own */
    TBS_TRAIT_ADVISED = 1u << 8, /* asks which hall, and follows the answer */
    TBS_TRAIT_VIDEO = 1u << 9,   /* goes to a kiosk with live video */
    TBS_TRAIT_RATES = 1u << 10,  /* rates at the window */
    TBS_TRAIT_RATES_LATER = 1u << 11,
    TBS_TRAIT_BAD = 1u << 12,     /* the rating is a bad one */
    TBS_TRAIT_COLLECT = 1u << 13, /* this visit only collects a result */
    TBS_TRAIT_BALKS = 1u << 14,   /* turns round at a long expected wait */
    TBS_TRAIT_CHOOSES = 1u << 15, /* could go to any of several halls */
    TBS_TRAIT_SETTLED = 1u << 16, /* matter 0 is settled at the window; matter i: << i */
};

/* Those that make no difference to what a visit counts for. */
#define TBS_TRAITS_PLAIN                                                                           \
    (TBS_TRAIT_KIOSK | TBS_TRAIT_MOBILE | TBS_TRAIT_ACKS | TBS_TRAIT_RATES |                       \
     TBS_TRAIT_RATES_LATER | TBS_TRAIT_BAD | TBS_TRAIT_CHOOSES |                                   \
     0xf0000u /* TBS_TRAIT_SETTLED of each matter */)

/* What is so now: bits of struct tbs_visit.flags. */
enum tbs_visit_flag {
    TBS_VISIT_WAITING = 1u << 0,   /* stands in a line */
    TBS_VISIT_ARRIVED = 1u << 1,   /* was counted as an arrival */
    TBS_VISIT_TICKET = 1u << 2,    /* got a number, or checked in */
    TBS_VISIT_REMOTE = 1u << 3,    /* its ticket is one of the remote station */
    TBS_VISIT_PARTS = 1u << 7,     /* called more than once, or by another hall: counted in parts */
    TBS_VISIT_WENT = 1u << 4,      /* was called once and did not come */
    TBS_VISIT_CARRIED = 1u << 6,   /* goes on in another place of memory: not counted here */
    TBS_VISIT_ELSEWHERE = 1u << 5, /* not in the order of its array: on the way, or handled apart */
};

struct tbs_visit {
    /* What every visit touches. */
    tb_time arrival_at_us; /* comes to the hall; TB_NEVER: does not keep his appointment */
    tb_time place_at_us;   /* from when he waits: the ticket's place */
    tb_time called_at_us;  /* first call */
    tb_time started_at_us; /* first service */
    tb_time ended_at_us;   /* finished, left, expired, refused */
    int64_t service_us;    /* of the matter at hand */
    uint32_t server;       /* of the last call; TB_NONE: none yet */
    uint32_t number;
    uint16_t station; /* the hall where he is */
    uint16_t matter;  /* at hand */
    uint8_t queue;
    uint8_t overtaken;
    uint8_t outcome; /* enum tbs_outcome */
    uint8_t flags;   /* TBS_VISIT_* */

    /* What only some do. */
    int64_t patience_us;  /* waits so long; TB_NEVER: for ever */
    tb_time slot_at_us;   /* of the appointment; TB_NEVER: none */
    tb_ref ref;           /* of his ticket */
    uint64_t luck;        /* names what he draws while the day runs: luck.h */
    uint32_t traits;      /* TBS_TRAIT_* */
    uint32_t index;       /* n-th citizen of his own hall's day; who only collects: case slot */
    uint32_t day;         /* scenario day of that */
    uint16_t home;        /* his own hall */
    uint8_t class_;       /* normal or green */
    uint8_t matter_count; /* cases that he brings; 0: only collects */
    uint16_t matters[TB_COMMAND_MATTERS_MAX];
    uint8_t matters_done;
    uint8_t pad[7];
};

_Static_assert(sizeof(struct tbs_visit) == 128, "a visit is two cache lines");

#endif
