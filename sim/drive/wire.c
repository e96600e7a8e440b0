#include "drive/wire.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"

enum { REF_TEXT = 32, WORDS_MAX = 24, WORD_MAX = 128, WAIT_S = 5, USERS_MAX = 16 };

struct user {
    char name[WORD_MAX], password[256];
};

/* A reference and its other half, which proves that it was given out. */
struct ref {
    tb_ref ref;
    char text[REF_TEXT];
};

struct tbs_wire {
    const struct tb_scenario *scenario;
    redisContext **contexts;
    uint32_t count, turn;
    struct user users[USERS_MAX]; /* connection N is the Nth one's, in turn */
    uint32_t user_count;
    uint8_t user_of[TB_COMMAND_COUNT]; /* who may give it, as far as is known */
    redisContext *events;
    redisReply *past; /* events from before we listened */
    size_t past_next;
    struct ref *refs; /* by hash; ref 0: free */
    uint32_t ref_count, ref_room;
};

/* ---- references ---- */

static struct ref *ref_slot(const struct tbs_wire *wire, tb_ref ref)
{
    uint64_t slot = ref * 0x9e3779b97f4a7c15u >> 20;

    for (slot &= wire->ref_room - 1; wire->refs[slot].ref != 0 && wire->refs[slot].ref != ref;) {
        slot = (slot + 1) & (wire->ref_room - 1);
    }
    return &wire->refs[slot];
}

void tbs_wire_ref(struct tbs_wire *wire, const char *text)
{
    char digits[17];

    memcpy(digits, text, 16);
    digits[16] = '\0';
    const tb_ref ref = strtoull(digits, NULL, 16);
    if (wire->ref_count * 2 >= wire->ref_room) {
        struct ref *old = wire->refs;
        const uint32_t room = wire->ref_room;
        wire->ref_room = room == 0 ? 4096 : room * 2;
        wire->refs = calloc(wire->ref_room, sizeof *wire->refs);
        tbs_assert(wire->refs != NULL);
        for (uint32_t i = 0; i < room; i++) {
            if (old[i].ref != 0) {
                *ref_slot(wire, old[i].ref) = old[i];
            }
        }
        free(old);
    }
    struct ref *slot = ref_slot(wire, ref);
    wire->ref_count += slot->ref == 0;
    slot->ref = ref;
    memcpy(slot->text, text, REF_TEXT);
}

bool tbs_wire_knows(const struct tbs_wire *wire, tb_ref ref)
{
    return ref_slot(wire, ref)->ref != 0;
}

/* ---- a command as it is written ---- */

struct request {
    char words[WORDS_MAX][WORD_MAX];
    uint32_t count;
};

static void word_add(struct request *request, const char *text)
{
    tbs_assert(request->count < WORDS_MAX);
    snprintf(request->words[request->count++], WORD_MAX, "%s", text);
}

static void number_add(struct request *request, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)value);
    word_add(request, text);
}

const char *tbs_wire_station(const struct tbs_wire *wire, uint32_t station)
{
    const struct tb_scenario *s = wire->scenario;

    return station < s->hall_count                   ? s->halls[station].label.id
           : station < s->hall_count + s->desk_count ? s->desks[station - s->hall_count].label.id
                                                     : "remote";
}

/* Which field a word of the command table's arguments means. */
static bool means(const char *word, const char *field)
{
    const size_t n = strlen(field);

    return strncmp(word, field, n) == 0 && !isalpha((unsigned char)word[n]) && word[n] != '_';
}

