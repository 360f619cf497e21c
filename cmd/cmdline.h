/* The options on the command line: reading them, and showing what there are. */
#ifndef FTPSH_CMD_CMDLINE_H
#define FTPSH_CMD_CMDLINE_H

#include "layers.h"

#include <stdio.h>

/* Reads options up to the first word that is none, or behind "--", into LAYER_OPTION; *next is its
 * index. 0, or -1 with ERR_USAGE naming the option, with the nearest name where one is near. */
int options_parse(struct layers *l, int argc, char **argv, int *next, struct err *err);

/* The part of --help that the table yields. */
void options_print(FILE *out);

#endif
