/* Data connections: where they come from, and opening one. */
#ifndef FAKE_DATA_H
#define FAKE_DATA_H

#include "session.h"

/* Drops what PASV, EPSV, PORT or EPRT have set up. */
void data_forget(struct session *s);

bool data_prepared(const struct session *s);

/* What becomes of a data connection that was waited for. */
enum data_result { DATA_OK, DATA_FAILED, DATA_ABORTED, DATA_GONE };

/* Accepts or dials, watching control. The connection carries no TLS yet. */
enum data_result data_open(struct session *s, struct conn *out);

#endif
