/* Tab at the prompt: complete.h with what this machine, the user's own files and the server know.
 *
 * A remote folder is listed once and kept (foldercache.h). Nothing is shown meanwhile unless it
 * takes long; Ctrl-C ends it, and the line stays.
 */
#ifndef FTPSH_CMD_COMPLETER_H
#define FTPSH_CMD_COMPLETER_H

#include "app.h"
#include "editor.h"

struct completer;

/* Serves the app while it lives, whose app->folders it makes. NULL with ERR_LOCAL. */
struct completer *completer_new(struct app *app, struct err *err);
void completer_free(struct completer *c);

/* For editor_on_tab(); `completer` is one. Puts in what is certain; where several things may stand
 * there, a second time shows them. */
enum editor_key completer_on_tab(struct editor *e, void *completer);

#endif
