/* Passwords stay out of the process list, of the environment and of core dumps. */
#ifndef FTPSH_CMD_SECRECY_H
#define FTPSH_CMD_SECRECY_H

#include "base/err.h"

#include <stdbool.h>

/* From now on the process leaves no core, and where the system can do that (Linux: PR_SET_DUMPABLE)
 * no other process of the same user can look into its memory. */
void secrecy_forbid_cores(void);

/* The words of the command line, as they were given. */
struct secret_words {
    int argc;
    char **argv;    /* NULL behind the last; the pointers may be moved */
    bool cut;       /* the process's own held what looks like a password */
    char **store;   /* where the words begin */
    char *password; /* what FTPSH_PASSWORD held; NULL: there was none */
};

/* Takes FTPSH_PASSWORD out of the environment, so that no program which is started inherits it,
 * copies argv, and cuts out of argv itself what looks like a password: what stands between "user:"
 * and "@" of a word, also inside a list of commands, and what follows PASS, ACCT, SITE PSWD and
 * `user NAME`, in their word too. Rather too much is cut than too little: nothing but `ps` reads
 * argv afterwards. -1 with ERR_LOCAL: out of memory, and the passwords are cut all the same. */
int secrecy_take_words(int argc, char **argv, struct secret_words *out, struct err *err);

/* The first `n` words have been read, and are wiped. */
void secrecy_forget_words(struct secret_words *w, int n);

/* Wipes the copies. */
void secrecy_clear(struct secret_words *w);

/* The cutting alone, pure: of a word, or of a list of commands. True when there was something. */
bool secrecy_cut_word(char *word);
bool secrecy_cut_list(char *list);

#endif
