/* What a hostile server does on data connections, and with TLS. */
#include "behaviour.h"
#include "session.h"

const struct behaviour behaviours_data[] = {
    {.name = NULL},
};
