#include "amount.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The unit's factor; 0: there is none of that name. */
static double factor_of(const char *unit)
{
    static const char letters[] = "kmgt";
    size_t len = strlen(unit);
    if (len > 0 && (unit[len - 1] == 'B' || unit[len - 1] == 'b'))
        len--;
    if (len == 0)
        return 1;
    bool binary = len == 2 && (unit[1] == 'i' || unit[1] == 'I');
    for (size_t i = 0; i < sizeof letters - 1 && (len == 1 || binary); i++) {
        double factor = 1;
        for (size_t power = 0; power <= i; power++)
            factor *= binary ? 1024 : 1000;
        if (strncasecmp(unit, letters + i, 1) == 0)
            return factor;
    }
    return 0;
}

int amount_parse(const char *text, int64_t *bytes, struct err *err)
{
    size_t digits = strspn(text, "0123456789.");
    char *end;
    double n = strtod(text, &end);
    double factor = factor_of(text + digits);
    if (digits == 0 || end != text + digits || factor == 0)
        return err_set(err, ERR_USAGE, "'%s' is no amount of bytes such as 1500, 10k, 1.5M, 64Ki",
                       text);
    if (n * factor >= 9e18)
        return err_set(err, ERR_USAGE, "'%s' is too much", text);
    *bytes = (int64_t) (n * factor + 0.5);
    return 0;
}