static bool required_add(struct tbs_wire *wire, struct request *request, const char *word,
                         const struct tb_command *c)
{
    const struct tb_scenario *s = wire->scenario;

    if (means(word, "station")) {
        word_add(request, tbs_wire_station(wire, c->station));
    } else if (means(word, "server")) {
        word_add(request, s->servers[c->server].label.id);
    } else if (means(word, "matter")) {
        for (int i = 0; i < (c->matter_count == 0 ? 1 : c->matter_count); i++) {
            word_add(request, s->matters[c->matters[i]].label.id);
        }
    } else if (means(word, "ref")) {
        const struct ref *ref = ref_slot(wire, c->ref);
        char text[REF_TEXT + 1];
        if (ref->ref == 0) {
            return false;
        }
        memcpy(text, ref->text, REF_TEXT);
        text[REF_TEXT] = '\0';
        word_add(request, text);
    } else if (means(word, "value")) {
        number_add(request, c->value);
    } else if (means(word, "group")) {
        number_add(request, c->group);
    } else if (means(word, "class")) {
        number_add(request, c->class_);
    } else if (means(word, "extra")) {
        number_add(request, c->extra);
    }
    return true;
}

static void optional_add(struct request *request, const char *word, const struct tb_command *c)
{
    static const struct {
        const char *name;
        uint8_t flag;
    } flags[] = {{"SILENT", TB_FLAG_SILENT}, {"SETTLED", TB_FLAG_SETTLED}, {"NEXT", TB_FLAG_NEXT}};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (means(word, flags[i].name) && (c->flags & flags[i].flag)) {
            word_add(request, flags[i].name);
        }
    }
    if (means(word, "class") && c->class_ != 0) {
        word_add(request, "CLASS");
        number_add(request, c->class_);
    } else if (means(word, "channel") && c->channel != 0) {
        word_add(request, "CHANNEL");
        number_add(request, c->channel);
    } else if (means(word, "value") && c->value != 0) {
        word_add(request, "VALUE");
        number_add(request, c->value);
    }
}

/* False: a reference in it was never seen. */
static bool command_write(struct tbs_wire *wire, const struct tb_command *command,
                          struct request *request)
{
    const struct tb_command_row *row = tb_command_row(command->kind);

