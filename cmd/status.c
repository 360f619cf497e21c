#include "status.h"

#include <errno.h>

const struct status status_table[] = {
    {0, "ok", "all good"},
    {1, "local", "local error: a file, memory, standard output"},
    {2, "usage", "usage: an option, a command or its arguments"},
    {3, "connect", "cannot resolve or connect, or the connection was lost"},
    {4, "tls", "TLS or certificate"},
    {5, "login", "login refused"},
    {6, "no-data-path", "no data strategy worked"},
    {7, "refused", "the server refused (5yz)"},
    {8, "transient", "the server refused for now (4yz)"},
    {9, "integrity", "integrity: truncated or mismatched"},
    {10, "timeout", "timed out"},
    {130, "interrupted",
     "interrupted (143 by SIGTERM, 129 by SIGHUP; 141: nobody reads the output any more)"},
};
const size_t status_count = sizeof status_table / sizeof status_table[0];

static const int by_code[ERR_CODES] = {
    [ERR_NONE] = 0,
    [ERR_USAGE] = 2,
    [ERR_LOCAL] = 1,
    [ERR_RESOLVE] = 3,
    [ERR_CONNECT] = 3,
    [ERR_TIMEOUT] = 10,
    [ERR_CANCELLED] = 130,
    [ERR_CLOSED] = 3,
    [ERR_TRUNCATED] = 9,
    [ERR_TLS] = 4,
    [ERR_CERTIFICATE] = 4,
    [ERR_LOGIN] = 5,
    [ERR_REPLY_TRANSIENT] = 8,
    [ERR_REPLY_PERMANENT] = 7,
    [ERR_PROTOCOL] = 3,
    [ERR_NO_DATA_PATH] = 6,
    [ERR_INTEGRITY] = 9,
};

bool status_unread(const struct err *err)
{
    return err->code == ERR_LOCAL && err->sys == EPIPE;
}

int status_of(enum err_code code)
{
    return (unsigned) code < ERR_CODES ? by_code[code] : 1;
}
