#include "certificate.h"

#include "ask.h"
#include "base/escape.h"
#include "jsonout.h"
#include "known.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { QUESTIONS_MAX = 3, TIME_TEXT = 32 };

/* ---- showing ---- */

static const char *format_time(int64_t when, bool json, char dst[TIME_TEXT])
{
    time_t seconds = (time_t) when;
    struct tm tm;
    dst[0] = '\0';
    if (gmtime_r(&seconds, &tm) && json)
        strftime(dst, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
    else if (gmtime_r(&seconds, &tm))
        strftime(dst, TIME_TEXT, "%Y-%m-%d %H:%M UTC", &tm);
    return dst;
}

static void print_names(FILE *out, const struct trust_facts *f)
{
    fputs("  names        ", out);
    for (size_t i = 0; i < f->names_count; i++)
        fprintf(out, "%s%s", i ? ", " : "", f->names[i]);
    if (f->names_more > 0)
        fprintf(out, ", and %zu more", f->names_more);
    fprintf(out, "%s\n", f->names_count + f->names_more ? "" : "none");
}

void certificate_print(FILE *out, const struct trust_facts *f)
{
    char from[TIME_TEXT], until[TIME_TEXT];
    fprintf(out, "  subject      %s\n  issuer       %s\n", f->subject, f->issuer);
    fprintf(out, "  valid        from %s to %s\n", format_time(f->from, false, from),
            format_time(f->until, false, until));
    print_names(out, f);
    fprintf(out, "  certificate  sha256:%s\n  key          sha256:%s\n", f->sha256, f->key_sha256);
    for (size_t i = 0; i < FAULTS; i++) {
        if (f->faults & 1u << i)
            fprintf(out, "  fault        %s\n", trust_fault_text((enum trust_fault) i));
    }
}

static json_t *names_json(const struct trust_facts *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->names_count; i++)
        json_array_append_new(list, json_text(f->names[i]));
    return list;
}

static json_t *faults_json(const struct trust_facts *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < FAULTS; i++) {
        if (f->faults & 1u << i)
            json_array_append_new(list, json_string(trust_fault_name((enum trust_fault) i)));
    }
    return list;
}

json_t *certificate_json(const struct trust_facts *f)
{
    char from[TIME_TEXT], until[TIME_TEXT];
    return json_pack("{s:o, s:i, s:o, s:o, s:s, s:s, s:o, s:s, s:s, s:o}", "host",
                     json_text(f->name), "port", (int) f->port, "subject", json_text(f->subject),
                     "issuer", json_text(f->issuer), "not_before", format_time(f->from, true, from),
                     "not_after", format_time(f->until, true, until), "names", names_json(f),
                     "sha256", f->sha256, "key_sha256", f->key_sha256, "faults", faults_json(f));
}

/* ---- what is known ---- */

/* From whatever thread connects. */
size_t certificate_recall(void *ctx, const char *name, uint16_t port,
                          struct trust_key keys[TRUST_KEYS_MAX])
{
    struct app *app = ctx;
    struct err why = ERR_INIT;
    int n = known_find(name, port, keys, &why);
    if (n >= 0)
        return (size_t) n;
    progress_lock(&app->bar);
    fprintf(stderr, "ftpsh: the keys that are stored cannot be used: %s\n", why.msg);
    progress_unlock(&app->bar);
    return 0;
}

int certificate_store(struct app *app, const struct trust_facts *f, struct err *err)
{
    struct known_key k = {.key.waived = f->faults & ~(1u << FAULT_REVOKED)};
    char path[4200];
    memcpy(k.key.sha256, f->key_sha256, sizeof k.key.sha256);
    if (!known_server(&k, f->name, f->port))
        return err_set(err, ERR_USAGE, "keys cannot be stored for a server named '%s'", f->name);
    if (known_add(&k, err) < 0)
        return -1;
    app_say(app, "the key is stored in %s", known_path(path, sizeof path));
    return 0;
}

/* ---- asking ---- */

bool certificate_may_ask(const struct app *app)
{
    return app->mode == MODE_SHELL && !app->background && !app->typing && !app->script &&
           !app->json && !app->settings.json;
}

/* Its number among the answers, as a whole or by the first letter; -1 for none of them. */
static int read_answer(const char *answers, const char *text)
{
    int i = 0;
    for (const char *p = answers; *p; i++) {
        size_t len = strcspn(p, "|"), typed = strlen(text);
        if ((typed == len || typed == 1) && strncasecmp(p, text, typed) == 0)
            return i;
        p += len;
        if (!*p)
            break;
        p++;
    }
    return *text ? -1 : i; /* the last one, which is the default */
}

static int last_answer(const char *answers)
{
    return read_answer(answers, "");
}

static int ask_until_answered(struct app *app, const char *shown, const char *again,
                              const char *answers, struct err *err)
{
    for (int i = 0; i < QUESTIONS_MAX; i++) {
        char typed[64];
        struct err why = ERR_INIT;
        if (ask_line(i ? again : shown, &app->wait, typed, sizeof typed, &why) < 0) {
            if (why.code == ERR_CANCELLED || why.code == ERR_TIMEOUT)
                return err_take(err, &why);
            return last_answer(answers);
        }
        int answer = read_answer(answers, typed);
        if (answer >= 0)
            return answer;
    }
    return last_answer(answers);
}

int certificate_question(struct app *app, const struct trust_facts *f, const char *question,
                         const char *answers, struct err *err)
{
    char *text = NULL;
    size_t size = 0;
    char name[512];
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return err_set(err, ERR_LOCAL, "out of memory");
    escape_text(name, sizeof name, f->name, strlen(f->name));
    fprintf(out, "The certificate of %s, port %u:\n", name, (unsigned) f->port);
    certificate_print(out, f);
    if (f->known)
        fputs("The key is the one that is stored; the faults are not those that were accepted.\n",
              out);
    fprintf(out, "%s", question);
    int rc = -1;
    if (fclose(out) != 0)
        err_set(err, ERR_LOCAL, "out of memory");
    else {
        progress_hide(&app->bar);
        fflush(app->out);
        rc = ask_until_answered(app, text, question, answers, err);
    }
    free(text);
    return rc;
}

int certificate_ask(void *ctx, const struct trust_facts *f, struct err *err)
{
    enum { ONCE, ALWAYS, NO };
    struct app *app = ctx;
    struct err why = ERR_INIT;
    if (!certificate_may_ask(app))
        return 1;
    int answer = certificate_question(
        app, f, "Go on: once, always (the key is stored), or no? [no] ", "once|always|no", err);
    if (answer < 0)
        return -1;
    if (answer == NO)
        return err_set(err, ERR_CERTIFICATE, "the certificate of %s was not accepted", f->name);
    if (answer == ALWAYS && certificate_store(app, f, &why) < 0)
        app_warn(app, "the key is not stored, and holds until you leave: %s", why.msg);
    return 0;
}
