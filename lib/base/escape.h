/* Text from elsewhere made safe for a terminal, a log or a message (FIELD-NOTES 66).
 *
 * Valid UTF-8 passes; control bytes (C0, DEL, C1), bytes that are not UTF-8 and the invisible
 * characters that reorder text or make two names look alike (U+202E, U+2066, U+200B, U+FEFF and
 * their like) become \xNN, a byte at a time.
 */
#ifndef FTPSH_BASE_ESCAPE_H
#define FTPSH_BASE_ESCAPE_H

#include <stddef.h>
#include <stdbool.h>

/* Writes src[0..len) escaped and NUL-terminated into dst (size > 0), cut where it does not fit,
 * never inside a character or an escape. Returns the bytes written without the NUL. */
size_t escape_text(char *dst, size_t size, const char *src, size_t len);

/* Cuts the passwords out of the URLs in a text: of "ftp://me:secret@host" stays "ftp://me@host".
 * Also one with a '/' in it, which no URL may have; a port is none. */
void hide_passwords(char *text);

/* Puts **** in the place of a secret wherever it stands in a text; one of one or two bytes stays.
 */
void hide_secret(char *text, const char *secret);

/* A copy without passwords, to be freed. NULL: out of memory. */
char *copy_without_passwords(const char *text);

/* The length in bytes (1-4) of the valid UTF-8 character at src[0..len), 0 if there is none. */
size_t utf8_char(const char *src, size_t len);

/* The length of the byte order mark (U+FEFF) that some editors begin a text with; 0: there is none.
 */
size_t utf8_mark(const char *text, size_t len);

/* True when src[0..len) holds a CR, LF or NUL: such text is never sent (FIELD-NOTES 63). */
bool has_line_break(const char *src, size_t len);

#endif
