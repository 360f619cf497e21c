#include "handlers.h"

#include "base/escape.h"
#include "bookmarks.h"
#include "certificate.h"
#include "jsonout.h"
#include "known.h"

#include <stdio.h>
#include <string.h>

/* ---- whom it is about ---- */

/* HOST[:PORT] or a bookmark as a target, with the settings for it as `open` finds them, and the
 * name and port that keys are stored by: the port is the one that would be dialled. */
struct server {
    struct target target;
    struct settings settings;
    const char *name;
    uint16_t port;
};

static void server_clear(struct server *s)
{
    proxy_clear(&s->settings.proxy);
    target_clear(&s->target);
}

/* NULL: the one that one is connected to. To be cleared also when it fails. */
static int read_server(struct app *app, const char *word, struct server *out, struct err *err)
{
    struct known_key probe = {0};
    enum tls_mode tls;
    struct settings *s = &out->settings;
    *out = (struct server){.target = app->target};
    if ((word && bookmark_target(word, &out->target, err) < 0) ||
        app_settings_for(app, &out->target, s, err) < 0 ||
        target_tls(&out->target, s->tls, s->tls_chosen, &tls, err) < 0)
        return -1;
    out->name = s->tls_name ? s->tls_name : out->target.host;
    out->port = out->target.port ? out->target.port : tls == TLS_IMPLICIT ? FTPS_PORT : FTP_PORT;
    if (!known_server(&probe, out->name, out->port))
        return err_set(err, ERR_USAGE, "'%s' is no name of a server", word ? word : out->name);
    return 0;
}

/* ---- list ---- */

static int list_key(void *ctx, const struct known_key *k, struct err *err)
{
    struct app *app = ctx;
    char host[2 * KNOWN_HOST_BYTES], faults[FAULTS_TEXT];
    trust_faults_format(k->key.waived, faults);
    if (app->json)
        return json_line(app->out,
                         json_pack("{s:o, s:i, s:s, s:s}", "host", json_text(k->host), "port",
                                   (int) k->port, "sha256", k->key.sha256, "accepted", faults),
                         err);
    escape_text(host, sizeof host, k->host, strlen(k->host));
    fprintf(app->out, "%-28s %5u  sha256:%s  %s\n", host, (unsigned) k->port, k->key.sha256,
            *faults ? faults : "-");
    return 0;
}

static int list(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    (void) argv;
    return known_each(list_key, app, err);
}

/* ---- looking at a certificate ---- */

struct look {
    struct trust_facts facts;
    bool seen;
};

/* What is seen is enough: nobody logs in. */
static int on_look(void *ctx, const struct trust_facts *f, struct err *err)
{
    struct look *l = ctx;
    l->facts = *f;
    l->seen = true;
    return err_set(err, ERR_CERTIFICATE, "looked at");
}

/* A session that believes `trust`, and never goes on without TLS. */
static struct session *make_looker(struct app *app, const struct settings *s,
                                   const struct server *server, struct trust *trust,
                                   struct proxy *proxy, struct err *err)
{
    struct session *model = app_make_session(app, s, &server->target, NULL, proxy, err);
    if (!model)
        return NULL;
    struct session_config lent = {.trust = trust,
                                  .proxy = session_settings(model)->proxy,
                                  .wait = &app->wait,
                                  .log = &app->log};
    struct session *looker = session_clone(model, &lent, err);
    session_free(model);
    return looker;
}

static int look_with(struct app *app, const struct settings *settings, const struct server *server,
                     struct look *out, struct err *err)
{
    struct trust_config config = settings->trust;
    struct proxy proxy = {0};
    struct err why = ERR_INIT;
    *out = (struct look){.seen = false};
    config.npins = 0;
    config.ask = on_look;
    config.ctx = out;
    config.look = true;
    struct trust *trust = trust_new(&config, err);
    struct session *s = trust ? make_looker(app, settings, server, trust, &proxy, err) : NULL;
    if (s && session_connect(s, &why) == 0)
        session_quit(s);
    if (s && !out->seen) {
        err_take(err, &why);
        err_set(err, ERR_TLS, "%s shows no certificate", server->name);
    }
    session_free(s);
    proxy_clear(&proxy);
    trust_free(trust);
    out->facts.name = server->name; /* the session's is gone */
    return out->seen ? 0 : -1;
}

/* Nobody shows who one is in order to look. */
static int look_at(struct app *app, const struct server *server, struct look *out, struct err *err)
{
    struct settings s = server->settings;
    if (s.tls == TLS_OFF || s.tls == TLS_PREFER)
        s.tls = TLS_REQUIRE;
    s.identity = (struct identity_choice){.password_fd = -1};
    return look_with(app, &s, server, out, err);
}

/* ---- show ---- */

static const char *stored_text(const struct trust_facts *f, const struct trust_key *keys, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(keys[i].sha256, f->key_sha256) == 0 || strcmp(keys[i].sha256, f->sha256) == 0)
            return "yes";
    }
    return n > 0 ? "another" : "no";
}

static int print_look(struct app *app, const struct server *server, const struct look *l,
                      struct err *err)
{
    struct trust_key keys[TRUST_KEYS_MAX];
    char name[2 * TARGET_HOST_BYTES];
    int n = known_find(server->name, server->port, keys, err);
    if (n < 0)
        return -1;
    const char *stored = stored_text(&l->facts, keys, n);
    if (app->json) {
        json_t *all = certificate_json(&l->facts);
        if (all)
            json_object_set_new(all, "stored", json_string(stored));
        return json_line(app->out, all, err);
    }
    escape_text(name, sizeof name, server->name, strlen(server->name));
    fprintf(app->out, "The certificate of %s, port %u:\n", name, (unsigned) server->port);
    certificate_print(app->out, &l->facts);
    fprintf(app->out, "  stored       %s\n", stored);
    for (int i = 0; i < n; i++)
        fprintf(app->out, "               sha256:%s\n", keys[i].sha256);
    return 0;
}

