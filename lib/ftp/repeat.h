/* What may be done with a command whose reply was lost together with the control connection: nobody
 * knows then whether the server has carried it out. One table; pure. */
#ifndef FTPSH_FTP_REPEAT_H
#define FTPSH_FTP_REPEAT_H

enum repeat {
    REPEAT_SAFE,   /* it is sent again: twice is as good as once, on a session rebuilt as it was */
    REPEAT_SLOW,   /* the same, but not for silence alone: it may be the server's work that takes
                    * its time */
    REPEAT_LOOKED, /* it is looked up what came of it, and sent again where nothing did
                    * (xfer/change.h) */
    REPEAT_NEVER   /* it is reported: twice would be something else, or nobody can tell */
};

/* Of a command line, or as much of it as holds verb and subcommand, in either case. */
enum repeat repeat_of(const char *line);

#endif
