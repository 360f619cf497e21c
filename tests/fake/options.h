/* The command line of the server. Strings are borrowed from argv. */
#ifndef FAKE_OPTIONS_H
#define FAKE_OPTIONS_H

#include "behaviour.h"
#include "quirk.h"

enum tls_offer { OFFER_EXPLICIT, OFFER_IMPLICIT, OFFER_OFF, OFFER_REQUIRED };

struct options {
    const char *root, *listen, *cert, *key;
    const char *user, *password; /* password NULL: any */
    const char *advertise;       /* NULL: control's local address */
    const char *log;             /* NULL: none; "-": standard error */
    const char *client_ca;       /* NULL: no client certificate is asked for */
    const char *ocsp;            /* stapled to the certificate; NULL: nothing is */
    const char *cipher;          /* NULL: all that GnuTLS has */
    int port, passive_lo, passive_hi;
    int accept_timeout_ms; /* how long a transfer waits for its data connection */
    enum tls_offer tls;
    bool tls12_only, require_reuse;
    struct quirks quirks;
    const struct behaviour *behaviour; /* NULL: none */
    const char *behaviour_arg;         /* "": none */
};

/* 0; 1 when help was asked for and given; -1 after a message on standard error. */
int options_parse(int argc, char **argv, struct options *o);

#endif
