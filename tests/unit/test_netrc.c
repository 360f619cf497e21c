#include "unit.h"

#include "netrc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct netrc_entry e;

static int find(const char *text, const char *host, const char *user)
{
    struct err err = ERR_INIT;
    int rc = netrc_find(text, strlen(text), host, user, &e, &err);
    if (rc < 0)
        fail_msg("%s", err.msg);
    return rc;
}

static const char sample[] = "# a comment machine x\n"
                             "machine one.example login me password secret account acc\n"
                             "machine two.example\n\tlogin you\n\tpassword \"a b\\\"c\\\\\"\n"
                             "machine two.example login she passwd hers\n"
                             "macdef init\nmachine three.example login no\nquit\n\n"
                             "machine four.example password only\n"
                             "default login anonymous password me@here\n"
                             "machine late.example login never\n";

static void machines(void **state)
{
    (void) state;
    assert_int_equal(find(sample, "one.example", NULL), 1);
    assert_string_equal(e.login, "me");
    assert_string_equal(e.password, "secret");
    assert_string_equal(e.account, "acc");
    assert_true(e.has_login && e.has_password && e.has_account);

    assert_int_equal(find(sample, "TWO.example", NULL), 1);
    assert_string_equal(e.login, "you");
    assert_string_equal(e.password, "a b\"c\\");
    assert_false(e.has_account);
}

static void users(void **state)
{
    (void) state;
    assert_int_equal(find(sample, "two.example", "she"), 1);
    assert_string_equal(e.password, "hers");
    assert_int_equal(find(sample, "four.example", "anybody"), 1);
    assert_string_equal(e.password, "only");
    assert_false(e.has_login);
    assert_int_equal(find(sample, "one.example", "nobody"), 0);
    assert_string_equal(e.password, "");
}

static void the_default(void **state)
{
    (void) state;
    assert_int_equal(find(sample, "three.example", NULL), 1); /* not the one in the macro */
    assert_string_equal(e.login, "anonymous");
    assert_int_equal(find(sample, "late.example", NULL), 1);
    assert_string_equal(e.login, "anonymous");
    assert_int_equal(find(sample, "three.example", "anonymous"), 1);
}

static void nothing(void **state)
{
    (void) state;
    assert_int_equal(find("", "a", NULL), 0);
    assert_int_equal(find("machine", "a", NULL), 0);
    assert_int_equal(find("login x password y", "a", NULL), 0);
    assert_int_equal(find("machine b login x", "a", NULL), 0);
    assert_int_equal(find("machine a macdef x\nlogin no", "b", NULL), 0);
    assert_int_equal(find("machine a login", "a", NULL), 1);
    assert_string_equal(e.login, "");
}

static void words_that_are_also_keys(void **state)
{
    (void) state;
    assert_int_equal(find("machine a login machine password #x", "a", NULL), 1);
    assert_string_equal(e.login, "machine");
    assert_string_equal(e.password, "#x");
    assert_int_equal(find("machine a login a\\ b password \\\"q", "a", NULL), 1);
    assert_string_equal(e.password, "\"q");
}

static void broken(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    const char *open = "machine a\nlogin \"x\npassword y";
    assert_int_equal(netrc_find(open, strlen(open), "a", NULL, &e, &err), -1);
    assert_err(&err, ERR_LOCAL);
    assert_non_null(strstr(err.msg, "line 2"));

    char *text = malloc(3000);
    memset(text, 'x', 3000);
    memcpy(text, "machine a password ", 19);
    err_clear(&err);
    assert_int_equal(netrc_find(text, 3000, "a", NULL, &e, &err), -1);
    assert_err(&err, ERR_LOCAL);
    assert_string_equal(e.password, "");
    free(text);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static void files(void **state)
{
    (void) state;
    char folder[] = "/tmp/ftpsh-netrc-XXXXXX", path[64];
    struct err err = ERR_INIT;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/netrc", folder);

    assert_int_equal(netrc_load(path, "a", NULL, &e, &err), 0);
    write_file(path, "machine a login x password y\nmachine b login z\n", 0600);
    assert_int_equal(netrc_load(path, "a", NULL, &e, &err), 1);
    assert_string_equal(e.password, "y");

    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(netrc_load(path, "b", NULL, &e, &err), 1);
    assert_int_equal(netrc_load(path, "a", NULL, &e, &err), -1);
    assert_err(&err, ERR_LOCAL);
    assert_string_equal(e.password, "");

    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines),
        cmocka_unit_test(users),
        cmocka_unit_test(the_default),
        cmocka_unit_test(nothing),
        cmocka_unit_test(words_that_are_also_keys),
        cmocka_unit_test(broken),
        cmocka_unit_test(files),
    };
    return run_unit(tests);
}
