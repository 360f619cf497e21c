/* Files that ftpsh keeps for its user, from one run to the next.
 *
 * They lie in the state folder ($XDG_STATE_HOME/ftpsh, or ~/.local/state/ftpsh) or in that of the
 * configuration ($XDG_CONFIG_HOME/ftpsh, or ~/.config/ftpsh), which has mode 0700 when it was made
 * here; the files have 0600. Neither is used when it belongs to somebody else, or the group or
 * others may write to it. Changes are made under a lock (NAME.lock beside it), to a temporary file
 * (NAME.new) that is then renamed: whoever reads sees the file before or after a change, never
 * between.
 */
#ifndef FTPSH_CMD_OWNFILE_H
#define FTPSH_CMD_OWNFILE_H

#include "base/buf.h"

enum own_folder { OWN_STATE, OWN_CONFIG };

/* What stands behind these bytes in a file was not written by ftpsh, and is not read. */
#define OWN_BYTES_MAX (1024 * 1024)
#define OWN_PATH_BYTES 4200

struct own_file {
    enum own_folder folder;
    const char *name; /* no more than 64 bytes */
};

/* Where it is; "" when the environment tells no home. Returns dst. */
const char *own_path(const struct own_file *f, char *dst, size_t size);

/* Puts what it holds into `text`, which is made here and the caller's to clear, whatever happens;
 * one that does not exist holds nothing. -1 with ERR_LOCAL: not ours, or not readable. */
int own_load(const struct own_file *f, struct buf *text, struct err *err);

/* Opens one that people write themselves: it may be a symbolic link to a file of theirs or of the
 * system's, and its folder may be anybody's. A descriptor; -1 with ERR_LOCAL, whose `sys` is ENOENT
 * where there is none. */
int own_open(const struct own_file *f, struct err *err);

/* Appends what a descriptor of such a file holds, up to OWN_BYTES_MAX and less than 16 KiB more;
 * `path` is for messages. -1 with ERR_LOCAL. */
int own_read(int fd, const char *path, struct buf *text, struct err *err);

/* From what the file holds to what it is to hold: 1 where that is to be written, 0 where the file
 * stays as it is, -1 with err. */
typedef int (*own_change_fn)(void *ctx, const struct buf *before, struct buf *after,
                             struct err *err);

/* Lets `change` work on it; makes the folder when it is missing. -1 with what `change` gave, or
 * ERR_LOCAL when there is no place for it, it is not ours, cannot be written, or is locked by
 * another for more than half a second. */
int own_change(const struct own_file *f, own_change_fn change, void *ctx, struct err *err);

#endif
