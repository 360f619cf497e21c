#include "unit.h"

#include "ftp/reply.h"

#include <stdlib.h>

/* Parses all of it at once; what is not used must be `rest` bytes. */
static struct reply parse(const char *data, size_t len, size_t rest)
{
    struct reply r = {0};
    struct reply_scan scan = {0};
    struct err err = ERR_INIT;
    size_t used = 0;
    int got = reply_parse(data, len, &scan, &r, &used, &err);
    if (got != 1)
        fail_msg("%d: %s", got, err.msg);
    assert_int_equal(len - used, rest);
    return r;
}

/* The same a byte at a time: complete with the last byte that belongs to it, and not before. */
static struct reply parse_slowly(const char *data, size_t len)
{
    struct reply r = {0};
    struct reply_scan scan = {0};
    struct err err = ERR_INIT;
    size_t used = 0;
    for (size_t n = 0; n < len; n++)
        assert_int_equal(reply_parse(data, n, &scan, &r, &used, &err), 0);
    assert_int_equal(reply_parse(data, len, &scan, &r, &used, &err), 1);
    assert_int_equal(used, len);
    return r;
}

static void assert_reply(const char *data, int code, const char *text, const char *last)
{
    size_t len = strlen(data);
    for (int slowly = 0; slowly < 2; slowly++) {
        struct reply r = slowly ? parse_slowly(data, len) : parse(data, len, 0);
        assert_int_equal(r.code, code);
        assert_string_equal(r.text, text);
        assert_string_equal(reply_last_line(&r), last);
        reply_clear(&r);
        assert_null(r.text);
    }
}

static void single_lines(void **state)
{
    (void) state;
    assert_reply("220 Welcome\r\n", 220, "220 Welcome", "Welcome");
    assert_reply("530 Login incorrect.\n", 530, "530 Login incorrect.", "Login incorrect.");
    assert_reply("226\r\n", 226, "226", "");
    assert_reply("226 \r\n", 226, "226 ", "");
    assert_reply("200 a\rb\r\n", 200, "200 a\rb", "a\rb");
}

static void many_lines(void **state)
{
    (void) state;
    assert_reply("230-Welcome\r\n to this\r\n230 Logged in\r\n", 230,
                 "230-Welcome\n to this\n230 Logged in", "Logged in");
    assert_reply("211-Features:\n MDTM\n211 End\n", 211, "211-Features:\n MDTM\n211 End", "End");
    assert_reply("211-\r\n\r\n211\r\n", 211, "211-\n\n211", "");
    assert_reply("220-a\r\n220-b\r\n220 c\r\n", 220, "220-a\n220-b\n220 c", "c");
}

/* field 49: another code with a blank is body, and so is the code with anything else behind it. */
static void only_its_own_code_ends_it(void **state)
{
    (void) state;
    assert_reply("150-List\r\n226 body\r\n150x\r\n1500 body\r\n 150 body\r\n150 end\r\n", 150,
                 "150-List\n226 body\n150x\n1500 body\n 150 body\n150 end", "end");
    assert_reply("213-st\r\n213-213 x\r\n213 y\r\n", 213, "213-st\n213-213 x\n213 y", "y");
}

static void one_after_the_other(void **state)
{
    (void) state;
    const char data[] = "150 Opening\r\n226 Done\r\n";
    struct reply r = parse(data, strlen(data), 10);
    assert_int_equal(r.code, 150);
    reply_clear(&r);
    r = parse(data + 13, strlen(data) - 13, 0);
    assert_int_equal(r.code, 226);
    reply_clear(&r);
}

static void nul_bytes_are_replaced(void **state)
{
    (void) state;
    const char data[] = "220 a\0b\r\n";
    struct reply r = parse(data, sizeof data - 1, 0);
    assert_string_equal(r.text, "220 a?b");
    reply_clear(&r);
}

static void assert_refused(const char *data, size_t len)
{
    struct reply r = {0};
    struct reply_scan scan = {0};
    struct err err = ERR_INIT;
    size_t used = 0;
    if (reply_parse(data, len, &scan, &r, &used, &err) != -1)
        fail_msg("accepted: %.40s", data);
    assert_err(&err, ERR_PROTOCOL);
    assert_null(r.text);
}

