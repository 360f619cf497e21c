/* What all connections share; made by main, read-only afterwards but for the atomic counters. */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include "options.h"

#include <gnutls/gnutls.h>
#include <stdatomic.h>

struct server {
    struct options options;
    gnutls_certificate_credentials_t cert, data_cert; /* the same unless other-data-cert */
    gnutls_priority_t priority;
    int root_fd, listen_fd;
    int stop_fd; /* becomes readable, and stays so, when the server is to end */
    FILE *log;   /* NULL: none */
    _Atomic int sessions, transfers, next_port;
    _Atomic int present, logged_in; /* sessions now */
    _Atomic int accidents;
    _Atomic int behaved; /* a behaviour's own counter */
    _Atomic int cuts;    /* of the quirks "cut-before" and "cut-behind" */
    _Atomic int passive; /* replies that named a port */
};

#endif
