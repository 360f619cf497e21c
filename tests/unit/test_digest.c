#include "unit.h"

#include "tls/digest.h"

static const struct {
    enum digest_kind kind;
    const char *of_nothing, *of_abc;
} known[] = {
    /* FIPS 180-4, RFC 1321, and CRC-32's check values */
    {DIGEST_SHA256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {DIGEST_SHA512,
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877ee"
     "c"
     "2f63b931bd47417a81a538327af927da3e",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f"},
    {DIGEST_SHA1, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {DIGEST_MD5, "d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72"},
    {DIGEST_CRC32, "00000000", "352441c2"},
};

static void test_known_hashes(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char text[DIGEST_TEXT];
        struct digest *d = digest_new(known[i].kind, NULL);
        assert_non_null(d);
        assert_int_equal(digest_text(d, text, NULL), 0);
        assert_string_equal(text, known[i].of_nothing);
        assert_int_equal(strlen(text), digest_digits(known[i].kind));
        digest_feed(d, "a", 1);
        digest_feed(d, "", 0);
        assert_int_equal(digest_text(d, text, NULL), 0); /* feeding goes on behind it */
        digest_feed(d, "bc", 2);
        assert_int_equal(digest_text(d, text, NULL), 0);
        assert_string_equal(text, known[i].of_abc);
        digest_free(d);
    }
    digest_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_hashes),
    };
    return run_unit(tests);
}
