/* What a mirror has to do: two trees compared, into a list of actions. Pure.
 *
 * Nothing is deleted in a folder of the target unless the listing of the source's folder is
 * complete, and, without `delete_emptied`, not where that is empty all of a sudden.
 */
#ifndef FTPSH_XFER_PLAN_H
#define FTPSH_XFER_PLAN_H

#include "xfer/tree.h"

/* In the order in which they are done. */
enum action_kind {
    ACTION_CLEAN,  /* remove a part file of ours that nothing will continue, or what a probe left */
    ACTION_DELETE, /* a file or link of the target */
    ACTION_RMDIR,  /* a folder of the target, emptied by deletions before */
    ACTION_MKDIR,
    ACTION_GET,
    ACTION_PUT,
    ACTION_LINK,  /* make a symbolic link, or another one */
    ACTION_CHMOD, /* the mode, as it is to be, of a file whose contents are right */
    ACTION_UTIME, /* time of a file whose contents are right, or of a folder */
    ACTION_SKIP,  /* something a person should know of was not done */
    ACTION_KINDS
};

enum action_reason {
    REASON_NONE,
    REASON_MISSING,  /* the target has none */
    REASON_SIZE,     /* sizes differ */
    REASON_TIME,     /* times differ; for uploads: the source is newer */
    REASON_CONTENTS, /* checksums differ */
    REASON_MODE,
    REASON_TARGET,   /* the link names something else */
    REASON_EXTRA,    /* the source has none */
    REASON_CONFLICT, /* something of another kind is in the way */
    REASON_STALE,    /* a part file that nothing continues */
    /* why something was passed over */
    REASON_LINK,       /* links are not wanted */
    REASON_NO_LINKS,   /* a server cannot be told to make one */
    REASON_OUTSIDE,    /* the link leads out of the tree */
    REASON_LOOP,       /* it leads to a folder that it lies in, or to none that is known */
    REASON_DANGLING,   /* what the link names is not there */
    REASON_SPECIAL,    /* neither file, folder nor link */
    REASON_NAME,       /* a name that cannot be used: refused */
    REASON_COLLISION,  /* the target cannot tell it from another name */
    REASON_PART_NAME,  /* it bears the name of our part files */
    REASON_OTHER_KIND, /* something of another kind is in the way, and nothing is to be deleted */
    REASON_UNREAD,     /* the folder could not be listed */
    REASON_REFUSED,    /* the server refuses to list the folder: empty, or not to be read */
    REASON_PARTIAL,    /* nothing is deleted there, since the source's listing is not complete */
    REASON_EMPTIED,    /* the same, since the source's folder is empty now */
    REASON_HIDES,      /* the folder is kept for what the filters leave out */
    REASON_OWN,        /* it is a file of the mirror itself */
    REASON_TOO_MANY,   /* more deletions than allowed */
    ACTION_REASONS
};

/* Offsets in the plan's text; 0 is "". */
struct action {
    int64_t size, mtime;             /* of the source */
    int64_t there_size, there_mtime; /* of the target as it was; size LISTING_UNKNOWN: unknown */
    uint32_t path, target;           /* below the root; of a link */
    uint32_t top;      /* deletions: length of the part of path that the source lacks, or 0 */
    int32_t precision; /* of mtime, seconds */
    int16_t mode;
    uint16_t wave; /* actions of one wave need nothing of each other */
    uint8_t kind, reason;
    uint8_t there; /* enum there */
    bool follow;   /* the source is a link to it */
};

enum there { THERE_NOTHING, THERE_FILE, THERE_DIR, THERE_LINK, THERE_OTHER };

/* What was found right, for the summary. */
struct plan_counts {
    int64_t same, present, too_old, too_large, links; /* that stay as they are, and why */
    int64_t actions[ACTION_KINDS];
    int64_t bytes;   /* to be moved; unknown sizes apart */
    int64_t refused; /* deletions that the limit refuses */
};

struct plan {
    struct action *list;
    size_t n, room;
    char *text;
    size_t text_len, text_room;
    struct plan_counts counts;
};

enum links { LINKS_COPY, LINKS_FOLLOW, LINKS_SKIP };

/* What an extra comparison found for each node of the source. */
enum pair_result { PAIR_UNKNOWN, PAIR_SAME, PAIR_DIFFERS };

struct plan_options {
    bool upload;
    enum links links;
    bool remove; /* what the source lacks */
    bool delete_emptied;
    bool only_missing, ignore_size, ignore_time;
    bool newer;         /* only what is missing, or newer than what is there */
    bool no_times;      /* copies have the time of their transfer, and so it may be any later one */
    bool selective;     /* folders in which nothing is done are not made */
    bool keep_modes;    /* files get the source's, and the target can keep them */
    int64_t newer_than; /* seconds; LISTING_UNKNOWN: any time */
    int64_t max_size;   /* -1: any */
    int64_t max_delete; /* -1: any number */
    int32_t slack;      /* seconds that times may differ for the target's sake */
    unsigned fold;      /* enum fold: names that the target does not tell apart */
    unsigned umask;
    const uint8_t *compared; /* enum pair_result by node of the source; NULL: none */
};

/* Fills *out, which is cleared by plan_clear() in any case. -1 with ERR_LOCAL. */
int plan_make(const struct tree *source, const struct tree *target, const struct plan_options *o,
              struct plan *out, struct err *err);
void plan_clear(struct plan *p);

/* Adds an action by its path, for a plan that is read: the path, and a link's target, are copied;
 * counts are kept. The wave is set from the kind and the depth. -1 with ERR_LOCAL. */
int plan_add(struct plan *p, const struct action *a, const char *path, const char *target,
             struct err *err);
/* By wave, what was first stays first within one. */
void plan_sort(struct plan *p);

/* True where plan_make() would have both compared by contents: files on both sides, sizes equal. */
bool plan_comparable(const struct tree *source, uint32_t s, const struct tree *target, uint32_t t);

/* Names of ours: the part file of a download, the temporary file of an upload. */
bool plan_is_part(const char *name);
bool plan_is_temp(const char *name);
/* A folder that was made to find out what a server's file system can do, and left behind. */
bool plan_is_probe(const char *name);
/* The name of the file that such a one becomes, or the name itself. Returns dst. */
const char *plan_final_name(const char *name, char dst[PATH_BYTES]);

/* True when a link in a folder so many levels below the root, naming `target`, stays below it,
 * whatever else is a link there. */
bool link_stays_inside(const char *target, size_t depth);

const char *plan_path(const struct plan *p, const struct action *a);
const char *plan_target(const struct plan *p, const struct action *a);

/* True when a time of the source (to `precision` seconds) and one of the target may be the same. */
bool times_agree(int64_t a, int32_t precision_a, int64_t b, int32_t precision_b, int32_t slack);

const char *action_name(enum action_kind k);          /* "get" */
const char *action_reason_name(enum action_reason r); /* "size-differs" */
const char *there_name(enum there t);                 /* "file" */
/* For a person: "sizes differ". */
const char *action_reason_text(enum action_reason r);
/* By name; -1: there is none. */
int action_find(const char *name);
int action_reason_find(const char *name);
int there_find(const char *name);

#endif
