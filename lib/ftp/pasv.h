/* Addresses in commands and replies: 227 (RFC 959), 229 and EPRT (RFC 2428), PORT. Pure. */
#ifndef FTPSH_FTP_PASV_H
#define FTPSH_FTP_PASV_H

#include "net/addr.h"

#define PORT_ARG_MAX 96

/* The address in a 227 reply: six numbers with commas, wherever they stand (RFC 1123 section
 * 4.1.2.6: do not rely on the parentheses). `text` is the reply's last line with or without its
 * code. 0 with *out (port set), or -1 with ERR_PROTOCOL; numbers over 255, or port 0, are refused.
 */
int pasv_parse(const char *text, struct addr *out, struct err *err);

/* The port in a 229 reply: "(|||p|)" with any delimiter in 33-126 that is no digit; tolerated:
 * two delimiters in front, missing parentheses, spaces, a filled-in protocol or address, which are
 * ignored (FIELD-NOTES 31). 0 with *port, or -1 with ERR_PROTOCOL. */
int epsv_parse(const char *text, uint16_t *port, struct err *err);

/* "|1|192.0.2.1|50000|" or "|2|2001:db8::1|50000|". Returns dst. */
const char *eprt_argument(const struct addr *a, char dst[PORT_ARG_MAX]);
/* "192,0,2,1,195,80"; IPv4 only. Returns dst. */
const char *port_argument(const struct addr *a, char dst[PORT_ARG_MAX]);

#endif
