#include "unit.h"

#include "known.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct known_key make_key(const char *host, uint16_t port, const char *hex, unsigned waived)
{
    struct known_key k = {.key.waived = waived};
    assert_true(known_server(&k, host, port));
    snprintf(k.key.sha256, sizeof k.key.sha256, "%s", hex);
    return k;
}

static void put_text(struct buf *b, const char *text)
{
    buf_init(b, 1 << 16);
    assert_int_equal(buf_put(b, text, strlen(text), NULL), 0);
}

static void assert_text(struct buf *b, const char *text)
{
    assert_int_equal(buf_put(b, "", 1, NULL), 0);
    assert_string_equal((const char *) buf_data(b), text);
    buf_clear(b);
}

static void lines(void **state)
{
    char line[KNOWN_LINE_BYTES];
    struct known_key again;
    (void) state;
    struct known_key k =
        make_key("FTP.Example.com.", 2121, HEX, 1u << FAULT_NAME | 1u << FAULT_EXPIRED);
    size_t len = known_format_line(&k, line);
    assert_string_equal(line, "|c0|ftp.example.com|2121|0|6|" HEX "|expired,name\n");
    assert_true(known_parse_line(line, len - 1, &again));
    assert_string_equal(again.key.sha256, k.key.sha256);
    assert_int_equal(again.key.waived, k.key.waived);
    assert_string_equal(again.host, "ftp.example.com");
    assert_int_equal(again.port, 2121);
    k = make_key("::1", 21, HEX, 0);
    known_format_line(&k, line);
    assert_string_equal(line, "|c0|::1|21|0|6|" HEX "|-\n");
}

static void lines_of_others(void **state)
{
    static const char *const good[] = {
        "|c0|a|21|0|6|" HEX,               /* as GnuTLS itself would write it */
        "|c0|a|21|0|6|" HEX "|what,ever|", /* faults of a later version */
    };
    static const char *const bad[] = {
        "",
        "|",
        "# a remark",
        "c0|a|21|0|6|" HEX "|-",
        "|g0|a|21|0|MIIB",
        "|c0||21|0|6|" HEX "|-",
        "|c0|*|21|0|6|" HEX "|-",
        "|c0|a b|21|0|6|" HEX "|-",
        "|c0|a|0|0|6|" HEX "|-",
        "|c0|a|65536|0|6|" HEX "|-",
        "|c0|a|ftp|0|6|" HEX "|-",
        "|c0|a|21|1|6|" HEX "|-",
        "|c0|a|21|0|2|" HEX "|-",
        "|c0|a|21|0|6|" HEX "0|-",
        "|c0|a|21|0|6|x" HEX "|-",
        "|c0|a|21|0|6",
    };
    struct known_key k;
    (void) state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(known_parse_line(good[i], strlen(good[i]), &k));
        assert_int_equal(k.key.waived, 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(known_parse_line(bad[i], strlen(bad[i]), &k));
}

static void servers(void **state)
{
    static const char *const bad[] = {"", "a|b", "a b", "a\n", "*", "*.example.com", "\177"};
    char longest[KNOWN_HOST_BYTES + 1];
    struct known_key k;
    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(known_server(&k, bad[i], 21));
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(known_server(&k, longest, 21));
    longest[sizeof longest - 2] = '\0';
    assert_true(known_server(&k, longest, 21));
}

static void put_and_dropped(void **state)
{
    static const char text[] =
        "# mine\n|c0|a|21|0|6|" HEX "|-\n|g0|a|21|0|M\n|c0|a|990|0|6|" HEX "|-";
    struct buf before, after;
    struct err err = ERR_INIT;
    (void) state;
    put_text(&before, text);
    buf_init(&after, 1 << 16);
    struct known_key k = make_key("A", 21, HEX, 1u << FAULT_PURPOSE);
    assert_int_equal(known_put(&before, &k, &after, &err), 1);
    assert_text(&after,
                "# mine\n|g0|a|21|0|M\n|c0|a|990|0|6|" HEX "|-\n|c0|a|21|0|6|" HEX "|purpose\n");
    buf_init(&after, 1 << 16);
    assert_int_equal(known_drop(&before, "A", 990, &after, &err), 1);
    assert_text(&after, "# mine\n|c0|a|21|0|6|" HEX "|-\n|g0|a|21|0|M\n");
    buf_init(&after, 1 << 16);
    assert_int_equal(known_drop(&before, "a", 0, &after, &err), 2);
    assert_text(&after, "# mine\n|g0|a|21|0|M\n");
    buf_init(&after, 1 << 16);
    assert_int_equal(known_drop(&before, "b", 0, &after, &err), 0);
    buf_clear(&after);
    buf_clear(&before);
}

static void too_many(void **state)
{
    struct buf before, after;
    struct err err = ERR_INIT;
    char hex[SHA256_TEXT] = HEX;
    (void) state;
    put_text(&before, "");
    for (int i = 0; i <= TRUST_KEYS_MAX; i++) {
        hex[0] = (char) ('0' + i);
        struct known_key k = make_key("a", 21, hex, 0);
        buf_init(&after, 1 << 16);
        int rc = known_put(&before, &k, &after, &err);
        assert_int_equal(rc, i < TRUST_KEYS_MAX ? 1 : -1);
        buf_clear(rc > 0 ? &before : &after);
        if (rc > 0)
            before = after;
    }
    assert_int_equal(err.code, ERR_USAGE);
    struct known_key again = make_key("a", 21, HEX, 0); /* it is there */
    buf_init(&after, 1 << 16);
    assert_int_equal(known_put(&before, &again, &after, &err), 1);
    buf_clear(&after);
    buf_clear(&before);
}

static void in_the_file(void **state)
{
    char folder[] = "/tmp/ftpsh-known-XXXXXX", path[256];
    struct err err = ERR_INIT;
    struct trust_key keys[TRUST_KEYS_MAX];
    struct stat st;
    (void) state;
    assert_non_null(mkdtemp(folder));
    setenv("XDG_STATE_HOME", folder, 1);
    assert_int_equal(known_find("a", 21, keys, &err), 0);
    assert_int_equal(known_forget("a", 0, &err), 0);
    assert_int_equal(stat(known_path(path, sizeof path), &st), -1);
    struct known_key k = make_key("a", 21, HEX, 0), other = make_key("a", 21, OTHER, 1);
    assert_int_equal(known_add(&k, &err), 0);
    assert_int_equal(known_add(&other, &err), 0);
    assert_int_equal(known_find("A.", 21, keys, &err), 2);
    assert_string_equal(keys[1].sha256, OTHER);
    assert_int_equal(known_find("a", 990, keys, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(known_forget("a", 0, &err), 2);
    assert_int_equal(known_find("a", 21, keys, &err), 0);
    chmod(path, 0666);
    assert_int_equal(known_find("a", 21, keys, &err), -1);
    assert_int_equal(err.code, ERR_LOCAL);
    unlink(path);
    snprintf(path, sizeof path, "%s/ftpsh/known_hosts.lock", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/ftpsh", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),    cmocka_unit_test(lines_of_others),
        cmocka_unit_test(servers),  cmocka_unit_test(put_and_dropped),
        cmocka_unit_test(too_many), cmocka_unit_test(in_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
