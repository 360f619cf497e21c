#include "planfile.h"

#include "base/beneath.h"
#include "base/escape.h"
#include "jsonout.h"
#include "xfer/part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PLAN_VERSION = 1, PLAN_LINE_MAX = 64 * 1024 };

/* ---- out ---- */

/* key, and key_hex where the text is no UTF-8 and would be lost. */
static void set_text(json_t *o, const char *key, const char *text)
{
    char name[32], hex[2 * PATH_BYTES + 1];
    json_t *plain = json_string(text);
    if (plain) {
        json_object_set_new(o, key, plain);
        return;
    }
    size_t len = strnlen(text, PATH_BYTES);
    for (size_t i = 0; i < len; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned) (unsigned char) text[i]);
    hex[2 * len] = '\0';
    snprintf(name, sizeof name, "%s_hex", key);
    json_object_set_new(o, key, json_text(text));
    json_object_set_new(o, name, json_string(hex));
}

static void set_time(json_t *o, const char *key, int64_t mtime)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t) mtime;
    if (mtime != LISTING_UNKNOWN && gmtime_r(&t, &tm) &&
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
        json_object_set_new(o, key, json_string(text));
}

static void set_size(json_t *o, const char *key, int64_t size)
{
    if (size != LISTING_UNKNOWN)
        json_object_set_new(o, key, json_integer(size));
}

json_t *plan_header_json(const struct plan_roots *roots)
{
    json_t *o = json_pack("{s:i, s:s}", "mirror", PLAN_VERSION, "direction",
                          roots->upload ? "upload" : "download");
    if (o) {
        set_text(o, "source", roots->upload ? roots->local : roots->remote);
        set_text(o, "target", roots->upload ? roots->remote : roots->local);
        if (roots->follow)
            json_object_set_new(o, "links", json_string("follow"));
    }
    return o;
}

json_t *plan_action_json(const struct plan *p, const struct action *a)
{
    char mode[8];
    json_t *o = json_pack("{s:s}", "action", action_name((enum action_kind) a->kind));
    json_t *there = json_pack("{s:s}", "type", there_name((enum there) a->there));
    if (!o || !there) {
        json_decref(o);
        json_decref(there);
        return NULL;
    }
    set_text(o, "path", plan_path(p, a));
    json_object_set_new(o, "reason",
                        json_string(action_reason_name((enum action_reason) a->reason)));
    set_size(o, "size", a->size);
    set_time(o, "mtime", a->mtime);
    if (a->mtime != LISTING_UNKNOWN && a->precision != 1)
        json_object_set_new(o, "precision", json_integer(a->precision));
    if (a->mode != LISTING_UNKNOWN) {
        snprintf(mode, sizeof mode, "%04o", (unsigned) a->mode & 07777);
        json_object_set_new(o, "mode", json_string(mode));
    }
    if (a->kind == ACTION_LINK)
        set_text(o, "target", plan_target(p, a));
    if (a->top > 0)
        json_object_set_new(o, "lacking", json_integer(a->top));
    if (a->follow)
        json_object_set_new(o, "follow", json_true());
    set_size(there, "size", a->there_size);
    set_time(there, "mtime", a->there_mtime);
    json_object_set_new(o, "there", there);
    return o;
}

void plan_print(FILE *out, const struct plan *p, bool at_terminal)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct action *a = &p->list[i];
        const char *path = plan_path(p, a);
        char safe[4 * PATH_BYTES + 8] = "";
        if (at_terminal) {
            escape_text(safe, sizeof safe, path, strlen(path));
            path = safe;
        }
        fprintf(out, "%-6s  %s  (%s)\n", action_name((enum action_kind) a->kind),
                *path ? path : ".", action_reason_text((enum action_reason) a->reason));
    }
}

/* ---- in ---- */

/* How a line is wrong: a name for the person, NULL when it is right. */
typedef const char *complaint;

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static complaint get_text(const json_t *o, const char *key, char *dst, size_t size)
{
    char name[32];
    snprintf(name, sizeof name, "%s_hex", key);
    const char *text = json_string_value(json_object_get(o, key));
    const char *hex = json_string_value(json_object_get(o, name));
    size_t n = hex ? strlen(hex) / 2 : text ? strlen(text) : 0;
    if (!text || n >= size || (hex && strlen(hex) % 2))
        return key;
    for (size_t i = 0; hex && i < n; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return key;
        dst[i] = (char) (16 * high + low);
    }
    if (!hex)
        memcpy(dst, text, n);
    dst[n] = '\0';
    return NULL;
}

