#include "listing.h"
#include "file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void format_mode(mode_t mode, char out[11])
{
    static const char letters[] = "rwxrwxrwx";
    out[0] = S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : '-';
    for (int i = 0; i < 9; i++)
        out[1 + i] = mode & (0400U >> i) ? letters[i] : '-';
    out[10] = '\0';
}

/* As ls does: the time of day for the last half year, else the year. */
static void format_date(time_t when, char *out, size_t size)
{
    struct tm tm;
    time_t now = time(NULL);
    gmtime_r(&when, &tm);
    bool recent = when <= now && now - when < 15552000;
    strftime(out, size, recent ? "%b %e %H:%M" : "%b %e  %Y", &tm);
}

static void list_line(FILE *f, int dir, const char *name, const struct stat *st)
{
    char mode[11], date[32], target[FILE_PATH];
    format_mode(st->st_mode, mode);
    format_date(st->st_mtime, date, sizeof date);
    fprintf(f, "%s %3lu %-8lu %-8lu %12lld %s %s", mode, (unsigned long) st->st_nlink,
            (unsigned long) st->st_uid, (unsigned long) st->st_gid, (long long) st->st_size, date,
            name);
    ssize_t n = S_ISLNK(st->st_mode) ? readlinkat(dir, name, target, sizeof target) : -1;
    if (n > 0)
        fprintf(f, " -> %.*s", (int) n, target);
}

static void facts_line(FILE *f, int dir, const char *name, const struct stat *st)
{
    char when[16], target[FILE_PATH];
    const char *type = S_ISREG(st->st_mode)   ? "file"
                       : S_ISDIR(st->st_mode) ? "dir"
                       : S_ISLNK(st->st_mode) ? "OS.unix=symlink"
                                              : "OS.unix=special";
    file_time_format(st->st_mtime, when);
    ssize_t n = S_ISLNK(st->st_mode) ? readlinkat(dir, name, target, sizeof target) : -1;
    if (n > 0)
        fprintf(f, "type=OS.unix=slink:%.*s;", (int) n, target);
    else
        fprintf(f, "type=%s;", type);
    if (!S_ISDIR(st->st_mode))
        fprintf(f, "size=%lld;", (long long) st->st_size);
    fprintf(f, "modify=%s;UNIX.mode=%04o;UNIX.owner=%lu;UNIX.group=%lu; %s", when,
            (unsigned) st->st_mode & 07777, (unsigned long) st->st_uid, (unsigned long) st->st_gid,
            name);
}

