/* passwd.h: `tongban passwd`, which makes a line of the access file. */
#ifndef TBI_ACCESS_PASSWD_H
#define TBI_ACCESS_PASSWD_H

/* Exit status: 0 done, 1 failed, 2 the command line or the password is wrong. */
int tbi_cmd_passwd(int argc, char **argv);

#endif