static int show(struct app *app, int argc, char **argv, struct err *err)
{
    struct server server;
    struct look l;
    if (argc == 0 && !app->target.host[0])
        return err_set(err, ERR_USAGE, "not connected: name a server");
    int rc = read_server(app, argc > 0 ? argv[0] : NULL, &server, err);
    if (rc == 0)
        rc = look_at(app, &server, &l, err);
    if (rc == 0)
        rc = print_look(app, &server, &l, err);
    server_clear(&server);
    return rc;
}

/* ---- add ---- */

static int add_seen(struct app *app, const struct server *server, struct err *err)
{
    struct look l;
    if (look_at(app, server, &l, err) < 0)
        return -1;
    if (l.facts.faults & 1u << FAULT_REVOKED)
        return err_set(err, ERR_CERTIFICATE, "the certificate of %s has been revoked",
                       server->name);
    if (!certificate_may_ask(app))
        return err_set(err, ERR_CERTIFICATE,
                       "there is nobody to ask whether this is %s; its key is accepted by: "
                       "trust add %s:%u sha256:%s",
                       server->name, server->name, (unsigned) server->port, l.facts.key_sha256);
    int answer =
        certificate_question(app, &l.facts, "Store the key: yes or no? [no] ", "yes|no", err);
    if (answer < 0)
        return -1;
    if (answer > 0)
        return err_set(err, ERR_CERTIFICATE, "the key of %s is not stored", server->name);
    return certificate_store(app, &l.facts, err);
}

static int add_hash(struct app *app, const struct server *server, const char *word, struct err *err)
{
    static const char prefix[] = "sha256:";
    const char *hex = word + sizeof prefix - 1;
    struct known_key k = {.key.waived = 0};
    (void) app;
    if (strncmp(word, prefix, sizeof prefix - 1) != 0 || strlen(hex) != SHA256_TEXT - 1 ||
        strspn(hex, "0123456789abcdefABCDEF") != SHA256_TEXT - 1)
        return err_set(err, ERR_USAGE, "'%s' is not sha256: and 64 hexadecimal digits", word);
    for (size_t i = 0; i < SHA256_TEXT; i++)
        k.key.sha256[i] = (char) (hex[i] >= 'A' && hex[i] <= 'F' ? hex[i] - 'A' + 'a' : hex[i]);
    known_server(&k, server->name, server->port);
    return known_add(&k, err);
}

static int add(struct app *app, int argc, char **argv, struct err *err)
{
    struct server server;
    int rc = read_server(app, argv[0], &server, err);
    if (rc == 0 && argc == 1)
        rc = add_seen(app, &server, err);
    for (int i = 1; rc == 0 && i < argc; i++)
        rc = add_hash(app, &server, argv[i], err);
    if (rc == 0)
        app_forget_trusted(app, server.name);
    server_clear(&server);
    return rc;
}

/* ---- forget ---- */

/* 1: there was one. Port 0: of all ports. */
static int forget_name(struct app *app, const char *name, uint16_t port, struct err *err)
{
    int n = known_forget(name, port, err);
    bool held = n >= 0 && app_forget_trusted(app, name);
    return n < 0 ? -1 : n > 0 || held;
}

/* By its own name, and by --tls-name where that is what it is known by. */
static int forget_one(struct app *app, const char *word, struct err *err)
{
    struct server server;
    int rc = read_server(app, word, &server, err);
    uint16_t port = server.target.port;
    if (rc == 0)
        rc = forget_name(app, server.target.host, port, err);
    if (rc == 0)
        rc = forget_name(app, server.name, port, err);
    if (rc == 0)
        rc = err_set(err, ERR_USAGE, "no key of '%s' is stored", word);
    if (rc > 0)
        app_say(app, "the key of %s is forgotten", word);
    server_clear(&server);
    return rc < 0 ? -1 : 0;
}

static int forget(struct app *app, int argc, char **argv, struct err *err)
{
    for (int i = 0; i < argc; i++) {
        if (forget_one(app, argv[i], err) < 0)
            return -1;
    }
    return 0;
}

int cmd_trust(struct app *app, int argc, char **argv, struct err *err)
{
    static const struct {
        const char *name;
        int min, max;
        int (*run)(struct app *app, int argc, char **argv, struct err *err);
    } words[] = {
        {"add", 1, 1 + TRUST_KEYS_MAX, add},
        {"forget", 1, ARGS_ANY, forget},
        {"list", 0, 0, list},
        {"show", 0, 1, show},
    };
    const char *dashed = app_option(app, "forget");
    if (dashed && argc == 1)
        return forget_one(app, dashed, err);
    const char *word = argc > 1 ? argv[1] : "list";
    int rest = argc > 1 ? argc - 2 : 0;
    for (size_t i = 0; !dashed && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].name, word) == 0 && rest >= words[i].min &&
            (words[i].max == ARGS_ANY || rest <= words[i].max))
            return words[i].run(app, rest, argv + 2, err);
    }
    return err_set(err, ERR_USAGE, "usage: %s", command_find(argv[0])->usage);
}
