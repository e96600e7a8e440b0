#include "web/command.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/arguments.h"
#include "web/http.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, PORT_NORMAL = 8765 };

extern char **environ;

static const char usage[] =
    "usage: tongban workbench SCENARIO [--port N] [--listen ADDR] [--staff FILE] [--no-open]\n"
    "\n"
    "在浏览器里调整窗口、看等候、求方案、下载。 A page to plan on, in a browser of this machine.\n"
    "\n"
    "  --port N        端口，默认 8765；0 为任一空闲端口  0: any free one\n"
    "  --listen ADDR   默认 127.0.0.1，只有本机能打开  default: this machine only\n"
    "  --staff FILE    人员表，排班用（默认：方案的 staff.csv）  table of staff\n"
    "  --set NAME=VALUE  改一条规则或习惯，可多次  another value for a rule or a habit\n"
    "  --no-open       不打开浏览器  don't open the browser\n";

struct arguments {
    const char *folder, *listen, *staff, **sets;
    uint32_t set_count;
    int port;
    bool open;
};

static bool port_read(const char *text, int *port)
{
    char *end;
    const long value = strtol(text, &end, 10);

    *port = (int)value;
    return *text != '\0' && *end == '\0' && value >= 0 && value <= 65535;
}

/* 0, EXIT_USAGE, or -1: help was printed. */
static int arguments_read(struct arguments *a, int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},  {"listen", required_argument, NULL, 'l'},
        {"staff", required_argument, NULL, 's'}, {"set", required_argument, NULL, 'e'},
        {"no-open", no_argument, NULL, 'n'},     {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'p' && !port_read(optarg, &a->port)) {
            fprintf(stderr, "tongban workbench: --port %s: 端口 0 到 65535。0 to 65535.\n", optarg);
            return EXIT_USAGE;
        }
        a->listen = option == 'l' ? optarg : a->listen;
        a->staff = option == 's' ? optarg : a->staff;
        a->open = option == 'n' ? false : a->open;
        if (option == 'e') {
            a->sets[a->set_count++] = optarg;
        } else if (option == 'h') {
            fputs(usage, stdout);
            return -1;
        } else if (option == '?') {
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind != argc - 1) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    a->folder = argv[optind];
    return 0;
}

static void browser_open(const char *url)
{
    char *words[] = {"xdg-open", (char *)(uintptr_t)url, NULL};
    pid_t child;

    if (getenv("DISPLAY") != NULL || getenv("WAYLAND_DISPLAY") != NULL) {
        if (posix_spawnp(&child, words[0], NULL, NULL, words, environ) == 0) {
            waitpid(child, NULL, WNOHANG);
        }
    }
}

static int serve(struct tbs_web *web, const struct arguments *a)
{
    char error[256], url[128];
    sigset_t ends;
    int signal_number;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    tbs_job_init(&web->job, &web->city);
    struct tbs_web_server *server = tbs_web_serve(web, a->listen, (uint16_t)a->port, error);
    if (server == NULL) {
        fprintf(stderr, "tongban workbench: %s\n", error);
        tbs_job_end(&web->job);
        return EXIT_FAILED;
    }
    snprintf(url, sizeof url, "http://%s:%u/",
             strcmp(a->listen, "0.0.0.0") == 0 ? "127.0.0.1" : a->listen, tbs_web_port(server));
    if (strncmp(a->listen, "127.", 4) != 0) {
        fprintf(stderr, "警告：同一网络里的任何人都能打开这个工作台，没有密码。\n"
                        "warning: anybody on this network can open this page; it has no "
                        "password.\n");
    }
    printf("工作台 workbench: %s\n按 Ctrl-C 结束。 Ctrl-C ends it.\n", url);
    fflush(stdout);
    if (a->open) {
        browser_open(url);
    }
    pthread_t ahead;
    const bool measures = pthread_create(&ahead, NULL, tbs_web_city_measure, &web->city) == 0;
    sigwait(&ends, &signal_number);
    atomic_store(&web->job.stop, true);
    atomic_store(&web->city.stop, true);
    if (measures) {
        pthread_join(ahead, NULL);
    }
    tbs_web_stop(server);
    tbs_job_end(&web->job);
    return 0;
}

static int scenario_serve(struct arguments *a)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *scenario =
        tb_scenario_load_with(a->folder, a->sets, a->set_count, NULL, &problems);
    int status = EXIT_USAGE;
    char staff[4096];

    tb_scenario_problems_print(&problems, tbs_language(), stderr);
    snprintf(staff, sizeof staff, "%s/staff.csv", a->folder);
    if (a->staff == NULL && access(staff, R_OK) == 0) {
        a->staff = staff;
    } else if (a->staff != NULL && access(a->staff, R_OK) != 0) {
        fprintf(stderr, "tongban workbench: %s: %s\n", a->staff, strerror(errno));
        tb_scenario_free(scenario);
        scenario = NULL;
    }
    if (scenario != NULL) {
        struct tbs_web web = {
            .folder = a->folder, .sets = a->sets, .set_count = a->set_count, .staff = a->staff};
        tbs_web_city_init(&web.city, scenario);
        status = serve(&web, a);
        tbs_web_city_end(&web.city);
    }
    tb_scenario_free(scenario);
    tb_scenario_problems_free(&problems);
    return status;
}

int tbs_cmd_workbench(int argc, char **argv)
{
    struct arguments a = {.listen = "127.0.0.1", .port = PORT_NORMAL, .open = true};

    a.sets = calloc((size_t)argc, sizeof *a.sets);
    int status = a.sets == NULL ? EXIT_FAILED : arguments_read(&a, argc, argv);
    if (status == 0) {
        status = scenario_serve(&a);
    }
    free(a.sets);
    return status < 0 ? 0 : status;
}
