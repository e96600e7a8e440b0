/* Commands, events and cities in words. */
#include "pair.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
    char *out;
    size_t bytes, used;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(t->out + t->used, t->bytes - t->used, format, list);
    va_end(list);
    if (n > 0)
        t->used += (size_t)n < t->bytes - t->used ? (size_t)n : t->bytes - t->used - 1;
}

/* Model references: kind, number of the command, which of those that it made. */
static void put_ref(struct text *t, const char *name, tb_ref ref)
{
    static const char kinds[] = "?TCV";
    uint32_t kind = (uint32_t)(ref >> 60);
    if (ref != 0)
        put(t, " %s=%c%llu.%u", name, kind < 4 ? kinds[kind] : '?',
            (unsigned long long)(ref >> 8 & 0xfffffffffffff), (uint32_t)(ref & 255));
}

void print_command(char *out, size_t bytes, const struct tb_command *c)
{
    struct text t = {out, bytes, 0};
    const struct tb_command_row *row = tb_command_row(c->kind);
    put(&t, "%s", row ? row->name : "(unknown)");
    put_ref(&t, "ref", c->ref);
    put(&t, " station=%d server=%d value=%lld matters=%u:%u,%u,%u,%u", (int16_t)c->station,
        (int32_t)c->server, (long long)c->value, c->matter_count, c->matters[0], c->matters[1],
        c->matters[2], c->matters[3]);
    put(&t, " class=%u channel=%u flags=%u group=%u extra=%u", c->class_, c->channel, c->flags,
        c->group, c->extra);
    if (c->request_id)
        put(&t, " request=%llu citizen=%llu", (unsigned long long)c->request_id,
            (unsigned long long)c->citizen);
}

void print_event(char *out, size_t bytes, const struct tb_event *e)
{
    struct text t = {out, bytes, 0};
    put(&t, "#%llu at=%lld %s", (unsigned long long)e->sequence, (long long)e->at_us,
        tb_event_name(e->kind));
    if (e->kind == TB_EVENT_REFUSED)
        put(&t, " %s", tb_status_name((uint32_t)e->value));
    put_ref(&t, "ref", e->ref);
    put(&t, " station=%d server=%d number=%u matter=%d queue=%u value=%lld value2=%lld flags=%u",
        (int16_t)e->station, (int32_t)e->server, e->number, (int16_t)e->matter, e->queue,
        (long long)e->value, (long long)e->value2, e->flags);
    put(&t, " tag=%llu", (unsigned long long)e->tag);
}

void print_record(char *out, size_t bytes, const struct record *r)
{
    struct text t = {out, bytes, 0};
    put(&t, "%6llu at=%lld ", (unsigned long long)r->serial, (long long)r->now);
    if (r->serial == 0)
        put(&t, "(time)");
    else
        print_command(out + t.used, bytes - t.used, &r->command);
}

static void print_calendars(const struct tb_config *c)
{
    for (uint32_t i = 0; i < c->calendar_count; i++) {
        const struct tb_calendar *x = &c->calendars[i];
        printf("  calendar %u:", i);
        for (uint32_t k = 0; k < x->kind_count; k++) {
            printf(" kind %u [", k);
            for (uint32_t p = 0; p < x->kinds[k].period_count; p++)
                printf(" %lld-%lld", (long long)(x->kinds[k].periods[p].opens_us / 1000000),
                       (long long)(x->kinds[k].periods[p].closes_us / 1000000));
            printf(" ]");
        }
        printf("\n    days:");
        for (uint32_t d = 0; d < x->day_count; d++)
            printf(" %lld/%u", (long long)(x->days[d].starts_at_us / 1000000), x->days[d].kind);
        printf("\n");
    }
}

static void print_station(const struct tb_station *s, uint32_t index)
{
    static const char *const kinds[] = {"hall", "desk", "remote"};
    printf("  station %u: %s calendar %u slot_us %lld horizon %u plan_max %u\n", index,
           kinds[s->kind], s->calendar, (long long)s->slot_us, s->horizon_days,
           s->plan_entries_max);
    for (uint32_t g = 0; g < s->group_count; g++)
        printf("    group %u: quota %u slots %u\n", g, s->groups[g].quota,
               s->groups[g].slot_capacity);
    for (uint32_t p = 0; p < s->profile_count; p++)
        printf("    profile %u: serves %llx helps %llx below %u remote %llx\n", p,
               (unsigned long long)s->profiles[p].serves, (unsigned long long)s->profiles[p].helps,
               s->profiles[p].help_below, (unsigned long long)s->profiles[p].remote);
    printf("    servers:");
    for (uint32_t w = 0; w < s->server_count; w++)
        printf(" %u", s->servers[w]);
    printf("\n    rules:");
    for (uint32_t r = 0; s->rules && r < TB_RULE_COUNT; r++)
        if (s->rules->value[r] != tb_rule_row(r)->normal)
            printf(" %s=%lld", tb_rule_row(r)->name, (long long)s->rules->value[r]);
    printf("\n");
}

static void print_routes(const struct tb_config *c)
{
    for (uint32_t i = 0; i < c->matter_count; i++) {
        const struct tb_matter *x = &c->matters[i];
        printf("  matter %u: group %u remote %u route %d%s halls", i, x->group, x->remote_group,
               (int16_t)x->route, x->collect ? " collect" : "");
        for (uint32_t h = 0; h < x->hall_count; h++)
            printf(" %u", x->halls[h]);
        printf("\n");
    }
    for (uint32_t i = 0; i < c->route_count; i++) {
        printf("  route %u:\n", i);
        for (uint32_t k = 0; k < c->routes[i].step_count; k++) {
            const struct tb_step *s = &c->routes[i].steps[k];
            printf("    step %u: kind %d station %u group %u joins %u due %lld next", k, s->kind,
                   s->station, s->group, s->joins, (long long)s->due_work_us);
            for (uint32_t n = 0; n < s->next_count; n++)
                printf(" %u", s->next[n]);
            printf("\n");
        }
    }
}

void print_world(const struct world *world)
{
    const struct tb_config *c = &world->config;
    printf("city: tickets_max %u cases_max %u visits_max %u requests_max %u zones %u\n",
           c->tickets_max, c->cases_max, c->visits_max, c->requests_max, c->zone_count);
    print_calendars(c);
    for (uint32_t s = 0; s < c->station_count; s++)
        print_station(&c->stations[s], s);
    print_routes(c);
    for (uint32_t i = 0; i < c->plan_count; i++)
        printf("  plan: server %u kind %u at %lld action %d profile %u\n", c->plan[i].server,
               c->plan[i].day_kind, (long long)(c->plan[i].offset_us / 1000000), c->plan[i].action,
               c->plan[i].profile);
}
