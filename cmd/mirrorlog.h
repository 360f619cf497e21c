/* What a mirror tells while it runs and at its end: lines for a person, JSON, and a log file. */
#ifndef FTPSH_CMD_MIRRORLOG_H
#define FTPSH_CMD_MIRRORLOG_H

#include "app.h"
#include "xfer/mirror.h"

struct mirror_log {
    struct app *app; /* NULL: not opened yet */
    FILE *file;      /* --log */
    int64_t files, bytes, folders, links, touched, deleted, cleaned, already, skipped, failed;
    int64_t told;      /* actions */
    struct err worst;  /* what decides the exit status */
    size_t from;       /* the attempts to open data connections that are the mirror's */
    bool cannot_write; /* the log was told to have failed */
};

/* `path` NULL: no file. Lines are added to one that is there. -1 with ERR_LOCAL. */
int mirror_log_open(struct mirror_log *l, struct app *app, const char *path, struct err *err);

/* A folder or a comparison that failed before there was a plan. */
void mirror_log_failure(struct mirror_log *l, const char *path, const struct err *why);

void mirror_log_action(struct mirror_log *l, const struct plan *p, const struct action *a,
                       const struct mirror_result *r);

/* The summary, also of a run that was given up; `counts` NULL: nothing was to be done. Returns what
 * the command returns: `rc` with its err, or the worst failure. */
int mirror_log_end(struct mirror_log *l, const struct plan_counts *counts, int rc, struct err *err);

#endif
