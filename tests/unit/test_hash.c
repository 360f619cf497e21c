#include "unit.h"

#include "ftp/hash.h"

#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define UPPER "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"
#define OTHER "a9993e364706816aba3e25717850c26c9cd0d89d"

static const struct {
    const char *text;
    size_t digits;
    const char *hash; /* NULL: none */
} plain[] = {
    {SHA1, 40, SHA1},
    {UPPER, 40, SHA1},
    {"  " SHA1 "  ", 40, SHA1},
    {"a name " SHA1, 40, SHA1},
    {SHA1 " a name", 40, SHA1},
    {SHA1 " " SHA1, 40, SHA1},
    {SHA1 " " OTHER, 40, NULL}, /* a file of such a name */
    {"", 40, NULL},
    {" ", 40, NULL},
    {"a " SHA1 " b", 40, NULL},
    {SHA1 "0", 40, NULL},
    {"d41d8cd98f00b204e9800998ecf8427e", 40, NULL},
    {"zz39a3ee5e6b4b0d3255bfef95601890afd80709", 40, NULL},
    {"352441C2", 8, "352441c2"},
    {"1c2", 8, "000001c2"},
    {"0", 8, "00000000"},
    {"123456789", 8, NULL},
    {"xyz", 8, NULL},
};

/* Files that are called like a hash. */
static const struct {
    const char *text, *name, *hash;
} named[] = {
    {SHA1 " " OTHER, OTHER, SHA1},
    {SHA1 " " OTHER, SHA1, OTHER},
    {SHA1 " " OTHER, "/sub/" OTHER, SHA1},
    {SHA1 " " OTHER, "/sub/" SHA1, OTHER},
    {SHA1 " a " OTHER, "a " OTHER, SHA1},
    {SHA1 " a " OTHER, SHA1 " a", OTHER},
    {SHA1 " " OTHER, "x" OTHER, NULL},
    {SHA1 " " OTHER, SHA1 "x", NULL},
    {SHA1 " " OTHER, "", NULL},
    {SHA1 " x " OTHER, SHA1 " " OTHER, NULL},
    {SHA1 " " SHA1, SHA1, SHA1},
};

static void test_named(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        char text[HASH_TEXT] = "";
        int rc = hash_from_reply(named[i].text, named[i].name, 40, text);
        assert_int_equal(rc, named[i].hash ? 0 : -1);
        if (named[i].hash)
            assert_string_equal(text, named[i].hash);
    }
}

static void test_plain(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        char text[HASH_TEXT] = "";
        int rc = hash_from_reply(plain[i].text, "a name", plain[i].digits, text);
        assert_int_equal(rc, plain[i].hash ? 0 : -1);
        if (plain[i].hash)
            assert_string_equal(text, plain[i].hash);
    }
}

static const struct {
    const char *text;
    int64_t size;
    bool ok;
} hashes[] = {
    {"SHA-1 0-49 " SHA1 " a name", 49, true},
    {"SHA-1 0-49 " UPPER " a name", 50, true}, /* the last byte's offset */
    {"sha-1 0-0 " SHA1 " a", 0, true},
    {"SHA-1 0-49 " SHA1, 49, true},
    {"SHA-1 0-48 " SHA1 " a", 50, false},
    {"SHA-1 1-49 " SHA1 " a", 49, false},
    {"SHA-1 0-51 " SHA1 " a", 50, false},
    {"SHA-256 0-49 " SHA1 " a", 49, false}, /* another algorithm */
    {"SHA-1 0-49 d41d8cd98f00b204e9800998ecf8427e a", 49, false},
    {"SHA-1 " SHA1, 49, false},
    {"SHA-1", 0, false},
    {"", 0, false},
};

static void test_hash(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        char text[HASH_TEXT] = "";
        int rc = hash_from_213(hashes[i].text, "SHA-1", 40, hashes[i].size, text);
        assert_int_equal(rc, hashes[i].ok ? 0 : -1);
        if (hashes[i].ok)
            assert_string_equal(text, SHA1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_hash),
    };
    return run_unit(tests);
}