static complaint get_time(const json_t *o, const char *key, int64_t *out)
{
    char plain[16];
    size_t n = 0;
    const json_t *value = json_object_get(o, key);
    const char *text = json_string_value(value);
    *out = LISTING_UNKNOWN;
    if (!value)
        return NULL;
    if (!text || strlen(text) != strlen("2026-01-31T00:00:00Z"))
        return key;
    for (; *text && n < sizeof plain; text++) {
        if (*text >= '0' && *text <= '9')
            plain[n++] = *text;
    }
    return ftptime_parse(plain, n, out, NULL) < 0 ? key : NULL;
}

static complaint get_number(const json_t *o, const char *key, int64_t max, int64_t *out)
{
    const json_t *value = json_object_get(o, key);
    if (!value)
        return NULL;
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > max)
        return key;
    *out = json_integer_value(value);
    return NULL;
}

static complaint get_mode(const json_t *o, struct action *a)
{
    const json_t *value = json_object_get(o, "mode");
    const char *text = json_string_value(value);
    a->mode = LISTING_UNKNOWN;
    if (!value)
        return NULL;
    if (!text || strlen(text) != 4 || strspn(text, "01234567") != 4)
        return "mode";
    a->mode = (int16_t) strtol(text, NULL, 8);
    return NULL;
}

static complaint get_there(const json_t *o, struct action *a)
{
    const json_t *there = json_object_get(o, "there");
    const char *type = json_string_value(json_object_get(there, "type"));
    int found = type ? there_find(type) : -1;
    if (found < 0)
        return "there";
    a->there = (uint8_t) found;
    a->there_size = LISTING_UNKNOWN;
    complaint wrong = get_number(there, "size", INT64_MAX, &a->there_size);
    return wrong ? wrong : get_time(there, "mtime", &a->there_mtime);
}

/* What a plan of this direction can hold. */
static bool fits(const struct action *a, bool upload)
{
    switch ((enum action_kind) a->kind) {
    case ACTION_PUT:
        return upload;
    case ACTION_MKDIR:
    case ACTION_DELETE:
    case ACTION_RMDIR:
    case ACTION_CLEAN:
    case ACTION_SKIP:
        return true;
    case ACTION_CHMOD:
        return a->mode != LISTING_UNKNOWN;
    case ACTION_UTIME:
        return !upload && a->mtime != LISTING_UNKNOWN;
    default:
        return !upload;
    }
}

/* Part files may be asked for by the name of what they are the beginning of. */
static complaint check_clean(const struct action *a, const char *path, bool upload)
{
    const char *name = path_last(path);
    bool part = a->there == THERE_FILE && plan_is_part(name);
    bool asked = part && !upload && a->top == strlen(path) - strlen(PART_SUFFIX);
    bool ours = a->there == THERE_DIR ? upload && plan_is_probe(name)
                                      : part || (a->there == THERE_FILE && plan_is_temp(name));
    return !ours ? "path" : a->top != 0 && !asked ? "lacking" : NULL;
}

static complaint check_deletion(const struct action *a, const char *path, bool upload)
{
    bool removal = a->kind == ACTION_DELETE || a->kind == ACTION_RMDIR;
    bool extra = removal && a->reason == REASON_EXTRA;
    if (a->kind == ACTION_CLEAN)
        return check_clean(a, path, upload);
    if (removal && !extra && a->reason != REASON_CONFLICT)
        return "reason";
    if (a->kind == ACTION_RMDIR ? a->there != THERE_DIR
                                : removal && a->there != THERE_FILE && a->there != THERE_LINK)
        return "there";
    size_t len = strlen(path);
    bool whole = a->top == len || (a->top < len && path[a->top] == '/');
    return extra ? (a->top > 0 && whole ? NULL : "lacking") : (a->top == 0 ? NULL : "lacking");
}

static size_t depth_of(const char *path)
{
    size_t depth = 0;
    for (; *path; path++)
        depth += *path == '/';
    return depth;
}

