#include "ftp/repeat.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* What is not here is never repeated: what sends data (a transfer has its own way of going on),
 * what only means something behind another command (RNTO, HASH behind OPTS HASH), and all that
 * nobody here knows. */
static const struct {
    const char *command;
    enum repeat repeat;
} table[] = {
    {"PWD", REPEAT_SAFE},        {"XPWD", REPEAT_SAFE},       {"CWD", REPEAT_SAFE},
    {"CDUP", REPEAT_SAFE},       {"SIZE", REPEAT_SAFE},       {"MDTM", REPEAT_SAFE},
    {"MFMT", REPEAT_SAFE},       {"MLST", REPEAT_SAFE},       {"STAT", REPEAT_SAFE},
    {"NOOP", REPEAT_SAFE},       {"FEAT", REPEAT_SAFE},       {"SYST", REPEAT_SAFE},
    {"HELP", REPEAT_SAFE},       {"RNFR", REPEAT_SAFE},       {"XCRC", REPEAT_SLOW},
    {"MD5", REPEAT_SLOW},        {"XMD5", REPEAT_SLOW},       {"XSHA", REPEAT_SLOW},
    {"XSHA1", REPEAT_SLOW},      {"XSHA256", REPEAT_SLOW},    {"XSHA512", REPEAT_SLOW},
    {"SITE CHMOD", REPEAT_SAFE}, {"SITE UTIME", REPEAT_SAFE}, {"SITE HELP", REPEAT_SAFE},
    {"MKD", REPEAT_LOOKED},      {"RMD", REPEAT_LOOKED},      {"DELE", REPEAT_LOOKED},
    {"RNTO", REPEAT_LOOKED},
};

enum repeat repeat_of(const char *line)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t len = strlen(table[i].command);
        if (strncasecmp(line, table[i].command, len) == 0 && (line[len] == ' ' || !line[len]))
            return table[i].repeat;
    }
    return REPEAT_NEVER;
}
