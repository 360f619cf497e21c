/* Which proxy leads to a host: what --proxy says, else the environment. */
#ifndef FTPSH_CMD_PROXYENV_H
#define FTPSH_CMD_PROXYENV_H

#include "options.h"

/* Without --proxy: ftp_proxy, FTP_PROXY, all_proxy, ALL_PROXY, the first that is not empty, unless
 * no_proxy or NO_PROXY lists the host. 1 with *out, 0 when there is none, -1 with ERR_USAGE naming
 * the variable; never the login in it. */
int proxy_choose(const struct settings *s, const char *host, struct proxy *out, struct err *err);

#endif
