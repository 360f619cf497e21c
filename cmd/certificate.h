/* Certificates of servers as they are shown, and the question whether to go on with one. */
#ifndef FTPSH_CMD_CERTIFICATE_H
#define FTPSH_CMD_CERTIFICATE_H

#include "app.h"

#include <jansson.h>

/* A line for each fact, what is wrong with it last. */
void certificate_print(FILE *out, const struct trust_facts *f);
/* NULL: out of memory. */
json_t *certificate_json(const struct trust_facts *f);

/* For struct trust_config, with the app as context: the keys that are stored, and a question where
 * a person sits at the shell. "always" stores the key. */
size_t certificate_recall(void *ctx, const char *name, uint16_t port,
                          struct trust_key keys[TRUST_KEYS_MAX]);
int certificate_ask(void *ctx, const struct trust_facts *f, struct err *err);

/* Whether a person can be asked now: at the prompt, not in a script, in the background or where
 * results go out as JSON. */
bool certificate_may_ask(const struct app *app);

/* Shows the certificate and asks at the terminal. The index of the answer in `answers`, "a|b|no",
 * whose last is the default; -1 with ERR_CANCELLED or ERR_TIMEOUT. */
int certificate_question(struct app *app, const struct trust_facts *f, const char *question,
                         const char *answers, struct err *err);

/* Stores its key. -1 with ERR_LOCAL or ERR_USAGE. */
int certificate_store(struct app *app, const struct trust_facts *f, struct err *err);

#endif
