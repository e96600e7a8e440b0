#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"
#include "server.h"
#include "tongban/engine.h"

static void line_print(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "serve: %s\n", line);
}

static void events_keep(void *context, const struct tb_event *events, uint32_t count)
{
    struct tbi_server *server = context;

    for (uint32_t i = 0; i < count; i++)
        tbi_push_keep(&server->push, &events[i]);
}

static struct tb_scenario *scenario_load(const char *dir)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *scenario = tb_scenario_load(dir, &problems);

    tb_scenario_problems_print(&problems, TB_LANGUAGE_BOTH, stderr);
    tb_scenario_problems_free(&problems);
    return scenario;
}

/* Under a name of its own first: a crash leaves no half key. */
static bool key_write(const char *data, const char *path, const unsigned char key[TBI_KEY_BYTES])
{
    char temporary[4096 + 8];

    snprintf(temporary, sizeof temporary, "%s.new", path);
    const int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    const bool written = write(file, key, TBI_KEY_BYTES) == TBI_KEY_BYTES && fsync(file) == 0;
    close(file);
    if (!written || rename(temporary, path) != 0)
        return false;
    const int folder = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool kept = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        close(folder);
    return kept;
}

/* The key of references and citizens: made once, kept beside the log, so that references stay good
 * over a restart. */
static bool key_read(const char *data, unsigned char key[TBI_KEY_BYTES])
{
    char path[4096];

    tb_assert(sodium_init() >= 0);
    randombytes_buf(key, TBI_KEY_BYTES);
    if (data == NULL)
        return true;
    if (mkdir(data, 0750) != 0 && errno != EEXIST) {
        fprintf(stderr, "serve: %s: %s\n", data, strerror(errno));
        return false;
    }
    snprintf(path, sizeof path, "%s/key", data);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool good = false;
    if (file >= 0) {
        good = read(file, key, TBI_KEY_BYTES) == TBI_KEY_BYTES;
        errno = good ? 0 : EBADMSG;
        close(file);
    } else {
        good = key_write(data, path, key);
    }
    if (!good)
        fprintf(stderr,
                "serve: %s: %s; without this key the references that were given out are "
                "lost: bring it back from a copy\n",
                path, strerror(errno));
    return good;
}

static bool log_open(struct tbi_server *server, struct tbi_log_recovery *found)
{
    const struct tbi_serve_options *o = server->options;
    char error[TBI_LOG_ERROR_MAX];
    int status;
    const struct tbi_log_options options = {.dir = o->data,
                                            .scenario = o->scenario,
                                            .mode = o->durability_ms == 0  ? TBI_LOG_ALWAYS
                                                    : o->durability_ms > 0 ? TBI_LOG_EVERY
                                                                           : TBI_LOG_OFF,
                                            .interval_us = o->durability_ms * 1000ll,
                                            .keep_segments = true,
                                            .tag = 6ull << 56, /* OP_LOG */
                                            .progress = line_print,
                                            .events = events_keep,
                                            .context = server};

    server->log = tbi_log_open(&options, server->city, tb_city_bytes(&server->scenario->config),
                               found, error, &status);
    if (server->log == NULL) {
        fprintf(stderr, "serve: %s\n", error);
        return false;
    }
    if (found->now > server->now)
        server->now = found->now;
    return true;
}

