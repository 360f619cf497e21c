#include "unit.h"

#include "base/fold.h"
#include "xfer/plan.h"

#include <stdio.h>
#include <stdlib.h>

/* A tree written down: "d name", "f name size time", "l name target", "o name", each in the folder
 * that is open; "( name" opens one and ")" closes it; "!" says that a listing is not complete, "x"
 * that it failed, "h" that something is hidden there. */
static const char *folder_read(struct tree *t, uint32_t folder, const char *text, int32_t precision)
{
    struct tree_batch b = {0};
    enum folder_state state = FOLDER_COMPLETE;
    const char *inside[16];
    char names[16][64];
    size_t n = 0;
    for (; *text && *text != ')'; text += strcspn(text, "\n") + (strchr(text, '\n') != NULL)) {
        char kind, name[64] = "", target[64] = "";
        long long size = 0, mtime = 0;
        struct entry e = {.mode = 0644, .size = LISTING_UNKNOWN, .mtime = LISTING_UNKNOWN};
        sscanf(text, "%c %63s", &kind, name);
        if (kind == '!' || kind == 'x')
            state = kind == '!' ? FOLDER_PARTIAL : FOLDER_FAILED;
        if (kind == 'h')
            b.hides = true;
        if (!strchr("dflo(", kind))
            continue;
        e.type = kind == 'f'   ? ENTRY_FILE
                 : kind == 'l' ? ENTRY_LINK
                 : kind == 'o' ? ENTRY_OTHER
                               : ENTRY_DIR;
        if (kind == 'f' && sscanf(text, "f %*s %lld %lld", &size, &mtime) == 2) {
            e.size = size;
            e.mtime = mtime;
        } else if (kind == 'l') {
            sscanf(text, "l %*s %63s", target);
        }
        e.name = name;
        e.target = target;
        assert_true(tree_batch_add(&b, &e, precision, NULL) >= 0);
        if (kind != '(')
            continue;
        snprintf(names[n], sizeof names[n], "%s", name);
        inside[n++] = text + strcspn(text, "\n") + 1;
        for (int depth = 1; depth > 0;) {
            text += strcspn(text, "\n") + 1;
            depth += *text == '(' ? 1 : *text == ')' ? -1 : 0;
        }
    }
    assert_int_equal(tree_adopt(t, folder, &b, state, NULL), 0);
    for (uint32_t i = 0; i < t->nodes[folder].count; i++) /* what is not opened is empty */
        t->nodes[t->nodes[folder].first + i].state = FOLDER_COMPLETE;
    for (size_t i = 0; i < n; i++)
        folder_read(t, tree_find(t, folder, names[i]), inside[i], precision);
    return text;
}

static struct tree tree_of(const char *text, int32_t precision)
{
    struct tree t;
    assert_int_equal(tree_init(&t, NULL), 0);
    folder_read(&t, TREE_ROOT, text, precision);
    return t;
}

static const struct plan_options defaults = {
    .newer_than = LISTING_UNKNOWN, .max_size = -1, .max_delete = -1};