static void what_is_no_reply(void **state)
{
    (void) state;
    static const char *const bad[] = {"SSH-2.0-OpenSSH\r\n",
                                      "HTTP/1.1 400\r\n",
                                      "\r\n",
                                      "22\r\n",
                                      "2200 x\r\n",
                                      "220x\r\n",
                                      "020 x\r\n",
                                      "620 x\r\n",
                                      " 220 x\r\n",
                                      "220\tx\r\n",
                                      "-220 x\r\n",
                                      "22a x\r\n",
                                      "2\r\n",
                                      "\n",
                                      "220:x\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(bad[i], strlen(bad[i]));
}

/* field 14: a TLS record has no line end and is told at once. */
static void refused_without_a_line_end(void **state)
{
    (void) state;
    assert_refused("\x15\x03\x03", 3);
    assert_refused("\x16", 1);
    assert_refused("22S", 3);
}

static void fill(char *data, size_t len, const char *head)
{
    memset(data, 'x', len);
    memcpy(data, head, strlen(head));
}

/* field 64 */
static void lines_are_bounded(void **state)
{
    (void) state;
    size_t len = 3 * REPLY_LINE_MAX;
    char *data = malloc(len);
    assert_non_null(data);
    fill(data, len, "220 ");
    assert_refused(data, len); /* no end in sight */
    data[len - 1] = '\n';
    assert_refused(data, len);
    data[REPLY_LINE_MAX + 1] = '\n';
    assert_refused(data, REPLY_LINE_MAX + 2);
    data[REPLY_LINE_MAX] = '\n';
    struct reply r = parse(data, REPLY_LINE_MAX + 1, 0);
    assert_int_equal(strlen(r.text), REPLY_LINE_MAX);
    reply_clear(&r);
    fill(data, len, "220-a\r\n");
    assert_refused(data, len);
    free(data);
}

static void an_endless_line_byte_by_byte(void **state)
{
    (void) state;
    size_t len = 4 * REPLY_LINE_MAX, n = 0;
    char *data = malloc(len);
    assert_non_null(data);
    fill(data, len, "220-a\r\n");
    struct reply r = {0};
    struct reply_scan scan = {0};
    struct err err = ERR_INIT;
    size_t used = 0;
    while (n < len && reply_parse(data, n, &scan, &r, &used, &err) == 0)
        n++;
    assert_in_range(n, REPLY_LINE_MAX, 2 * REPLY_LINE_MAX + 8);
    assert_err(&err, ERR_PROTOCOL);
    free(data);
}

static size_t repeat(char *data, size_t len, const char *head, const char *line)
{
    size_t n = strlen(head), step = strlen(line);
    memcpy(data, head, n);
    for (; n + step <= len; n += step)
        memcpy(data + n, line, step);
    return n;
}

static void replies_are_bounded(void **state)
{
    (void) state;
    size_t len = REPLY_MAX + REPLY_LINE_MAX;
    char *data = malloc(len), *line = malloc(1002);
    assert_non_null(data);
    assert_non_null(line);
    memset(line, 'x', 1000);
    memcpy(line + 1000, "\n", 2);
    assert_refused(data, repeat(data, len, "211-x\n", line));     /* bytes */
    assert_refused(data, repeat(data, len, "211-x\n", " abc\n")); /* lines */
    size_t n = repeat(data, (REPLY_LINES_MAX - 1) * 2 + 4, "211-x\n", "a\n");
    memcpy(data + n, "211 x\n", 6);
    struct reply r = parse(data, n + 6, 0);
    assert_int_equal(r.code, 211);
    reply_clear(&r);
    free(line);
    free(data);
}

/* A reply of the largest size, a byte at a time, is done in no time. */
static void slow_bytes_cost_linear_time(void **state)
{
    (void) state;
    size_t len = REPLY_MAX - REPLY_LINE_MAX;
    char *data = malloc(len + 8), line[16002];
    assert_non_null(data);
    memset(line, 'x', 16000);
    memcpy(line + 16000, "\n", 2);
    size_t n = repeat(data, len, "211-x\n", line);
    memcpy(data + n, "211 x\n", 6);
    struct reply r = parse_slowly(data, n + 6);
    reply_clear(&r);
    free(data);
}

static void summaries(void **state)
{
    (void) state;
    char text[64], small[10];
    struct reply r = parse("230-Welcome\r\n230 Logged in\r\n", 28, 0), empty = {0};
    assert_string_equal(reply_summary(&r, text, sizeof text), "230 Logged in");
    assert_string_equal(reply_summary(&r, small, sizeof small), "230 Logge");
    reply_clear(&r);
    r = parse("550 \033[0m\r\n", 10, 0); /* field 66 */
    assert_string_equal(reply_summary(&r, text, sizeof text), "550 \\x1b[0m");
    reply_clear(&r);
    assert_string_equal(reply_summary(&empty, text, sizeof text), "");
    assert_string_equal(reply_last_line(&empty), "");
    reply_clear(&empty);
}

static void which_replies_fit(void **state)
{
    (void) state;
    assert_true(reply_fits("SIZE some file", 213));
    assert_false(reply_fits("SIZE some file", 226)); /* field 54: a reply too many */
    assert_false(reply_fits("PWD", 250));
    assert_true(reply_fits("PWD", 257));
    assert_false(reply_fits("CDUP", 257));
    assert_true(reply_fits("MKD new", 257));
    assert_true(reply_fits("PASV", 229)); /* field 31 */
    assert_false(reply_fits("EPSV", 226));
    assert_true(reply_fits("USER x", 331));
    assert_false(reply_fits("PASS y", 331));
    assert_false(reply_fits("USER x", 220));
    assert_true(reply_fits("RETR z", 226));
    assert_false(reply_fits("RETR z", 229));
    /* Refusals and what is preliminary always do, and whatever is said of other commands. */
    assert_true(reply_fits("SIZE some file", 550));
    assert_true(reply_fits("SIZE some file", 421));
    assert_true(reply_fits("RETR z", 150));
    assert_true(reply_fits("SITE HELP", 226));
    assert_true(reply_fits("SIZES", 200));
    assert_true(reply_fits("", 200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_lines),
        cmocka_unit_test(many_lines),
        cmocka_unit_test(only_its_own_code_ends_it),
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(nul_bytes_are_replaced),
        cmocka_unit_test(what_is_no_reply),
        cmocka_unit_test(refused_without_a_line_end),
        cmocka_unit_test(lines_are_bounded),
        cmocka_unit_test(an_endless_line_byte_by_byte),
        cmocka_unit_test(replies_are_bounded),
        cmocka_unit_test(slow_bytes_cost_linear_time),
        cmocka_unit_test(summaries),
        cmocka_unit_test(which_replies_fit),
    };
    return run_unit(tests);
}
