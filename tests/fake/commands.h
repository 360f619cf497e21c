/* The handlers behind the table in session.c. `arg` is never NULL. */
#ifndef FAKE_COMMANDS_H
#define FAKE_COMMANDS_H

#include "session.h"

/* login.c */
void cmd_user(struct session *s, const char *arg);
void cmd_pass(struct session *s, const char *arg);
void cmd_acct(struct session *s, const char *arg);
void cmd_quit(struct session *s, const char *arg);
void cmd_auth(struct session *s, const char *arg);
void cmd_pbsz(struct session *s, const char *arg);
void cmd_prot(struct session *s, const char *arg);
void cmd_sscn(struct session *s, const char *arg);
void cmd_ccc(struct session *s, const char *arg);
void cmd_feat(struct session *s, const char *arg);
void cmd_opts(struct session *s, const char *arg);
void cmd_syst(struct session *s, const char *arg);
void cmd_type(struct session *s, const char *arg);
void cmd_mode(struct session *s, const char *arg);
void cmd_stru(struct session *s, const char *arg);
void cmd_noop(struct session *s, const char *arg);

/* files.c */
void cmd_pwd(struct session *s, const char *arg);
void cmd_cwd(struct session *s, const char *arg);
void cmd_cdup(struct session *s, const char *arg);
void cmd_mkd(struct session *s, const char *arg);
void cmd_rmd(struct session *s, const char *arg);
void cmd_dele(struct session *s, const char *arg);
void cmd_rnfr(struct session *s, const char *arg);
void cmd_rnto(struct session *s, const char *arg);
void cmd_size(struct session *s, const char *arg);
void cmd_mdtm(struct session *s, const char *arg);
void cmd_mfmt(struct session *s, const char *arg);
void cmd_mlst(struct session *s, const char *arg);
void cmd_stat(struct session *s, const char *arg);
void cmd_site(struct session *s, const char *arg);

/* digest.c: commands of the quirk "digest", which are in no table */
bool digest_offered(const struct session *s, const char *command);
void digest_command(struct session *s, const char *verb, const char *arg);
/* Their lines for FEAT; returns the length. */
size_t digest_features(const struct session *s, char *text, size_t size);
/* OPTS HASH: true when it has replied. */
bool digest_select(struct session *s, const char *name);

/* data.c */
void cmd_pret(struct session *s, const char *arg);
void cmd_cpsv(struct session *s, const char *arg);
void cmd_pasv(struct session *s, const char *arg);
void cmd_epsv(struct session *s, const char *arg);
void cmd_port(struct session *s, const char *arg);
void cmd_eprt(struct session *s, const char *arg);

/* transfer.c */
void cmd_rest(struct session *s, const char *arg);
void cmd_retr(struct session *s, const char *arg);
void cmd_stor(struct session *s, const char *arg);
void cmd_appe(struct session *s, const char *arg);
void cmd_list(struct session *s, const char *arg);
void cmd_nlst(struct session *s, const char *arg);
void cmd_mlsd(struct session *s, const char *arg);
void cmd_abor(struct session *s, const char *arg);

#endif
