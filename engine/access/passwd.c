#include "passwd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "access.h"

static const char usage[] =
    "usage: tongban passwd NAME ROLE [HALLS]\n"
    "用法：tongban passwd 用户名 角色 [大厅]\n"
    "\n"
    "Asks for a password (or reads one line from a pipe) and prints a line for the access file.\n"
    "询问密码（或从管道读一行），打印一行，添入用户文件即可。密码只以 Argon2id 散列保存。\n"
    "ROLE 角色: platform kiosk window desk supervisor planner monitor\n"
    "HALLS 大厅: 以逗号分隔的编号，默认 * 为全部  ids parted by commas; * (default): all\n";

enum { PASSWORD_BYTES_MIN = 8 };

/* One line from standard input, unseen on a terminal. */
static bool line_read(const char *prompt, char line[TBI_ACCESS_PASSWORD_MAX + 2])
{
    struct termios shown, hidden;
    const bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;

    if (terminal) {
        fputs(prompt, stderr);
        hidden = shown;
        hidden.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    const bool read = fgets(line, TBI_ACCESS_PASSWORD_MAX + 2, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    if (read)
        line[strcspn(line, "\r\n")] = 0;
    return read;
}

static bool name_is_plain(const char *name)
{
    return name[0] != 0 && strlen(name) <= TBI_ACCESS_NAME_MAX && !strpbrk(name, " \t\r\n#");
}

int tbi_cmd_passwd(int argc, char **argv)
{
    char first[TBI_ACCESS_PASSWORD_MAX + 2] = "", again[TBI_ACCESS_PASSWORD_MAX + 2] = "";
    char hash[TBI_ACCESS_HASH_MAX + 1];

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc < 3 || argc > 4 || !name_is_plain(argv[1]) || tbi_role_find(argv[2]) == NULL ||
        (argc == 4 && !name_is_plain(argv[3]))) {
        fputs(usage, stderr);
        return 2;
    }
    const bool twice = isatty(STDIN_FILENO);
    const bool read =
        line_read("password 密码: ", first) && (!twice || line_read("once more 再输一次: ", again));
    if (!read || (twice && strcmp(first, again) != 0)) {
        fputs("passwd: the two are not the same; nothing was made 两次输入不一致\n", stderr);
        return 2;
    }
    if (strlen(first) < PASSWORD_BYTES_MIN || strlen(first) > TBI_ACCESS_PASSWORD_MAX) {
        fputs("passwd: a password has 8 to 255 bytes 密码应为 8 至 255 字节\n", stderr);
        return 2;
    }
    const bool made = tbi_password_hash(first, strlen(first), hash);
    explicit_bzero(first, sizeof first);
    explicit_bzero(again, sizeof again);
    if (!made) {
        fprintf(stderr, "passwd: no hash could be made: %s\n", strerror(errno));
        return 1;
    }
    printf("%s  %s  %s  %s\n", argv[1], argv[2], argc == 4 ? argv[3] : "*", hash);
    return 0;
}