void listing_line(FILE *f, enum listing_style style, int dir, const char *name,
                  const struct stat *st)
{
    if (style == STYLE_LIST)
        list_line(f, dir, name, st);
    else if (style == STYLE_MLSD)
        facts_line(f, dir, name, st);
    else
        fputs(name, f);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static char **read_names(DIR *dir, size_t *n)
{
    char **names = NULL;
    size_t cap = 0;
    struct dirent *e;
    *n = 0;
    while ((e = readdir(dir))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (*n == cap) {
            char **more = realloc(names, (cap = cap * 2 + 16) * sizeof *names);
            if (!more)
                break;
            names = more;
        }
        if (!(names[*n] = strdup(e->d_name)))
            break;
        ++*n;
    }
    if (names)
        qsort(names, *n, sizeof *names, compare_names);
    return names;
}

static void forged_lines(FILE *f, enum listing_style style, const struct quirks *q)
{
    static const char *const escapes[] = {"evil\033[31mred\033]0;title\007name", NULL};
    static const char *const hostile[] = {
        "../outside", "/etc/outside", "a/../../outside", "a/b", ".", "..", NULL};
    struct stat st = {.st_mode = S_IFREG | 0644, .st_nlink = 1, .st_size = 4};
    for (int i = 0; quirk_on(q, QUIRK_ESCAPES) && escapes[i]; i++) {
        listing_line(f, style, -1, escapes[i], &st);
        fputs("\r\n", f);
    }
    if (quirk_on(q, QUIRK_EMPTY_NAME)) {
        listing_line(f, style, -1, "", &st);
        fputs("\r\n", f);
    }
    for (int i = 0; quirk_on(q, QUIRK_DOT_NAMES) && hostile[i]; i++) {
        listing_line(f, style, -1, hostile[i], &st);
        fputs("\r\n", f);
    }
}

static void link_line(FILE *f, enum listing_style style, const char *name)
{
    if (style == STYLE_LIST)
        fprintf(f, "lrwxrwxrwx 1 0 0 4 Jan  1  2020 %s -> /etc\r\n", name);
    else if (style == STYLE_MLSD)
        fprintf(f, "type=OS.unix=slink:/etc;modify=20200101000000; %s\r\n", name);
    else
        fprintf(f, "%s\r\n", name);
}

/* A fact of its own in front of the others: their order means nothing. */
void listing_unique(FILE *f, const struct quirks *q, const struct stat *st)
{
    if (quirk_on(q, QUIRK_LOOP))
        fprintf(f, "unique=%llx;", (unsigned long long) st->st_ino);
}

static void loop_line(FILE *f, int dir, enum listing_style style, const struct quirks *q)
{
    struct stat st;
    if (fstat(dir, &st) < 0)
        return;
    if (style == STYLE_MLSD)
        listing_unique(f, q, &st);
    listing_line(f, style, dir, q->value[QUIRK_LOOP].text, &st);
    fputs("\r\n", f);
}

/* Without the components that are the folder itself. */
static void leave_loops(const char *path, const char *name, char dst[FILE_PATH])
{
    size_t len = 0, n = strlen(name);
    while (*path) {
        size_t part = strspn(path, "/");
        part += strcspn(path + part, "/");
        size_t slashes = strspn(path, "/");
        bool loop = part - slashes == n && memcmp(path + slashes, name, n) == 0;
        if (!loop && len + part < FILE_PATH) {
            memcpy(dst + len, path, part);
            len += part;
        }
        path += part;
    }
    snprintf(dst + len, FILE_PATH - len, "%s", len == 0 ? "/" : "");
}

int listing_endless(int64_t folders, enum listing_style style, char **text, size_t *len)
{
    struct stat st = {.st_mode = S_IFDIR | 0755, .st_nlink = 2};
    FILE *f = open_memstream(text, len);
    for (int64_t i = 0; f && i < folders; i++) {
        char name[24];
        snprintf(name, sizeof name, "d%lld", (long long) i);
        listing_line(f, style, -1, name, &st);
        fputs("\r\n", f);
    }
    return f && fclose(f) == 0 ? 0 : -1;
}

size_t listing_numbered(char *dst, size_t size, enum listing_style style, int64_t number)
{
    int n;
    long long i = number;
    if (style == STYLE_LIST)
        n = snprintf(dst, size, "-rw-r--r-- 1 1000 1000 12 Jan 10  2024 entry-%07lld\r\n", i);
    else if (style == STYLE_MLSD)
        n = snprintf(dst, size, "type=file;size=12;modify=20240110121530; entry-%07lld\r\n", i);
    else
        n = snprintf(dst, size, "entry-%07lld\r\n", i);
    return n > 0 && (size_t) n < size ? (size_t) n : 0;
}

/* Entries, with the times of LIST in the server's own zone. */
static void entry_line(FILE *f, enum listing_style style, const struct quirks *q, int dir,
                       const char *name, struct stat *st)
{
    if (style == STYLE_LIST)
        st->st_mtime += (time_t) q->value[QUIRK_LIST_ZONE].number * 60;
    if (style == STYLE_MLSD)
        listing_unique(f, q, st);
    listing_line(f, style, dir, name, st);
    fputs("\r\n", f);
}

static void list_folder(FILE *f, DIR *dir, enum listing_style style, const struct quirks *q,
                        bool *empty)
{
    size_t n;
    char **names = read_names(dir, &n);
    *empty = n == 0;
    for (size_t i = 0; i < n; i++) {
        struct stat st;
        if (fstatat(dirfd(dir), names[i], &st, AT_SYMLINK_NOFOLLOW) == 0) {
            entry_line(f, style, q, dirfd(dir), names[i], &st);
        }
        free(names[i]);
    }
    free(names);
}

static int list_file(FILE *f, int root, const char *path, enum listing_style style,
                     const struct quirks *q)
{
    const char *name;
    struct stat st;
    int dir = file_parent(root, path, &name);
    if (dir < 0)
        return -1;
    int rc = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);
    if (rc == 0)
        entry_line(f, style, q, dir, name, &st);
    close(dir);
    return rc;
}

int listing_make(int root, const char *path, enum listing_style style, const struct quirks *q,
                 char **text, size_t *len, bool *empty)
{
    char way[FILE_PATH];
    if (quirk_on(q, QUIRK_LOOP)) {
        leave_loops(path, q->value[QUIRK_LOOP].text, way);
        path = way;
    }
    int rc = 0, fd = file_open(root, path, O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    *empty = false;
    if (!dir && style == STYLE_MLSD)
        return -1;
    FILE *f = open_memstream(text, len);
    if (f && dir && quirk_on(q, QUIRK_LINK_FIRST))
        link_line(f, style, q->value[QUIRK_LINK_FIRST].text);
    if (f && dir && quirk_on(q, QUIRK_LOOP))
        loop_line(f, dirfd(dir), style, q);
    if (f && dir) {
        list_folder(f, dir, style, q, empty);
        forged_lines(f, style, q);
    } else if (f) {
        rc = list_file(f, root, path, style, q);
    }
    if (dir)
        closedir(dir);
    if (!f || fclose(f) != 0)
        return -1;
    if (rc < 0)
        free(*text);
    return rc;
}