/* Where the city's time begins: now, at the time given, or where the calendar begins. */
static bool clock_begin(struct tbi_server *server)
{
    const char *text = server->options->clock;
    int year, month, day, hour, minute;

    server->clock_manual = text != NULL && strcmp(text, "manual") == 0;
    if (server->clock_manual) {
        server->now = server->scenario->config.calendars[0].days[0].starts_at_us;
        return true;
    }
    tbi_server_clock(server);
    if (text == NULL)
        return true;
    if (sscanf(text, "%4d-%2d-%2d%*[T ]%2d:%2d", &year, &month, &day, &hour, &minute) != 5) {
        fprintf(stderr, "serve: --clock: '%s' is neither manual nor like 2021-10-18T09:00\n", text);
        return false;
    }
    const uint32_t index = tb_scenario_day_find(server->scenario, year, month, day);
    if (index == TB_NONE) {
        fprintf(stderr, "serve: --clock: %s is outside the scenario's calendar\n", text);
        return false;
    }
    const tb_time at = server->scenario->config.calendars[0].days[index].starts_at_us +
                       TB_HOURS(hour) + TB_MINUTES(minute);
    server->clock_offset_us = at - server->now;
    server->now = at;
    return true;
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static bool access_load(struct tbi_server *server)
{
    char error[TBI_ACCESS_ERROR_MAX];
    const struct tbi_serve_options *o = server->options;
    const char *wide = o->tcp && !is_loopback(o->listen)       ? o->listen
                       : o->tls && !is_loopback(o->tls_listen) ? o->tls_listen
                                                               : NULL;

    if (o->access == NULL) {
        if (wide != NULL) {
            fprintf(stderr,
                    "serve: without --access everybody may do everything, so only loopback "
                    "is served; give --access FILE to listen on %s\n",
                    wide);
            return false;
        }
        return true;
    }
    server->access =
        tbi_access_load(o->access, server->scenario->config.station_count,
                        (tbi_station_find *)tb_scenario_station_find, server->scenario, error);
    if (server->access == NULL)
        fprintf(stderr, "serve: %s\n", error);
    if (o->tcp && !is_loopback(o->listen))
        fprintf(stderr,
                "serve: WARNING: port %u on %s is in the clear: passwords and tickets can be read "
                "and changed on the way; use --tls-port there, and --listen 127.0.0.1\n"
                "serve: 警告：该端口未加密，密码与号票可被窃听篡改；请改用 --tls-port\n",
                o->port, o->listen);
    return server->access != NULL;
}

static bool certificates_load(struct tbi_server *server)
{
    char error[TBI_TLS_ERROR_MAX];

    if (!server->options->tls)
        return true;
    server->tls = tbi_tls_load(server->options, error);
    if (server->tls == NULL)
        fprintf(stderr, "serve: %s\n", error);
    return server->tls != NULL;
}

static bool watch_start(struct tbi_server *server)
{
    char error[TBI_WATCH_ERROR_MAX];
    const struct tbi_serve_options *o = server->options;
    const bool wide = o->http_listen != NULL && !is_loopback(o->http_listen);
    const bool tls = wide && o->tls_cert != NULL && o->tls_key != NULL;
    const struct tbi_watch_options options = {.scenario = server->scenario,
                                              .listen = o->http_listen,
                                              .port = o->http_port,
                                              .cert = tls ? o->tls_cert : NULL,
                                              .key = tls ? o->tls_key : NULL};

    if (!server->options->http)
        return true;
    server->watch = tbi_watch_start(&options, error);
    if (server->watch == NULL) {
        fprintf(stderr, "serve: %s\n", error);
        return false;
    }
    if (wide && !tls)
        fprintf(stderr,
                "serve: WARNING: boards and metrics on %s are in the clear; give tls-cert "
                "and tls-key to have HTTPS there\n",
                o->http_listen);
    fprintf(stderr, "serve: boards on %s://%s:%u/board\n", tls ? "https" : "http",
            options.listen ? options.listen : "127.0.0.1", tbi_watch_port(server->watch));
    memset(server->station_dirty, 1, server->scenario->config.station_count);
    server->any_dirty = true;
    return true;
}

/* A file descriptor for each connection, and some; where there are fewer, fewer connections, so
 * that the one too many is told so. */
static void files_raise(struct tbi_serve_options *options)
{
    enum { OWN = 64, HTTP = 1100 };
    const rlim_t own = OWN + (options->http ? HTTP : 0), want = options->connections_max + own;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
        return;
    const struct rlimit more = {want, limit.rlim_max < want ? want : limit.rlim_max};
    const struct rlimit most = {limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &more) == 0)
        return;
    (void)setrlimit(RLIMIT_NOFILE, &most);
    const rlim_t left = limit.rlim_max > 2 * own ? limit.rlim_max - own : limit.rlim_max / 2;
    fprintf(stderr,
            "serve: the system allows %llu open files (ulimit -n, LimitNOFILE), %llu are wanted: "
            "%llu connections at most instead of %u\n",
            (unsigned long long)limit.rlim_max, (unsigned long long)want, (unsigned long long)left,
            options->connections_max);
    options->connections_max = (uint32_t)left;
}

/* Everything from the scenario to the running loop; the exit status. */
static int server_run(struct tbi_server *server)
{
    const struct tbi_serve_options *options = server->options;
    unsigned char key[TBI_KEY_BYTES];
    enum tb_status status;

    tbi_signals_block();
    server->scenario = scenario_load(options->scenario);
    if (server->scenario == NULL || !key_read(options->data, key))
        return 2;
    struct tb_config config = server->scenario->config;
    if (options->data != NULL)
        config.id = tbi_log_accepts(options->data, config.id);
    server->city = tb_city_create(&config, &status);
    if (server->city == NULL) {
        fprintf(stderr, "serve: no city: %s\n", tb_status_sentence(status));
        return 1;
    }
    tb_city_populate(server->city);
    server->names = tbi_names_make(server->scenario, key);
    server->grammar = tbi_grammar_make(server->scenario, server->names);
    server->station_dirty = calloc(server->scenario->config.station_count + 1, 1);
    tb_assert(server->station_dirty != NULL);
    tbi_push_init(&server->push, server->scenario, server->names, options->history);
    if (!clock_begin(server) || !access_load(server) || !certificates_load(server))
        return 2;
    struct tbi_log_recovery found = {0};
    if ((options->data != NULL && !log_open(server, &found)) || !watch_start(server))
        return 1;
    if (!tbi_roster_begin(server, &found))
        return 2;
    if (options->data == NULL)
        fprintf(stderr, "serve: no --data: nothing is kept when the server stops\n");
    server->whatif = tbi_whatif_start(server);
    server->started_at = server->now;
    tbi_server_step(server); /* what time has brought meanwhile */
    return tbi_loop_run(server) == 0 ? 0 : 1;
}

int tbi_cmd_serve(int argc, char **argv)
{
    static struct tbi_server server;
    static struct tbi_serve_options options;

    options = (struct tbi_serve_options){.listen = "127.0.0.1",
                                         .tls_listen = "127.0.0.1",
                                         .port = 7400,
                                         .history = 262144,
                                         .connections_max = 10000,
                                         .threads = 1,
                                         .snapshot_s = 3600,
                                         .spin_us = 50};
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        tbi_options_help();
        return 0;
    }
    if (!tbi_options_read(argc, argv, &options))
        return 2;
    options.tcp |= options.unix_path == NULL && !options.tls;
    files_raise(&options);
    server.options = &options;
    const int status = server_run(&server);
    tbi_whatif_stop(server.whatif);
    tbi_watch_stop(server.watch);
    tbi_tls_unload(server.tls);
    tbi_access_free(server.access);
    if (server.names != NULL) {
        tbi_push_free(&server.push);
        tbi_grammar_free(server.grammar);
        tbi_names_free(server.names);
    }
    free(server.station_dirty);
    tb_city_destroy(server.city);
    tb_scenario_free((struct tb_scenario *)(uintptr_t)server.scenario);
    if (status == 0)
        fprintf(stderr, "serve: stopped in order\n");
    return status;
}
