/* What a server says it can do (FEAT, RFC 2389) and what it is. Pure. */
#ifndef FTPSH_FTP_FEATURES_H
#define FTPSH_FTP_FEATURES_H

#include <stdbool.h>

enum feature {
    FEATURE_AUTH_TLS = 1 << 0,
    FEATURE_CCC = 1 << 1,
    FEATURE_EPRT = 1 << 2,
    FEATURE_EPSV = 1 << 3,
    FEATURE_HASH = 1 << 4,
    FEATURE_MDTM = 1 << 5,
    FEATURE_MFMT = 1 << 6,
    FEATURE_MLST = 1 << 7, /* MLST and MLSD, RFC 3659 section 7 */
    FEATURE_MODE_Z = 1 << 8,
    FEATURE_PRET = 1 << 9,
    FEATURE_REST = 1 << 10, /* REST STREAM */
    FEATURE_SIZE = 1 << 11,
    FEATURE_TVFS = 1 << 12,
    FEATURE_UTF8 = 1 << 13,
    FEATURE_SSCN = 1 << 14, /* TLS client on data connections, between servers */
    FEATURE_CPSV = 1 << 15  /* the same for one passive connection */
};

/* Commands that tell the hash of a file's contents, HASH apart. */
enum digest_command {
    DIGEST_XSHA256 = 1 << 0,
    DIGEST_XSHA512 = 1 << 1,
    DIGEST_XSHA1 = 1 << 2,
    DIGEST_XSHA = 1 << 3, /* SHA-1 by another name */
    DIGEST_XMD5 = 1 << 4,
    DIGEST_MD5_TWINE = 1 << 5, /* MD5 (draft-twine-ftpmd5) */
    DIGEST_XCRC = 1 << 6,
    DIGEST_CHECKSUM = 1 << 7 /* SITE CHECKSUM of wu-ftpd, with MD5 by SITE CHECKMETHOD RFC1321 */
};

struct features {
    bool known;                     /* FEAT was answered with a list */
    unsigned flags;                 /* enum feature */
    char mlst[256];                 /* the facts as listed: "type*;size*;modify*;" */
    char hash[128];                 /* "SHA-256*;SHA-512;" */
    unsigned digests, site_digests; /* enum digest_command: as commands, and behind SITE */
};

/* Reads the text of a 211 reply (as struct reply keeps it) into *out. Lines that are not known are
 * passed over. */
void features_parse(const char *text, struct features *out);
/* The enum digest_command in the text of a 214 reply to SITE HELP, which lists what may stand
 * behind SITE. A word that ends in '*' is not implemented. */
unsigned features_site_help(const char *text);
/* The facts to ask for with OPTS MLST (RFC 3659 section 7.9) where some that we use are listed and
 * not on: "type;size;modify;". False when there is nothing to ask for. */
#define FACTS_MAX 256
bool features_missing_facts(const struct features *f, char dst[FACTS_MAX]);
/* FEAT lists the fact for MLST and MLSD: "UNIX.mode". */
bool features_tells_fact(const struct features *f, const char *fact);
bool features_has(const struct features *f, enum feature what);

/* The server software that a banner, SYST or FEAT text reveals. */
enum software {
    SOFTWARE_UNKNOWN,
    SOFTWARE_VSFTPD,
    SOFTWARE_PROFTPD,
    SOFTWARE_PUREFTPD,
    SOFTWARE_FILEZILLA,
    SOFTWARE_IIS,
    SOFTWARE_PYFTPDLIB
};
enum software software_guess(const char *text);
/* "vsftpd", "ProFTPD", ...; "" for unknown. */
const char *software_name(enum software s);

#endif
