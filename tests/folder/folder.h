/* folder.h: a small scenario in a temporary folder, to be damaged file by file.
 *
 * The base has every table: two trades, three halls, one desk with a route, three zones, a
 * plan. It is right as it stands. Functions end the program where the disk fails. */
#ifndef TESTS_SCENARIO_FOLDER_H
#define TESTS_SCENARIO_FOLDER_H

#include <stddef.h>

#include "tongban/scenario.h"

enum { FOLDER_PATH_BYTES = 64 };

/* Makes a new empty folder below /tmp; its path goes to `path`. */
void folder_make(char path[static FOLDER_PATH_BYTES]);

/* Writes all files of the base. */
void folder_base(const char *path);

/* The base's text of a file; NULL: it has no such file. */
const char *folder_base_text(const char *name);

/* Writes one file; bytes 0: as long as the text is. text NULL: removes it. */
void folder_write(const char *path, const char *name, const char *text, size_t bytes);

/* Removes the folder with what is in it, and the folders below it. */
void folder_remove(const char *path);

/* A place as it is printed, without the folder: "halls.csv:2:6", "halls.csv:2", "halls.csv". */
void folder_place(const char *path, const struct tb_scenario_problem *problem,
                  char out[static 128]);

#endif
