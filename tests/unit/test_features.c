#include "unit.h"

#include "ftp/features.h"

#include <stdio.h>

static struct features parsed(const char *text)
{
    struct features f;
    features_parse(text, &f);
    return f;
}

static void vsftpd_list(void **state)
{
    (void) state;
    struct features f =
        parsed("211-Features:\n AUTH TLS\n EPRT\n EPSV\n MDTM\n PASV\n PBSZ\n PROT\n"
               " REST STREAM\n SIZE\n TVFS\n UTF8\n211 End");
    assert_true(f.known);
    assert_int_equal(f.flags, FEATURE_AUTH_TLS | FEATURE_EPRT | FEATURE_EPSV | FEATURE_MDTM |
                                  FEATURE_REST | FEATURE_SIZE | FEATURE_TVFS | FEATURE_UTF8);
    assert_false(features_has(&f, FEATURE_MLST));
    assert_true(features_has(&f, FEATURE_SIZE));
}

static void facts_and_hashes(void **state)
{
    (void) state;
    struct features f = parsed("211-Extensions supported:\n MLST type*;size*;modify*;UNIX.mode*;\n"
                               " HASH SHA-256*;SHA-512;\n MODE Z\n CCC\n MFMT\n PRET\n211 End.");
    assert_string_equal(f.mlst, "type*;size*;modify*;UNIX.mode*;");
    assert_string_equal(f.hash, "SHA-256*;SHA-512;");
    assert_int_equal(f.flags, FEATURE_MLST | FEATURE_HASH | FEATURE_MODE_Z | FEATURE_CCC |
                                  FEATURE_MFMT | FEATURE_PRET);
}

static void site_help(void **state)
{
    (void) state;
    assert_int_equal(
        features_site_help("214-These\n UMASK  CHECKMETHOD  CHECKSUM\n IDLE XMD5\n214 x"),
        DIGEST_CHECKSUM | DIGEST_XMD5);
    assert_int_equal(features_site_help("214 CHECKSUM* checksums"), 0);
    assert_int_equal(features_site_help(""), 0);
    assert_int_equal(
        parsed("211-F\n SITE CHECKMETHOD;CHECKSUM;CHMOD\n CHECKSUM\n211 e").site_digests,
        DIGEST_CHECKSUM);
}

static void spellings(void **state)
{
    (void) state;
    assert_true(parsed("211-F\n auth ssl;tls;\n211 e").flags & FEATURE_AUTH_TLS);
    assert_true(parsed("211-F\n AUTH SSL;TLS-C;TLS-P;\n211 e").flags & FEATURE_AUTH_TLS);
    assert_false(parsed("211-F\n AUTH SSL\n211 e").flags & FEATURE_AUTH_TLS);
    assert_true(parsed("211-F\n mlst\n211 e").flags & FEATURE_MLST);
    assert_true(parsed("211-F\n MLSD\n211 e").flags & FEATURE_MLST); /* field 70 */
    assert_true(parsed("211-F\nEPSV\n211 e").flags & FEATURE_EPSV);
    assert_true(parsed("211-F\n211-EPSV\n211 e").flags & FEATURE_EPSV);
    assert_true(parsed("211-F\n\tSIZE \n211 e").flags & FEATURE_SIZE);
    assert_false(parsed("211-F\n MODE B\n211 e").flags & FEATURE_MODE_Z);
    assert_false(parsed("211-F\n SIZES\n SIZ\n REST\n211 e").flags);
}

static void missing_facts(void **state)
{
    (void) state;
    char facts[FACTS_MAX];
    struct features f = parsed("211-F\n MLST type*;size*;modify*;perm*;media-type;\n211 e");
    assert_false(features_missing_facts(&f, facts));
    f = parsed("211-F\n MLST Type*;size*;modify;create;UNIX.mode;lang*;\n211 e");
    assert_true(features_missing_facts(&f, facts));
    assert_string_equal(facts, "Type;size;modify;UNIX.mode;");
    f = parsed("211-F\n MLSD\n211 e");
    assert_false(features_missing_facts(&f, facts));
    f = parsed("211-F\n MLST ;;*;\n211 e");
    assert_false(features_missing_facts(&f, facts));
}

/* field 45: no list is no knowledge. */
static void no_list(void **state)
{
    (void) state;
    assert_false(parsed("").known);
    assert_false(parsed("530 Please login").known);
    assert_false(parsed("211 No features").known);
    assert_true(parsed("211-Features\n211 End").known);
    assert_int_equal(parsed("211-Features\n211 End").flags, 0);
    assert_int_equal(parsed("211-SIZE is in the title\n211 End").flags, 0);
}

static void hostile_lists(void **state)
{
    (void) state;
    char text[8192] = "211-F\n MLST ";
    size_t n = strlen(text);
    memset(text + n, 'a', sizeof text - n - 1);
    text[sizeof text - 1] = '\0';
    struct features f = parsed(text);
    assert_int_equal(strlen(f.mlst), sizeof f.mlst - 1);
    memcpy(text + 6, " HASH ", 6);
    f = parsed(text);
    assert_int_equal(strlen(f.hash), sizeof f.hash - 1);
    f = parsed("211-F\n MLST type;\033[2J\n\n \n MLST\n211 e");
    assert_string_equal(f.mlst, "");
    f = parsed("211-F\n MLST type;\rNOOP\n211 e");
    assert_string_equal(f.mlst, "type;");
}

static void programs(void **state)
{
    (void) state;
    assert_int_equal(software_guess("(vsFTPd 3.0.3)"), SOFTWARE_VSFTPD);
    assert_int_equal(software_guess("ProFTPD Server (Debian) [::1]"), SOFTWARE_PROFTPD);
    assert_int_equal(software_guess("--- Welcome to Pure-FTPd [TLS] ---"), SOFTWARE_PUREFTPD);
    assert_int_equal(software_guess("FileZilla Server 1.9.4"), SOFTWARE_FILEZILLA);
    assert_int_equal(software_guess("Microsoft FTP Service"), SOFTWARE_IIS);
    assert_int_equal(software_guess("Windows_NT"), SOFTWARE_IIS);
    assert_int_equal(software_guess("pyftpdlib 1.5.7 ready."), SOFTWARE_PYFTPDLIB);
    assert_int_equal(software_guess("FTP server ready"), SOFTWARE_UNKNOWN);
    assert_int_equal(software_guess(""), SOFTWARE_UNKNOWN);
    assert_string_equal(software_name(SOFTWARE_PROFTPD), "ProFTPD");
    assert_string_equal(software_name(SOFTWARE_UNKNOWN), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vsftpd_list),   cmocka_unit_test(facts_and_hashes),
        cmocka_unit_test(missing_facts), cmocka_unit_test(site_help),
        cmocka_unit_test(spellings),     cmocka_unit_test(no_list),
        cmocka_unit_test(hostile_lists), cmocka_unit_test(programs),
    };
    return run_unit(tests);
}
