#include "push.h"

#include <fnmatch.h>
#include <stdio.h>
#include <sys/mman.h>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "reply.h"

/* A reference's list, by its low bits. */
static struct tbi_subscription **ref_list(struct tbi_push *push, uint64_t ref)
{
    return &push->refs[(ref ^ ref >> 32) % TBI_REF_SLOTS];
}

/* In big pages if there are any, and touched now: in service a first touch would cost more than
 * what is written there. */
static void *history_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory != MAP_FAILED) {
        (void)madvise(memory, bytes, MADV_HUGEPAGE);
        memset(memory, 0, bytes);
    }
    return memory;
}

void tbi_push_init(struct tbi_push *push, const struct tb_scenario *scenario,
                   const struct tbi_names *names, uint32_t history)
{
    push->names = names;
    push->hall_count = scenario->hall_count;
    push->stations = calloc(scenario->config.station_count + 1, sizeof *push->stations);
    push->servers = calloc(scenario->server_count + 1, sizeof *push->servers);
    push->history_room = 64;
    while (push->history_room < history)
        push->history_room *= 2;
    push->history = history_memory(push->history_room * sizeof *push->history);
    tb_assert(push->stations != NULL && push->servers != NULL && push->history != MAP_FAILED);
}

void tbi_push_free(struct tbi_push *push)
{
    free(push->stations);
    free(push->servers);
    munmap(push->history, push->history_room * sizeof *push->history);
    tbi_bytes_free(&push->text);
}

/* ---- who listens ---- */

static bool begins(const struct tbi_argument *name, const char *word, struct tbi_argument *rest)
{
    const size_t bytes = strlen(word);

    if (name->bytes <= bytes || memcmp(name->text, word, bytes) != 0)
        return false;
    *rest = (struct tbi_argument){name->text + bytes, name->bytes - (uint32_t)bytes};
    return true;
}

static enum tbi_channel_kind channel_read(const struct tbi_push *push,
                                          const struct tbi_argument *name, uint64_t *what)
{
    struct tbi_argument rest;

    *what = 0;
    if (tbi_argument_is(name, "city"))
        return TBI_CHANNEL_CITY;
    if (begins(name, "hall:", &rest) || begins(name, "desk:", &rest)) {
        *what = tbi_names_station(push->names, &rest);
        return *what == TB_NONE ? TBI_CHANNEL_OTHER : TBI_CHANNEL_STATION;
    }
    if (begins(name, "window:", &rest)) {
        *what = tbi_names_server(push->names, &rest);
        return *what == TB_NONE ? TBI_CHANNEL_OTHER : TBI_CHANNEL_SERVER;
    }
    if ((begins(name, "ticket:", &rest) || begins(name, "case:", &rest)) &&
        tbi_names_ref_read(push->names, &rest, what))
        return TBI_CHANNEL_REF;
    return TBI_CHANNEL_OTHER;
}

static struct tbi_subscription **list_of(struct tbi_push *push, enum tbi_channel_kind kind,
                                         uint64_t what)
{
    switch (kind) {
    case TBI_CHANNEL_CITY:
        return &push->city;
    case TBI_CHANNEL_STATION:
        return &push->stations[what];
    case TBI_CHANNEL_SERVER:
        return &push->servers[what];
    case TBI_CHANNEL_REF:
        return ref_list(push, what);
    case TBI_CHANNEL_PATTERN:
        return &push->patterns;
    case TBI_CHANNEL_OTHER:
        break;
    }
    return &push->other;
}

static bool is_same(const struct tbi_subscription *s, const struct tbi_argument *name, bool pattern)
{
    return (s->kind == TBI_CHANNEL_PATTERN) == pattern && strlen(s->name) == name->bytes &&
           memcmp(s->name, name->text, name->bytes) == 0;
}

bool tbi_push_subscribe(struct tbi_push *push, struct tbi_session *session,
                        const struct tbi_argument *name, bool pattern)
{
    for (struct tbi_subscription *s = session->subscriptions; s; s = s->next_of_session)
        if (is_same(s, name, pattern))
            return false;
    struct tbi_subscription *s = calloc(1, sizeof *s + name->bytes + 1);
    tb_assert(s != NULL);
    memcpy(s->name, name->text, name->bytes);
    s->session = session;
    s->kind = pattern ? TBI_CHANNEL_PATTERN : channel_read(push, name, &s->what);
    s->at = list_of(push, s->kind, s->what);
    s->next = *s->at;
    if (s->next != NULL)
        s->next->at = &s->next;
    *s->at = s;
    s->next_of_session = session->subscriptions;
    session->subscriptions = s;
    session->subscription_count++;
    push->count++;
    return true;
}

static void drop(struct tbi_push *push, struct tbi_subscription **of_session)
{
    struct tbi_subscription *s = *of_session;

    *of_session = s->next_of_session;
    *s->at = s->next;
    if (s->next != NULL)
        s->next->at = s->at;
    s->session->subscription_count--;
    push->count--;
    free(s);
}

bool tbi_push_unsubscribe(struct tbi_push *push, struct tbi_session *session,
                          const struct tbi_argument *name, bool pattern, struct tbi_bytes *dropped)
{
    for (struct tbi_subscription **at = &session->subscriptions; *at;
         at = &(*at)->next_of_session) {
        const bool fits =
            name ? is_same(*at, name, pattern) : ((*at)->kind == TBI_CHANNEL_PATTERN) == pattern;
        if (!fits)
            continue;
        dropped->size = 0;
        tbi_bytes_text(dropped, (*at)->name);
        drop(push, at);
        return true;
    }
    return false;
}

