/* A tree of files as a listing or a disk showed it: compact, since a mirror holds two of them.
 *
 * Nodes are numbered; TREE_ROOT is the folder that was asked for. The entries of a folder come in
 * one go (struct tree_batch) and lie side by side, sorted by the bytes of their names.
 * A name in a tree is a single path component (path_is_single()) without line breaks, and there
 * once in its folder; what was not so stands in the list of the refused. Not locked: whoever shares
 * a tree between threads does that.
 */
#ifndef FTPSH_XFER_TREE_H
#define FTPSH_XFER_TREE_H

#include "ftp/listing.h"
#include "ftp/path.h"

#include <stddef.h>

#define TREE_ROOT 0
#define TREE_NONE UINT32_MAX
#define TREE_DEPTH_MAX 128 /* folders in folders; deeper ones are refused */

/* What is known of a folder's entries. */
enum folder_state {
    FOLDER_UNREAD,  /* not listed (yet) */
    FOLDER_FAILED,  /* its listing failed */
    FOLDER_LOOP,    /* it is one of those that it lies in, shown once more: not listed again */
    FOLDER_REFUSED, /* the server does not list it, as if it were empty; it may not be */
    FOLDER_PARTIAL, /* some of its entries are there: never a reason to delete anything */
    FOLDER_COMPLETE,
};

struct tree_node {
    int64_t size, mtime;   /* as in struct entry */
    uint32_t name, target; /* of a link; of a folder, its unique fact */
    uint32_t parent;
    uint32_t first, count; /* its entries, for a folder */
    int32_t precision;     /* of mtime, in seconds */
    int16_t mode;
    uint8_t type;  /* enum entry_type */
    uint8_t state; /* enum folder_state; of a link that cannot be followed: enum action_reason */
    bool hides;    /* a folder with entries that were left out on purpose */
    bool own;      /* a file of the mirror itself (xfer/own.h) */
    bool followed; /* it is a link that was followed to what it names */
};

/* Why a name did not become a node. */
enum refusal { REFUSED_NAME, REFUSED_TWICE, REFUSED_LONG, REFUSED_DEEP };

struct tree_refusal {
    uint32_t folder, name;
    enum refusal why;
};

struct tree {
    struct tree_node *nodes;
    size_t n, room;
    struct tree_refusal *refused;
    size_t n_refused, refused_room;
    char *text; /* all names, NUL behind each; "" first */
    size_t text_len, text_room;
};

/* With a root that is not listed yet. -1 with ERR_LOCAL. */
int tree_init(struct tree *t, struct err *err);
void tree_clear(struct tree *t);

/* The entries of one folder while they come in. Zero is an empty one. */
struct tree_batch {
    struct tree_node *nodes;
    size_t n, room;
    char *text;
    size_t text_len, text_room;
    bool hides;
};

/* Notes an entry, whatever its name, with the unique fact of a folder. Its times are to be taken
 * for exact to `precision` seconds. Returns its place in `nodes`, or -1 with ERR_LOCAL. */
int64_t tree_batch_add(struct tree_batch *b, const struct entry *e, int32_t precision,
                       struct err *err);
void tree_batch_clear(struct tree_batch *b);

/* Makes them the entries of `folder`, which had none, and clears the batch: sorted, names checked.
 * A refused name makes the listing no less complete: `state` is the caller's to say. -1 with
 * ERR_LOCAL. */
int tree_adopt(struct tree *t, uint32_t folder, struct tree_batch *b, enum folder_state state,
               struct err *err);

const char *tree_name(const struct tree *t, uint32_t node);
const char *tree_target(const struct tree *t, uint32_t node); /* "": unknown */
const char *tree_unique(const struct tree *t, uint32_t node); /* of a folder; "": unknown */
size_t tree_depth(const struct tree *t, uint32_t node);       /* 0: the root */

/* Whether a folder is one of those that it lies in, by their unique facts. */
bool tree_is_loop(const struct tree *t, uint32_t node);

/* The root's unique fact. -1 with ERR_LOCAL. */
int tree_set_unique(struct tree *t, const char *unique, struct err *err);

/* The entry of `folder` by its name; TREE_NONE. */
uint32_t tree_find(const struct tree *t, uint32_t folder, const char *name);

/* From below the root ("a/b"; "" for the root itself). -1 with ERR_LOCAL: it does not fit. */
int tree_path(const struct tree *t, uint32_t node, char dst[PATH_BYTES], struct err *err);

/* For others that keep many names in one block: puts text and its NUL behind what is there and
 * tells where, in *at. -1 with ERR_LOCAL (out of memory, or more than 4 GiB). */
int text_keep(char **text, size_t *len, size_t *room, const char *add, uint32_t *at,
              struct err *err);

#endif
