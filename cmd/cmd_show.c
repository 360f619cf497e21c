#include "handlers.h"

#include "cat.h"
#include "jsonout.h"
#include "output.h"
#include "parts.h"
#include "show.h"
#include "xfer/verify.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cmd_cat(struct app *app, int argc, char **argv, struct err *err)
{
    return cat_files(app, argc - 1, argv + 1, CAT_PLAIN, err);
}

int cmd_zcat(struct app *app, int argc, char **argv, struct err *err)
{
    return cat_files(app, argc - 1, argv + 1, CAT_UNZIPPED, err);
}

/* A pager is for a person at a terminal; elsewhere the text goes on as it is. */
static int page(struct app *app, int argc, char **argv, const char *usual, struct err *err)
{
    const char *pager = getenv("PAGER");
    struct outlet outlet;
    if (app->piped || !isatty(fileno(app->out)))
        return cmd_cat(app, argc, argv, err);
    if (!pager || !*pager)
        pager = usual;
    if (output_pipe(app, pager, &outlet, err) < 0)
        return -1;
    int rc = cmd_cat(app, argc, argv, err);
    return output_pipe_end(app, pager, &outlet, rc, err);
}

int cmd_more(struct app *app, int argc, char **argv, struct err *err)
{
    return page(app, argc, argv, "more", err);
}

int cmd_less(struct app *app, int argc, char **argv, struct err *err)
{
    return page(app, argc, argv, "less", err);
}

/* ---- verify ---- */

static json_t *size_or_null(int64_t size)
{
    return size < 0 ? json_null() : json_integer(size);
}

static int print_json(struct app *app, char **argv, const struct verification *v, struct err *err)
{
    return json_line(
        app->out,
        json_pack("{s:o,s:o,s:s,s:o,s:o,s:o,s:o,s:o}", "local", json_text(argv[1]), "remote",
                  json_text(argv[2]), "verdict", verdict_name(v->verdict), "method",
                  json_text_or_null(v->method), "local_hash", json_text_or_null(v->here),
                  "remote_hash", json_text_or_null(v->there), "local_size",
                  size_or_null(v->size_here), "remote_size", size_or_null(v->size_there)),
        err);
}

int cmd_verify(struct app *app, int argc, char **argv, struct err *err)
{
    struct verification v;
    enum verify_mode usual = app->mover.verify;
    (void) argc;
    /* who asks for it wants it */
    if (usual == VERIFY_OFF)
        app->mover.verify = VERIFY_AUTO;
    int rc = verify_file(&app->mover, argv[1], argv[2], &v, err);
    app->mover.verify = usual;
    bool compared = rc == 0 || err->code == ERR_INTEGRITY;
    if (app->json && compared)
        return print_json(app, argv, &v, rc < 0 ? NULL : err) < 0 ? -1 : rc;
    if (rc == 0)
        fprintf(app->out, "%s%s%s\n", verdict_name(v.verdict), *v.method ? " by " : "", v.method);
    return rc;
}

/* ---- checksum ---- */

static int print_hash(struct app *app, const char *path, const struct remote_hash *h,
                      struct err *err)
{
    if (app->json)
        return json_line(app->out,
                         json_pack("{s:o, s:s, s:s, s:s}", "path", json_text(path), "algorithm",
                                   digest_name(h->kind), "hash", h->text, "method", h->method),
                         err);
    char *name = show_text(path, isatty(fileno(app->out)));
    fprintf(app->out, "%s  %s\n", h->text, name ? name : "?");
    free(name);
    return 0;
}

static int checksum_one(struct app *app, const char *path, struct err *err)
{
    const char *wanted = app_option(app, "algorithm");
    struct remote_hash h;
    enum digest_kind kind = DIGEST_SHA256;
    if (wanted)
        kind = (enum digest_kind) option_choose(DIGEST_NAMES, wanted, err);
    if (verify_ask(&app->mover, path, wanted ? &kind : NULL, &h, err) < 0)
        return -1;
    return print_hash(app, path, &h, err);
}

int cmd_checksum(struct app *app, int argc, char **argv, struct err *err)
{
    return parts_each(app, checksum_one, argc, argv, err);
}
