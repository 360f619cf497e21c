/* What a terminal is and how wide text is on it. */
#ifndef FTPSH_CMD_TERM_H
#define FTPSH_CMD_TERM_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of the terminal behind fd; COLUMNS or 80 where it does not say. */
int term_width(int fd);

/* Lines of the terminal behind fd; LINES or 24 where it does not say. */
int term_height(int fd);

/* The cursor can only go on, and to the front of its line: TERM is "dumb", empty or not set. */
bool term_is_dumb(void);

/* Columns that valid UTF-8 takes in this locale. */
int text_width(const char *text);

/* Copies as much of `text` as fits `columns` (and `size`), with "..." where it was cut. Returns the
 * columns taken. */
int text_fit(char *dst, size_t size, const char *text, int columns);

#endif
