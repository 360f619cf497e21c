#include "texteditor.h"

#include "child.h"
#include "localtree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int scratch_make(char path[SCRATCH_BYTES], struct err *err)
{
    static const char template[] = "/ftpsh-edit.XXXXXX";
    const char *set = getenv("TMPDIR");
    const char *above =
        set && set[0] == '/' && strlen(set) < SCRATCH_BYTES - sizeof template ? set : "/tmp";
    snprintf(path, SCRATCH_BYTES, "%s%s", above, template);
    if (mkdtemp(path))
        return 0;
    return err_set_sys(err, ERR_LOCAL, errno, "cannot make a folder in %s", above);
}

void scratch_remove(const char *path)
{
    localtree_remove(path, true, NULL, NULL);
}

static const char *find_editor(void)
{
    static const char *const names[] = {"VISUAL", "EDITOR"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? "vi" : NULL;
}

/* The variable's value is a shell's words, "code --wait"; the path is none. Ctrl-C is the editor's
 * alone: a shell without the trap would end itself for it. */
int text_edit(struct app *app, const char *path, struct err *err)
{
    const char *editor = find_editor();
    char command[2048];
    struct child c;
    int status;
    if (!editor)
        return err_set(err, ERR_USAGE, "no terminal for an editor, and EDITOR names none");
    if (snprintf(command, sizeof command, "trap : INT; %s \"$@\"", editor) >= (int) sizeof command)
        return err_set(err, ERR_USAGE, "the name of the editor is too long");
    const char *argv[] = {"sh", "-c", command, editor, path, NULL};
    progress_hide(&app->bar);
    fflush(app->out);
    if (child_start(&c, argv, STDIN_FILENO, STDOUT_FILENO, err) < 0 ||
        child_wait(&c, &app->wait, &status, err) < 0)
        return -1;
    return child_check(editor, status, err);
}
