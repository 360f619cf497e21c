#include "unit.h"

#include "planfile.h"

#include <stdio.h>
#include <stdlib.h>

/* Written and read again, a plan is the same; names may be any bytes. */
static void a_plan_comes_back(void **state)
{
    (void) state;
    struct plan p = {0}, read;
    struct plan_roots roots = {.remote = "/pub", .local = "/srv"}, again = {0};
    const struct action get = {.kind = ACTION_GET,
                               .reason = REASON_SIZE,
                               .size = 10,
                               .mtime = 1700000000,
                               .precision = 60,
                               .mode = 0640,
                               .there = THERE_FILE,
                               .there_size = 9,
                               .there_mtime = 1600000000};
    const struct action gone = {.kind = ACTION_DELETE,
                                .reason = REASON_EXTRA,
                                .size = -1,
                                .mtime = -1,
                                .precision = 1,
                                .mode = -1,
                                .top = 1,
                                .there = THERE_LINK,
                                .there_size = -1,
                                .there_mtime = -1};
    const struct action link = {.kind = ACTION_LINK,
                                .reason = REASON_MISSING,
                                .size = -1,
                                .mtime = -1,
                                .precision = 1,
                                .mode = -1,
                                .there_size = -1,
                                .there_mtime = -1};
    assert_int_equal(plan_add(&p, &get, "a/\xff \"b\"", "", NULL), 0);
    assert_int_equal(plan_add(&p, &gone, "d/e", "", NULL), 0);
    assert_int_equal(plan_add(&p, &link, "l/m", "../\xfe", NULL), 0);
    plan_sort(&p);
    FILE *f = tmpfile();
    assert_non_null(f);
    json_t *header = plan_header_json(&roots);
    json_dumpf(header, f, JSON_COMPACT);
    json_decref(header);
    putc('\n', f);
    for (size_t i = 0; i < p.n; i++) {
        json_t *o = plan_action_json(&p, &p.list[i]);
        json_dumpf(o, f, JSON_COMPACT);
        json_decref(o);
        putc('\n', f);
    }
    rewind(f);
    struct err err = ERR_INIT;
    if (plan_read(f, &again, &read, &err) < 0)
        fail_msg("%s", err.msg);
    fclose(f);
    assert_memory_equal(&roots, &again, sizeof roots);
    assert_int_equal(read.n, p.n);
    for (size_t i = 0; i < p.n; i++) {
        const struct action *a = &p.list[i], *b = &read.list[i];
        assert_string_equal(plan_path(&p, a), plan_path(&read, b));
        assert_string_equal(plan_target(&p, a), plan_target(&read, b));
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->reason, b->reason);
        assert_int_equal(a->size, b->size);
        assert_int_equal(a->mtime, b->mtime);
        assert_int_equal(a->precision, b->precision);
        assert_int_equal(a->mode, b->mode);
        assert_int_equal(a->top, b->top);
        assert_int_equal(a->there, b->there);
        assert_int_equal(a->there_size, b->there_size);
        assert_int_equal(a->there_mtime, b->there_mtime);
    }
    plan_clear(&p);
    plan_clear(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_comes_back),
    };
    return run_unit(tests);
}
