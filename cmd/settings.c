#include "settings.h"

void settings_init(struct settings *s)
{
    *s = (struct settings){
        .tls = TLS_REQUIRE,
        .tls_reuse = TLS_REUSE_PREFER,
        .trust.min = TLS_1_2,
        .identity.password_fd = -1,
        .password_fd = -1,
        .connect_timeout_ms = 15000,
        .reply_timeout_ms = 60000,
        .final_timeout_ms = 10000,
        .idle_timeout_ms = 60000,
        .keepalive_ms = 60000,
        .timeout_ms = -1,
        .retries = 3,
        .history = 1000,
        .family = AF_UNSPEC,
    };
    ladder_init(&s->ladder);
}
