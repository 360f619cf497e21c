/* The handlers that the command table names; see command_fn in commands.h. */
#ifndef FTPSH_CMD_HANDLERS_H
#define FTPSH_CMD_HANDLERS_H

#include "commands.h"

/* cmd_session.c */
int cmd_open(struct app *app, int argc, char **argv, struct err *err);
int cmd_close(struct app *app, int argc, char **argv, struct err *err);
int cmd_user(struct app *app, int argc, char **argv, struct err *err);
int cmd_status(struct app *app, int argc, char **argv, struct err *err);
int cmd_quit(struct app *app, int argc, char **argv, struct err *err);
int cmd_help(struct app *app, int argc, char **argv, struct err *err);
int cmd_version(struct app *app, int argc, char **argv, struct err *err);

/* cmd_bookmark.c */
int cmd_bookmark(struct app *app, int argc, char **argv, struct err *err);

/* cmd_settings.c */
int cmd_set(struct app *app, int argc, char **argv, struct err *err);
int cmd_unset(struct app *app, int argc, char **argv, struct err *err);

/* cmd_ls.c */
int cmd_ls(struct app *app, int argc, char **argv, struct err *err);

/* cmd_find.c, cmd_du.c, cmd_tree.c */
int cmd_find(struct app *app, int argc, char **argv, struct err *err);
int cmd_du(struct app *app, int argc, char **argv, struct err *err);
int cmd_tree(struct app *app, int argc, char **argv, struct err *err);

/* cmd_browse.c */
int cmd_pwd(struct app *app, int argc, char **argv, struct err *err);
int cmd_cd(struct app *app, int argc, char **argv, struct err *err);
int cmd_cdup(struct app *app, int argc, char **argv, struct err *err);
int cmd_nlist(struct app *app, int argc, char **argv, struct err *err);
int cmd_size(struct app *app, int argc, char **argv, struct err *err);
int cmd_stat(struct app *app, int argc, char **argv, struct err *err);
/* Where one is, here or there: as JSON, escaped for a terminal, or else as it is. */
int print_path(struct app *app, const char *path, struct err *err);

/* cmd_diagnose.c */
int cmd_diagnose(struct app *app, int argc, char **argv, struct err *err);

/* cmd_transfer.c */
int cmd_get(struct app *app, int argc, char **argv, struct err *err);
int cmd_reget(struct app *app, int argc, char **argv, struct err *err);
int cmd_put(struct app *app, int argc, char **argv, struct err *err);
int cmd_reput(struct app *app, int argc, char **argv, struct err *err);
int cmd_mget(struct app *app, int argc, char **argv, struct err *err);
int cmd_mput(struct app *app, int argc, char **argv, struct err *err);
int cmd_append(struct app *app, int argc, char **argv, struct err *err);

/* cmd_show.c */
int cmd_cat(struct app *app, int argc, char **argv, struct err *err);
int cmd_zcat(struct app *app, int argc, char **argv, struct err *err);
int cmd_more(struct app *app, int argc, char **argv, struct err *err);
int cmd_less(struct app *app, int argc, char **argv, struct err *err);
int cmd_verify(struct app *app, int argc, char **argv, struct err *err);
int cmd_checksum(struct app *app, int argc, char **argv, struct err *err);

/* cmd_head.c */
int cmd_head(struct app *app, int argc, char **argv, struct err *err);
int cmd_tail(struct app *app, int argc, char **argv, struct err *err);

/* cmd_edit.c */
int cmd_edit(struct app *app, int argc, char **argv, struct err *err);

/* cmd_fxp.c */
int cmd_fxp(struct app *app, int argc, char **argv, struct err *err);

/* cmd_rm.c */
int cmd_rm(struct app *app, int argc, char **argv, struct err *err);

/* cmd_remote.c */
int cmd_mkdir(struct app *app, int argc, char **argv, struct err *err);
int cmd_rmdir(struct app *app, int argc, char **argv, struct err *err);
int cmd_mv(struct app *app, int argc, char **argv, struct err *err);
int cmd_chmod(struct app *app, int argc, char **argv, struct err *err);
int cmd_quote(struct app *app, int argc, char **argv, struct err *err);
int cmd_site(struct app *app, int argc, char **argv, struct err *err);

/* cmd_mirror.c */
int cmd_mirror(struct app *app, int argc, char **argv, struct err *err);

/* cmd_memory.c */
int cmd_memory(struct app *app, int argc, char **argv, struct err *err);

/* cmd_trust.c */
int cmd_trust(struct app *app, int argc, char **argv, struct err *err);

/* cmd_queue.c */
int cmd_jobs(struct app *app, int argc, char **argv, struct err *err);
int cmd_kill(struct app *app, int argc, char **argv, struct err *err);
int cmd_queue(struct app *app, int argc, char **argv, struct err *err);
int cmd_wait(struct app *app, int argc, char **argv, struct err *err);

/* cmd_history.c */
int cmd_history(struct app *app, int argc, char **argv, struct err *err);

/* cmd_script.c */
int cmd_alias(struct app *app, int argc, char **argv, struct err *err);
int cmd_echo(struct app *app, int argc, char **argv, struct err *err);
int cmd_glob(struct app *app, int argc, char **argv, struct err *err);
int cmd_source(struct app *app, int argc, char **argv, struct err *err);
int cmd_unalias(struct app *app, int argc, char **argv, struct err *err);

/* cmd_local.c */
int cmd_lcd(struct app *app, int argc, char **argv, struct err *err);
int cmd_lpwd(struct app *app, int argc, char **argv, struct err *err);
int cmd_lls(struct app *app, int argc, char **argv, struct err *err);
int cmd_lmkdir(struct app *app, int argc, char **argv, struct err *err);
int cmd_lmv(struct app *app, int argc, char **argv, struct err *err);
int cmd_lrm(struct app *app, int argc, char **argv, struct err *err);
int cmd_shell(struct app *app, int argc, char **argv, struct err *err);

#endif