    request->count = 0;
    word_add(request, row->name);
    for (const char *at = row->arguments; *at != '\0';) {
        if (*at == '[') {
            optional_add(request, at + 1, command);
        } else if (!required_add(wire, request, at, command)) {
            return false;
        }
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return true;
}

/* ---- connections ---- */

static redisContext *context_open(const char *address, char error[TBS_WIRE_ERROR_MAX])
{
    const struct timeval limit = {WAIT_S, 0};
    const char *colon = strrchr(address, ':');
    redisContext *context = NULL;
    char host[128];

    if (strncmp(address, "unix:", 5) == 0) {
        context = redisConnectUnixWithTimeout(address + 5, limit);
    } else if (colon != NULL && (size_t)(colon - address) < sizeof host) {
        snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
        context = redisConnectWithTimeout(host, atoi(colon + 1), limit);
    }
    if (context == NULL || context->err != 0) {
        snprintf(error, TBS_WIRE_ERROR_MAX, "%s: %s", address,
                 context != NULL ? context->errstr : "write unix:PATH or HOST:PORT");
        if (context != NULL) {
            redisFree(context);
        }
        return NULL;
    }
    redisSetTimeout(context, limit);
    return context;
}

static bool users_read(struct tbs_wire *wire, const char *path, char error[TBS_WIRE_ERROR_MAX])
{
    FILE *file = fopen(path, "re");
    char line[WORD_MAX + 256 + 8];
    bool good = file != NULL;

    while (good && fgets(line, sizeof line, file) != NULL) {
        struct user *user = &wire->users[wire->user_count];
        const int words =
            line[0] == '#' ? 0 : sscanf(line, "%127s %255[^\r\n]", user->name, user->password);
        good = words <= 0 || (words == 2 && wire->user_count < USERS_MAX - 1);
        wire->user_count += words == 2;
    }
    if (file == NULL || !good || wire->user_count == 0) {
        snprintf(error, TBS_WIRE_ERROR_MAX, "%s: %s", path,
                 file == NULL ? strerror(errno) : "lines 'NAME PASSWORD' are wanted, up to 15");
        good = false;
    }
    if (file != NULL) {
        fclose(file);
    }
    return good;
}

/* NULL: error says why. */
static redisContext *login(struct tbs_wire *wire, const char *address, uint32_t turn,
                           char error[TBS_WIRE_ERROR_MAX])
{
    redisContext *context = context_open(address, error);

    if (context == NULL || wire->user_count == 0) {
        return context;
    }
    const struct user *user = &wire->users[turn % wire->user_count];
    redisReply *reply = redisCommand(context, "AUTH %s %s", user->name, user->password);
    if (reply != NULL && reply->type == REDIS_REPLY_STATUS) {
        freeReplyObject(reply);
        return context;
    }
    snprintf(error, TBS_WIRE_ERROR_MAX, "AUTH %s: %s", user->name,
             reply != NULL ? reply->str : context->errstr);
    freeReplyObject(reply);
    redisFree(context);
    return NULL;
}

struct tbs_wire *tbs_wire_open(const char *address, uint32_t connections, const char *users,
                               const struct tb_scenario *scenario, char error[TBS_WIRE_ERROR_MAX])
{
    struct tbs_wire *wire = calloc(1, sizeof *wire);

    tbs_assert(wire != NULL);
    wire->scenario = scenario;
    wire->contexts = calloc(connections + USERS_MAX, sizeof *wire->contexts);
    tbs_assert(wire->contexts != NULL);
    if (users != NULL && !users_read(wire, users, error)) {
        tbs_wire_close(wire);
        return NULL;
    }
    if (wire->user_count > 0) { /* the first one last */
        memset(wire->user_of, (int)(1 % wire->user_count), sizeof wire->user_of);
    }
    connections = connections < wire->user_count ? wire->user_count : connections;
    for (; wire->count < connections; wire->count++) {
        wire->contexts[wire->count] = login(wire, address, wire->count, error);
        if (wire->contexts[wire->count] == NULL) {
            tbs_wire_close(wire);
            return NULL;
        }
    }
    wire->events = login(wire, address, 0, error);
    redisReply *reply = wire->events == NULL ? NULL : redisCommand(wire->events, "SUBSCRIBE city");
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        if (wire->events != NULL) {
            snprintf(error, TBS_WIRE_ERROR_MAX, "SUBSCRIBE city: %s",
                     reply != NULL ? reply->str : wire->events->errstr);
        }
        freeReplyObject(reply);
        tbs_wire_close(wire);
        return NULL;
    }
    freeReplyObject(reply);
    wire->past = redisCommand(wire->contexts[0], "EVENTS.SINCE 0");
    tbs_wire_ref(wire, "00000000000000000000000000000000"); /* makes room */
    return wire;
}

void tbs_wire_close(struct tbs_wire *wire)
{
    for (uint32_t i = 0; i < wire->count; i++) {
        redisFree(wire->contexts[i]);
    }
    if (wire->events != NULL) {
        redisFree(wire->events);
    }
    freeReplyObject(wire->past);
    free(wire->contexts);
    free(wire->refs);
    free(wire);
}

tb_time tbs_wire_clock(struct tbs_wire *wire, char error[TBS_WIRE_ERROR_MAX])
{
    redisReply *reply = redisCommand(wire->contexts[0], "CLOCK.GET");
    const tb_time now =
        reply != NULL && reply->type == REDIS_REPLY_INTEGER ? reply->integer : TB_NEVER;

    if (now == TB_NEVER) {
        snprintf(error, TBS_WIRE_ERROR_MAX, "CLOCK.GET: %s",
                 reply != NULL && reply->type == REDIS_REPLY_ERROR ? reply->str
                                                                   : wire->contexts[0]->errstr);
    }
    freeReplyObject(reply);
    return now;
}

