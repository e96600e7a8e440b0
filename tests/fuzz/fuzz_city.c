/* libFuzzer target: any bytes are commands on the small city. After each of them the city must
 * verify; a refusal must leave its hash. 16 bytes make a command: small numbers where small numbers
 * are meant, references by what the events have named, so that the fuzzer gets far; one kind of it
 * takes the bytes as they are. `make fuzz` builds and runs it. */
#include "model/small.h"

#include <stdlib.h>
#include <string.h>

enum { BITE = 16, REFS = 64, COMMANDS_MAX = 400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tb_city *fresh; /* before the first command */
static struct small *small;

struct past {
    tb_ref refs[REFS];
    uint32_t count;
};

static void city_fresh(void)
{
    if (small == NULL) {
        small = small_config();
        for (uint32_t s = 0; s < SMALL_STATIONS; s++)
            small->rules[s].value[TB_RULE_call_timeout_us] = TB_MINUTES(1);
        small->config.tickets_max = 12;
        small->config.cases_max = 4;
        small_start(small);
        fresh = aligned_alloc(TB_CITY_ALIGN, (small->bytes + 63) / 64 * 64);
        tb_assert(fresh != NULL);
        memcpy(fresh, small->city, small->bytes);
    }
    memcpy(small->city, fresh, small->bytes);
    small->now = SMALL_AT(0, 10, 0);
}

/* Byte 0: kind; 1: time; 2: which reference, or a raw one; 3: flags; the rest: fields. */
static struct tb_command decode(const uint8_t *b, const struct past *past)
{
    static const int64_t units[4] = {1, TB_SECONDS(30), TB_MINUTES(10), TB_HOURS(1)};
    struct tb_command c = {.kind = b[0] % (TB_COMMAND_COUNT + 1)};
    c.ref = past->count ? past->refs[b[2] % (past->count < REFS ? past->count : REFS)] : b[2];
    c.flags = b[3] & 7;
    c.request_id = b[3] >> 4;
    c.server = b[4] % (SMALL_SERVERS + 1);
    c.station = b[5] % (SMALL_STATIONS + 1);
    if (b[5] == 0xff)
        c.station = TB_STATION_NONE;
    c.matters[0] = b[6] % 5;
    c.matters[1] = b[7] % 5;
    c.matter_count = b[7] % 6;
    c.class_ = b[8] % 6;
    c.channel = b[9] % 7;
    c.group = b[10] % 4;
    c.extra = b[11] % (TB_RULE_COUNT + 1);
    c.value = (int8_t)b[12] * units[b[13] % 4];
    if (c.kind == TB_BOOK_MAKE || c.kind == TB_BOOK_MOVE || c.kind == TB_BOOK_SLOT)
        c.value = SMALL_AT(b[13] % 4, 8, 0) + TB_MINUTES(30) * b[12];
    if (b[14] == 0xff)
        memcpy(&c.value, b + 2, sizeof c.value);
    c.citizen = b[15];
    return c;
}

static void remember(struct past *past)
{
    for (uint32_t i = 0; i < small->count; i++) {
        const struct tb_event *e = &small->events[i];
        if (e->ref != 0)
            past->refs[past->count++ % REFS] = e->ref;
        if (e->kind == TB_EVENT_FINISHED || e->kind == TB_EVENT_MATTER_DONE)
            past->refs[past->count++ % REFS] = (tb_ref)e->value2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t steps[8] = {
        0, 0, 0, TB_SECONDS(1), TB_MINUTES(1), TB_MINUTES(30), TB_HOURS(3), -TB_SECONDS(1)};
    struct past past = {.count = 0};
    city_fresh();
    for (uint32_t n = 0; n < COMMANDS_MAX && size >= BITE; n++, data += BITE, size -= BITE) {
        small_until(small, small->now + steps[data[1] % 8]);
        struct tb_command c = decode(data, &past);
        uint64_t before = tb_city_hash(small->city);
        const struct tb_event *e = small_send(small, c);
        bool unchanged = e->sequence == 0 || (e->flags & TB_EVENT_FLAG_REPEATED);
        tb_assert(!unchanged || tb_city_hash(small->city) == before);
        const char *wrong = tb_city_verify(small->city);
        if (wrong)
            tb_assert_failed(wrong, __FILE__, __LINE__);
        remember(&past);
    }
    return 0;
}
