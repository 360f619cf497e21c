/* Paths inside the served folder. Nothing here leaves it: ".." is resolved by its letters, and no
 * symbolic link is followed. */
#ifndef FAKE_FILE_H
#define FAKE_FILE_H

#include <stdint.h>
#include <sys/types.h>

#define FILE_PATH 4096

/* Joins and normalises; the result starts with '/'. 0, or -1 when it is too long. */
int file_path(const char *cwd, const char *arg, char out[FILE_PATH]);

/* Opens the folder that holds `path`; *name is its last component ("." for "/"), to be used with
 * the *at() calls. The caller closes. -1 with errno. */
int file_parent(int root, const char *path, const char **name);

int file_open(int root, const char *path, int flags, mode_t mode); /* -1 with errno */

/* "20240131235959" (RFC 3659 section 2.3), both UTC. */
int file_time_parse(const char *text, int64_t *out);
void file_time_format(int64_t t, char out[16]);

#endif