/* A window keeps its connection, and so does a ticket; who has neither takes the next. */
static redisContext *context_of(struct tbs_wire *wire, const struct tb_command *c)
{
    const bool window = c != NULL && strstr(tb_command_row(c->kind)->arguments, "server") != NULL;
    const uint64_t number = c == NULL     ? 0
                            : window      ? c->server
                            : c->ref != 0 ? tb_ref_index(c->ref)
                                          : wire->turn++;
    const uint32_t users = wire->user_count;

    return users == 0 ? wire->contexts[number % wire->count]
                      : wire->contexts[number % (wire->count / users) * users +
                                       (c == NULL ? 0 : wire->user_of[c->kind])];
}

static redisReply *reply_get(redisContext *context, char error[TBS_WIRE_ERROR_MAX])
{
    void *reply = NULL;

    if (redisGetReply(context, &reply) != REDIS_OK) {
        snprintf(error, TBS_WIRE_ERROR_MAX, "no answer: %s", context->errstr);
        return NULL;
    }
    return reply;
}

static redisReply *send_as(struct tbs_wire *wire, tb_time now, const struct tb_command *command,
                           char error[TBS_WIRE_ERROR_MAX])
{
    redisContext *context = context_of(wire, command);
    const char *words[WORDS_MAX];
    struct request request;

    if (command != NULL && !command_write(wire, command, &request)) {
        snprintf(error, TBS_WIRE_ERROR_MAX, "%s names %016llx, which no event has told",
                 tb_command_row(command->kind)->name, (unsigned long long)command->ref);
        return NULL;
    }
    redisAppendCommand(context, "CLOCK.SET %lld", (long long)now);
    if (command != NULL) {
        for (uint32_t i = 0; i < request.count; i++) {
            words[i] = request.words[i];
        }
        redisAppendCommandArgv(context, (int)request.count, words, NULL);
    }
    redisReply *reply = reply_get(context, error);
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR) {
        snprintf(error, TBS_WIRE_ERROR_MAX, "CLOCK.SET: %s", reply->str);
        freeReplyObject(reply);
        return NULL;
    }
    if (reply == NULL || command == NULL) {
        return reply;
    }
    freeReplyObject(reply);
    return reply_get(context, error);
}

redisReply *tbs_wire_send(struct tbs_wire *wire, tb_time now, const struct tb_command *command,
                          char error[TBS_WIRE_ERROR_MAX])
{
    redisReply *reply = send_as(wire, now, command, error);

    /* Who may not, changes nothing: the next one tries. */
    while (command != NULL && reply != NULL && reply->type == REDIS_REPLY_ERROR &&
           strncmp(reply->str, "NOPERM", 6) == 0 &&
           wire->user_of[command->kind] != 0) {
        freeReplyObject(reply);
        wire->user_of[command->kind] =
            (uint8_t)((wire->user_of[command->kind] + 1u) % wire->user_count);
        reply = send_as(wire, now, command, error);
    }
    return reply;
}

char *tbs_wire_event(struct tbs_wire *wire, bool wait)
{
    redisContext *context = wire->events;

    if (wire->past != NULL && wire->past_next < wire->past->elements) {
        return strdup(wire->past->element[wire->past_next++]->str);
    }
    for (;;) {
        void *got = NULL;
        if (redisGetReplyFromReader(context, &got) != REDIS_OK) {
            return NULL;
        }
        redisReply *reply = got;
        if (reply != NULL) {
            const bool message = reply->elements == 3 && reply->element[2]->str != NULL;
            char *text = message ? strdup(reply->element[2]->str) : NULL;
            freeReplyObject(reply);
            if (text != NULL) {
                return text;
            }
            continue;
        }
        struct pollfd readable = {.fd = context->fd, .events = POLLIN};
        if (poll(&readable, 1, wait ? WAIT_S * 1000 : 0) <= 0 ||
            redisBufferRead(context) != REDIS_OK) {
            return NULL;
        }
    }
}
