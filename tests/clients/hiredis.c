/* hiredis, as the scheduler's client: questions, changes in a pipeline, retries, refusals, events.
 * Usage: hiredis SOCKET */
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIPELINE = 200 };

#define WANT(condition)                                                                            \
    do                                                                                             \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "hiredis.c:%d: %s does not hold\n", __LINE__, #condition);             \
            exit(1);                                                                               \
        }                                                                                          \
    while (0)

static redisContext *connect_to(const char *path)
{
    redisContext *context = redisConnectUnixWithTimeout(path, (struct timeval){10, 0});

    WANT(context != NULL && context->err == 0);
    WANT(redisSetTimeout(context, (struct timeval){10, 0}) == REDIS_OK);
    return context;
}

/* The value of a name in a flat list of names and values; NULL: not there. */
static const redisReply *value_of(const redisReply *list, const char *name)
{
    for (size_t i = 0; i + 1 < list->elements; i += 2)
        if (strcmp(list->element[i]->str, name) == 0)
            return list->element[i + 1];
    return NULL;
}

static redisReply *call(redisContext *context, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    redisReply *reply = redisvCommand(context, format, arguments);
    va_end(arguments);
    WANT(reply != NULL);
    return reply;
}

static void wants_refusal(redisContext *context, const char *command, const char *code)
{
    redisReply *reply = call(context, command);

    WANT(reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, code, strlen(code)) == 0);
    freeReplyObject(reply);
}

/* Sends PIPELINE takes in one go; the answers come in order. Their first number. */
static long long pipeline(redisContext *context, bool again)
{
    long long first = 0;

    for (int i = 0; i < PIPELINE; i++)
        WANT(redisAppendCommand(context, "TICKET.TAKE hall card REQUEST hiredis-%d", i) ==
             REDIS_OK);
    for (int i = 0; i < PIPELINE; i++) {
        redisReply *reply;
        WANT(redisGetReply(context, (void **)&reply) == REDIS_OK);
        WANT(reply->type == REDIS_REPLY_ARRAY);
        const redisReply *number = value_of(reply, "number");
        WANT(number != NULL && number->type == REDIS_REPLY_INTEGER);
        first = i == 0 ? number->integer : first;
        WANT(number->integer == first + i);
        WANT((value_of(reply, "repeated") != NULL) == again);
        freeReplyObject(reply);
    }
    return first;
}

static void hears(redisContext *context, const char *path)
{
    redisContext *listener = connect_to(path);
    redisReply *reply = call(listener, "SUBSCRIBE hall:hall");

    WANT(reply->type == REDIS_REPLY_ARRAY && reply->elements == 3);
    freeReplyObject(reply);
    freeReplyObject(call(context, "TICKET.TAKE hall card"));
    WANT(redisGetReply(listener, (void **)&reply) == REDIS_OK);
    WANT(reply->type == REDIS_REPLY_ARRAY && reply->elements == 3);
    WANT(strcmp(reply->element[0]->str, "message") == 0);
    WANT(strcmp(reply->element[1]->str, "hall:hall") == 0);
    WANT(strstr(reply->element[2]->str, "\"event\":\"TAKEN\"") != NULL);
    freeReplyObject(reply);
    redisFree(listener);
}

int main(int argc, char **argv)
{
    WANT(argc == 2);
    redisContext *context = connect_to(argv[1]);
    redisReply *reply = call(context, "HALL.WAIT %s %s", "hall", "card");
    WANT(reply->type == REDIS_REPLY_ARRAY && value_of(reply, "half_us") != NULL);
    freeReplyObject(reply);

    const long long first = pipeline(context, false);
    WANT(pipeline(context, true) == first);
    wants_refusal(context, "TICKET.TAKE hall", "ARGUMENTS");
    wants_refusal(context, "TICKET.TAKE nowhere card", "STATION_UNKNOWN");
    wants_refusal(context, "GET x", "ERR");
    hears(context, argv[1]);
    redisFree(context);
    puts("hiredis: a question, 200 changes in a pipeline and again, refusals, events, ok");
}