static complaint read_action(const json_t *o, bool upload, struct action *a, char path[PATH_BYTES],
                             char target[PATH_BYTES])
{
    const char *kind = json_string_value(json_object_get(o, "action"));
    const char *reason = json_string_value(json_object_get(o, "reason"));
    int64_t precision = 1, top = 0;
    int k = kind ? action_find(kind) : -1, r = reason ? action_reason_find(reason) : -1;
    complaint wrong = k < 0 ? "action" : r < 0 ? "reason" : NULL;
    *a = (struct action){.kind = (uint8_t) k, .reason = (uint8_t) r, .size = LISTING_UNKNOWN};
    target[0] = '\0';
    if (wrong || k == ACTION_SKIP)
        return wrong;
    if ((wrong = get_text(o, "path", path, PATH_BYTES)) || !beneath_valid(path))
        return "path";
    if ((wrong = get_number(o, "size", INT64_MAX, &a->size)) ||
        (wrong = get_time(o, "mtime", &a->mtime)) ||
        (wrong = get_number(o, "precision", 86400, &precision)) ||
        (wrong = get_number(o, "lacking", PATH_BYTES, &top)) || (wrong = get_mode(o, a)) ||
        (wrong = get_there(o, a)))
        return wrong;
    a->precision = (int32_t) precision;
    a->top = (uint32_t) top;
    a->follow = upload && json_is_true(json_object_get(o, "follow"));
    if (k == ACTION_LINK && ((wrong = get_text(o, "target", target, PATH_BYTES)) ||
                             !link_stays_inside(target, depth_of(path))))
        return "target";
    return fits(a, upload) ? check_deletion(a, path, upload) : "action";
}

static complaint read_header(const json_t *o, struct plan_roots *roots)
{
    const char *direction = json_string_value(json_object_get(o, "direction"));
    const json_t *links = json_object_get(o, "links");
    if (json_integer_value(json_object_get(o, "mirror")) != PLAN_VERSION)
        return "mirror";
    if (!direction || (strcmp(direction, "upload") != 0 && strcmp(direction, "download") != 0))
        return "direction";
    if (links && (!json_is_string(links) || strcmp(json_string_value(links), "follow") != 0))
        return "links";
    roots->upload = strcmp(direction, "upload") == 0;
    roots->follow = links != NULL;
    complaint wrong =
        get_text(o, "source", roots->upload ? roots->local : roots->remote, PATH_BYTES);
    return wrong ? wrong
                 : get_text(o, "target", roots->upload ? roots->remote : roots->local, PATH_BYTES);
}

static int read_line(const json_t *o, int number, struct plan_roots *roots, struct plan *p,
                     struct err *err)
{
    struct action a;
    char path[PATH_BYTES], target[PATH_BYTES];
    complaint wrong = NULL;
    if (number == 1) {
        wrong = read_header(o, roots);
    } else if (json_object_get(o, "action")) {
        wrong = read_action(o, roots->upload, &a, path, target);
        if (!wrong && a.kind != ACTION_SKIP)
            return plan_add(p, &a, path, target, err);
    }
    if (wrong)
        return err_set(err, ERR_USAGE, "line %d is no line of a plan: see \"%s\"", number, wrong);
    return 0;
}

int plan_read(FILE *in, struct plan_roots *roots, struct plan *p, struct err *err)
{
    char *line = malloc(PLAN_LINE_MAX);
    int number = 0, rc = line ? 0 : err_set(err, ERR_LOCAL, "out of memory");
    *p = (struct plan){0};
    errno = 0;
    while (rc == 0 && fgets(line, PLAN_LINE_MAX, in)) {
        json_error_t why;
        number++;
        size_t len = strlen(line);
        json_t *o = len > 0 && line[len - 1] == '\n' ? json_loads(line, 0, &why) : NULL;
        rc = json_is_object(o) ? read_line(o, number, roots, p, err)
                               : err_set(err, ERR_USAGE, "line %d is no JSON object", number);
        json_decref(o);
    }
    if (rc == 0 && ferror(in))
        rc = err_set_sys(err, ERR_LOCAL, errno, "cannot read it");
    if (rc == 0 && number == 0)
        rc = err_set(err, ERR_USAGE, "it is empty");
    if (rc == 0)
        plan_sort(p);
    free(line);
    return rc;
}