void tbi_push_leave(struct tbi_push *push, struct tbi_session *session)
{
    while (session->subscriptions != NULL)
        drop(push, &session->subscriptions);
}

bool tbi_push_sees_refs(const struct tbi_session *session)
{
    return session->user == NULL || strchr("pwds", session->user->role->letter) != NULL;
}

/* ---- what they hear ---- */

struct message {
    const struct tb_event *event;
    const char *text;
    size_t bytes, open_bytes;
    void (*touch)(void *context, struct tbi_session *session);
    void *context;
};

/* The owner of a ticket's channel holds its reference already. */
static void send_one(const struct tbi_subscription *s, const struct message *m, const char *channel)
{
    struct tbi_bytes *out = &s->session->out;
    const bool pattern = s->kind == TBI_CHANNEL_PATTERN;

    if (s->session->user != NULL && !s->session->user->everywhere && s->kind != TBI_CHANNEL_REF &&
        (m->event->station == TB_STATION_NONE ||
         !tbi_user_reaches(s->session->user, m->event->station)))
        return;
    tbi_resp_push(out, s->session->version, pattern ? 4 : 3);
    tbi_resp_string(out, pattern ? "pmessage" : "message");
    if (pattern)
        tbi_resp_string(out, s->name);
    tbi_resp_string(out, channel);
    if (s->kind == TBI_CHANNEL_REF || tbi_push_sees_refs(s->session)) {
        tbi_resp_bulk(out, m->text, m->bytes);
    } else {
        char *at = tbi_bytes_reserve(out, m->open_bytes + 32);
        out->size += (size_t)sprintf(at, "$%zu\r\n", m->open_bytes + 1);
        tbi_bytes_add(out, m->text, m->open_bytes);
        tbi_bytes_add(out, "}\r\n", 3);
    }
    m->touch(m->context, s->session);
}

static void send_list(const struct tbi_subscription *list, const struct message *m)
{
    for (const struct tbi_subscription *s = list; s; s = s->next)
        send_one(s, m, s->name);
}

static void send_refs(struct tbi_push *push, uint64_t ref, const struct message *m)
{
    for (const struct tbi_subscription *s = *ref_list(push, ref); s; s = s->next)
        if (s->what == ref)
            send_one(s, m, s->name);
}

/* Each pattern is tried against each of the event's channels. */
static void send_patterns(const struct tbi_push *push, const struct message *m)
{
    const struct tb_event *e = m->event;
    char names[4][256];
    int count = 0;

    snprintf(names[count++], sizeof names[0], "city");
    if (e->station != TB_STATION_NONE)
        snprintf(names[count++], sizeof names[0], "%s:%s",
                 e->station < push->hall_count ? "hall" : "desk",
                 tbi_names_station_id(push->names, e->station));
    if (e->server != TB_NONE)
        snprintf(names[count++], sizeof names[0], "window:%s",
                 tbi_names_server_id(push->names, e->server));
    for (const struct tbi_subscription *s = push->patterns; s; s = s->next)
        for (int i = 0; i < count; i++)
            if (fnmatch(s->name, names[i], 0) == 0)
                send_one(s, m, names[i]);
}

/* The ring is long and hardly ever read: past the cache, where the machine can. */
static void line_store(struct tb_event *to, const struct tb_event *from)
{
#ifdef __AVX512F__
    _mm512_stream_si512((__m512i *)to, _mm512_loadu_si512(from));
#else
    *to = *from;
#endif
}

void tbi_push_keep(struct tbi_push *push, const struct tb_event *event)
{
    if (event->sequence == 0)
        return;
    if (push->last != 0 && event->sequence != push->last + 1)
        push->last = 0; /* a gap: what was before can't be told in full */
    if (push->last == 0)
        push->first = event->sequence;
    push->last = event->sequence;
    line_store(&push->history[event->sequence & (push->history_room - 1)], event);
    if (push->last - push->first >= push->history_room)
        push->first = push->last - push->history_room + 1;
}

void tbi_push_event(struct tbi_push *push, const struct tb_event *event,
                    void (*touch)(void *context, struct tbi_session *session), void *context)
{
    struct message m = {.event = event, .touch = touch, .context = context};

    if (event->sequence == 0)
        return;
    tbi_push_keep(push, event);
    if (push->count == 0)
        return;
    push->text.size = 0;
    tbi_reply_json(push->names, event, &push->text, &m.open_bytes);
    m.text = push->text.data;
    m.bytes = push->text.size;
    send_list(push->city, &m);
    if (event->station != TB_STATION_NONE)
        send_list(push->stations[event->station], &m);
    if (event->server != TB_NONE)
        send_list(push->servers[event->server], &m);
    if (event->ref != 0)
        send_refs(push, event->ref, &m);
    if (push->patterns != NULL)
        send_patterns(push, &m);
}

const struct tb_event *tbi_push_kept(const struct tbi_push *push, uint64_t sequence)
{
    return push->last != 0 && sequence >= push->first && sequence <= push->last
               ? &push->history[sequence & (push->history_room - 1)]
               : NULL;
}