static void assert_plan_of(struct tree source, struct tree target, const struct plan_options *o,
                           const char *expected)
{
    struct plan p;
    char text[2048] = "";
    size_t len = 0;
    struct err err = ERR_INIT;
    if (plan_make(&source, &target, o, &p, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < p.n; i++)
        len += (size_t) snprintf(text + len, sizeof text - len, "%s %s %s\n",
                                 action_name(p.list[i].kind), plan_path(&p, &p.list[i]),
                                 action_reason_name(p.list[i].reason));
    assert_string_equal(text, expected);
    plan_clear(&p);
    tree_clear(&source);
    tree_clear(&target);
}

static void assert_plan(const char *source, const char *target, const struct plan_options *o,
                        const char *expected)
{
    assert_plan_of(tree_of(source, 1), tree_of(target, 1), o, expected);
}

static void what_is_missing_comes(void **state)
{
    (void) state;
    struct plan_options up = defaults;
    up.upload = true;
    const char *source = "f a 1 100\n( d\n( e\nf b 2 100\n)\n)\n";
    assert_plan(source, "", &defaults,
                "mkdir d missing\nmkdir d/e missing\nget a missing\nget d/e/b missing\n");
    assert_plan(source, "", &up,
                "mkdir d missing\nmkdir d/e missing\nput a missing\nput d/e/b missing\n");
    assert_plan(source, source, &defaults, "");
}

static void sizes_and_times_are_compared(void **state)
{
    (void) state;
    struct plan_options o = defaults;
    assert_plan("f a 1 100", "f a 2 100", &o, "get a size-differs\n");
    assert_plan("f a 1 101", "f a 1 100", &o, "get a time-differs\n");
    assert_plan("f a 1 99", "f a 1 100", &o, "get a time-differs\n");
    assert_plan("f a 1 99", "f a 1", &o, "get a time-differs\n");
    o.slack = 1;
    assert_plan("f a 1 99", "f a 1 100", &o, "");
    o.slack = 0;
    o.upload = true;
    assert_plan("f a 1 101", "f a 1 100", &o, "put a time-differs\n");
    assert_plan("f a 1 99", "f a 1 100", &o, "");
    o.ignore_time = true;
    assert_plan("f a 1 101", "f a 1 100", &o, "");
    o.ignore_size = true;
    assert_plan("f a 1 101", "f a 2 100", &o, "");
    o = defaults;
    o.only_missing = true;
    assert_plan("f a 1 101\nf b 1 1", "f a 2 100", &o, "get b missing\n");
    o = defaults;
    o.newer_than = 100;
    o.max_size = 5;
    assert_plan("f a 1 100\nf b 1 101\nf c 6 200", "", &o, "get b missing\n");
}

/* LIST tells minutes, and for old files days in a zone that nobody knows. */
static void times_are_as_precise_as_the_listing(void **state)
{
    (void) state;
    assert_true(times_agree(120, 60, 179, 1, 0));
    assert_false(times_agree(120, 60, 180, 1, 0));
    assert_false(times_agree(120, 1, 121, 1, 0));
    assert_true(times_agree(121, 1, 120, 1, 1));
    assert_true(times_agree(864000, 86400, 864000 + 86399 + 14 * 3600, 1, 0));
    assert_true(times_agree(864000, 86400, 864000 - 14 * 3600, 1, 0));
    assert_false(times_agree(864000, 86400, 864000 + 2 * 86400, 1, 0));
    assert_plan_of(tree_of("f a 1 120", 60), tree_of("f a 1 150", 1), &defaults, "");
    struct plan_options up = defaults;
    up.upload = true;
    assert_plan_of(tree_of("f a 1 150", 1), tree_of("f a 1 120", 60), &up, "");
    assert_plan_of(tree_of("f a 1 180", 1), tree_of("f a 1 120", 60), &up, "put a time-differs\n");
}

static void checksums_decide(void **state)
{
    (void) state;
    uint8_t found[4] = {PAIR_UNKNOWN, PAIR_SAME, PAIR_DIFFERS, PAIR_UNKNOWN};
    struct plan_options o = defaults;
    o.compared = found;
    assert_plan("f a 1 100\nf b 1 100\nf c 1 100", "f a 1 200\nf b 1 100\nf c 1 100", &o,
                "utime a time-differs\nget b contents-differ\n");
}

static void deletions(void **state)
{
    (void) state;
    struct plan_options o = defaults;
    const char *source = "f a 1 1", *target = "f a 1 1\nf old 1 1\n( dir\nf x 1 1\nl y z\n)\n";
    assert_plan(source, target, &o, "");
    o.remove = true;
    assert_plan(source, target, &o,
                "delete dir/x not-in-source\ndelete dir/y not-in-source\n"
                "delete old not-in-source\nrmdir dir not-in-source\n");
    o.max_delete = 4;
    assert_plan(source, target, &o,
                "delete dir/x not-in-source\ndelete dir/y not-in-source\n"
                "delete old not-in-source\nrmdir dir not-in-source\n");
    o.max_delete = 3;
    assert_plan(source, target, &o, "skip  too-many\n");
}

static void nothing_is_deleted_on_a_doubt(void **state)
{
    (void) state;
    struct plan_options o = defaults;
    o.remove = true;
    assert_plan("!\nf a 1 1", "f b 1 1", &o, "get a missing\nskip  partial\n");
    assert_plan("x", "f b 1 1", &o, "skip  unread\n");
    assert_plan("", "f b 1 1", &o, "skip  emptied\n");
    assert_plan("( d\n)\nf a 1 1", "( d\nf b 1 1\n)\nf a 1 1", &o, "skip d emptied\n");
    assert_plan("h", "f b 1 1", &o, "delete b not-in-source\n");
    assert_plan("f a 1 1", "f a 1 1\n( d\nh\nf b 1 1\n)", &o,
                "delete d/b not-in-source\nskip d hides\n");
    assert_plan("f a 1 1", "f a 1 1\n( d\nx\n)", &o, "skip d unread\n");
    assert_plan("f a 1 1", "f a 1 1\n( d\no b\n)", &o, "skip d/b special\n");
    o.delete_emptied = true;
    assert_plan("", "f b 1 1", &o, "delete b not-in-source\n");
    assert_plan("!", "f b 1 1", &o, "skip  partial\n");
}

static void another_kind_in_the_way(void **state)
{
    (void) state;
    struct plan_options o = defaults;
    const char *file = "f a 1 1", *folder = "( a\nf b 1 1\n)\n";
    assert_plan(file, folder, &o, "skip a other-kind\n");
    assert_plan(folder, file, &o, "skip a other-kind\n");
    assert_plan(folder, "l a /etc", &o, "skip a other-kind\n");
    o.remove = true;
    assert_plan(file, folder, &o, "delete a/b in-the-way\nrmdir a in-the-way\nget a in-the-way\n");
    assert_plan(folder, file, &o, "delete a in-the-way\nmkdir a in-the-way\nget a/b missing\n");
    assert_plan(folder, "l a /etc", &o,
                "delete a in-the-way\nmkdir a in-the-way\nget a/b missing\n");
    assert_plan(file, "( a\no dev\n)\n", &o, "skip a other-kind\n");
}

static void links(void **state)
{
    (void) state;
    struct plan_options o = defaults;
    assert_plan("l a b\nl c ../x\nl d /etc\nl e x/../..\nl f", "", &o,
                "link a missing\nskip c link-outside\nskip d link-outside\n"
                "skip e link-outside\nskip f link-dangling\n");
    assert_plan("( d\nl a ../b\nl c ./x//y\nl e ../../b\n)", "( d\n)", &o,
                "link d/a missing\nlink d/c missing\nskip d/e link-outside\n");
    assert_plan("l a b", "l a b", &o, "");
    assert_plan("l a b", "l a c", &o, "link a target-differs\n");
    o.links = LINKS_SKIP;
    assert_plan("l a b", "", &o, "");
    o.links = LINKS_COPY;
    o.upload = true;
    assert_plan("l a b", "", &o, "skip a no-links\n");
}

static void names_that_collide(void **state)
{
    (void) state;
    struct plan_options o = defaults;
    const char *both = "f Readme 1 1\nf README 2 1\nf x 1 1";
    assert_plan(both, "", &o, "get README missing\nget Readme missing\nget x missing\n");
    o.fold = FOLD_CASE;
    o.remove = true;
    assert_plan(both, "f x 1 1", &o, "skip README collision\nskip Readme collision\n");
    assert_plan(both, "f readme 1 1\nf x 1 1", &o,
                "skip README collision\nskip Readme collision\n");
    assert_plan("f A 1 1\nf b 1 1", "f a 1 1\nf B 2 1\nf C 1 1", &o,
                "get b size-differs\ndelete C not-in-source\n");
    o.fold = FOLD_FORM;
    assert_plan("f caf\xc3\xa9 1 1\nf cafe\xcc\x81 1 1\nf x 1 1", "", &o,
                "get x missing\nskip cafe\xcc\x81 collision\nskip caf\xc3\xa9 collision\n");
}

static void part_files(void **state)
{
    (void) state;
    struct plan_options o = defaults;
    assert_plan("f a 9 1\nf b 9 1", "f a.ftpsh.part 4 1\nf b 9 1\nf b.ftpsh.part 4 1", &o,
                "clean b.ftpsh.part stale-part\nget a missing\n");
    assert_plan("f a 9 1", "f a 9 1\nf gone.ftpsh.part 4 1", &o,
                "clean gone.ftpsh.part stale-part\n");
    assert_plan("f a.ftpsh.part 9 1", "", &o, "skip a.ftpsh.part part-name\n");
    o.upload = true;
    assert_plan("f a.ftpsh.part 9 1", "", &o, "skip a.ftpsh.part part-name\n");
    assert_plan("f .a.ftpsh.tmp 9 1", "", &o, "skip .a.ftpsh.tmp part-name\n");
    assert_plan("f a 9 1", "f a 9 1\nf .a.ftpsh.tmp 4 1\nf a.ftpsh.tmp 1 1", &o,
                "clean .a.ftpsh.tmp stale-part\n");
}

static void folders_that_stay_empty_are_not_made(void **state)
{
    (void) state;
    struct plan_options o = defaults;
    const char *source = "( a\n( b\n)\n)\n( c\nf x 1 1\n)\n";
    assert_plan(source, "", &o,
                "mkdir a missing\nmkdir c missing\nmkdir a/b missing\nget c/x missing\n");
    o.selective = true;
    assert_plan(source, "", &o, "mkdir c missing\nget c/x missing\n");
}

static void words(void **state)
{
    (void) state;
    for (int i = 0; i < ACTION_KINDS; i++)
        assert_int_equal(action_find(action_name((enum action_kind) i)), i);
    for (int i = 0; i < ACTION_REASONS; i++)
        assert_int_equal(action_reason_find(action_reason_name((enum action_reason) i)), i);
    for (int i = 0; i <= THERE_OTHER; i++)
        assert_int_equal(there_find(there_name((enum there) i)), i);
    assert_int_equal(action_find("format"), -1);
    assert_int_equal(action_reason_find(""), -1);
    assert_int_equal(there_find("?"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_comes),
        cmocka_unit_test(sizes_and_times_are_compared),
        cmocka_unit_test(times_are_as_precise_as_the_listing),
        cmocka_unit_test(checksums_decide),
        cmocka_unit_test(deletions),
        cmocka_unit_test(nothing_is_deleted_on_a_doubt),
        cmocka_unit_test(another_kind_in_the_way),
        cmocka_unit_test(links),
        cmocka_unit_test(names_that_collide),
        cmocka_unit_test(part_files),
        cmocka_unit_test(folders_that_stay_empty_are_not_made),
        cmocka_unit_test(words),
    };
    return run_unit(tests);
}
