// SPDX-License-Identifier: MIT
//
// Redirections: which descriptor becomes which, for programs and for the shell itself.
//
// A redirection is first opened (high descriptors, nothing changes yet), so that a failure has
// nothing to undo; then it is handed to a program as a table, or applied to the shell and undone
// later.

#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOT_TOUCHED (-2)

void redirection_init(struct redirection *r)
{
    *r = (struct redirection){0};
    for (int i = 0; i < OS_FDS; i++) {
        r->fds[i] = fcntl(i, F_GETFD) >= 0 ? i : -1;
        r->saved[i] = NOT_TOUCHED;
    }
}

void redirection_close(struct redirection *r)
{
    for (size_t i = 0; i < r->opened_count; i++) {
        (void)close(r->opened[i]);
    }
    r->opened_count = 0;
}

// Opens a file to write that must not exist yet, or is no regular file (-C).
static int open_new(const char *path)
{
    struct stat st;
    int fd = os_open(path, O_WRONLY | O_CREAT | O_EXCL);

    if (fd != -EEXIST) {
        return fd;
    }
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        return -EEXIST;
    }
    return os_open(path, O_WRONLY);
}

static int open_file(struct shell *sh, enum redirect_kind kind, const char *path)
{
    switch (kind) {
    case REDIRECT_READ: return os_open(path, O_RDONLY);
    case REDIRECT_APPEND: return os_open(path, O_WRONLY | O_CREAT | O_APPEND);
    case REDIRECT_READ_WRITE: return os_open(path, O_RDWR | O_CREAT);
    case REDIRECT_WRITE:
        if (sh->options.no_clobber) {
            return open_new(path);
        }
        break;
    default: break;
    }
    return os_open(path, O_WRONLY | O_CREAT | O_TRUNC);
}

// n>&word
static bool open_duplicate(struct shell *sh, struct redirection *r, const struct redirect *what,
                           const char *word)
{
    int source;
    int copy;

    if (strcmp(word, "-") == 0) {
        r->fds[what->fd] = -1;
        return true;
    }
    source = word[0] >= '0' && word[0] <= '9' && word[1] == '\0' ? r->fds[word[0] - '0'] : -1;
    if (source < 0) {
        shell_error(sh, "%s: bad file descriptor", word);
        return false;
    }
    // A copy of its own: the order in which the table is put into force does not matter then.
    copy = os_duplicate(source);
    if (copy < 0) {
        shell_error(sh, "%s: %s", word, strerror(-copy));
        return false;
    }
    r->opened[r->opened_count++] = copy;
    r->fds[what->fd] = copy;
    return true;
}

static bool open_one(struct shell *sh, struct redirection *r, const struct redirect *what)
{
    struct expand_env env;
    struct str word = {0};
    bool good;
    int fd;

    expand_env_init(sh, &env);
    sh->line = what->line;
    good = expand_text(&env, what->word, false, &word);
    if (good && what->kind == REDIRECT_DUPLICATE) {
        good = open_duplicate(sh, r, what, str_text(&word));
    } else if (good) {
        fd = what->kind == REDIRECT_HERE ? os_text_file(str_text(&word), word.size)
                                         : open_file(sh, what->kind, str_text(&word));
        if (fd < 0) {
            shell_error(sh, "%s: %s", what->kind == REDIRECT_HERE ? "<<" : str_text(&word),
                        fd == -EEXIST ? "file exists (set -C)" : strerror(-fd));
            good = false;
        } else {
            r->opened[r->opened_count++] = fd;
            r->fds[what->fd] = fd;
        }
    }
    str_free(&word);
    return good;
}

bool redirection_open(struct shell *sh, struct redirection *r, const struct redirect *list)
{
    for (const struct redirect *what = list; what != NULL; what = what->next) {
        if (r->opened_count == sizeof(r->opened) / sizeof(r->opened[0])) {
            shell_error(sh, "too many redirections");
            redirection_close(r);
            return false;
        }
        if (!open_one(sh, r, what)) {
            redirection_close(r);
            return false;
        }
    }
    return true;
}

bool redirection_apply(struct shell *sh, struct redirection *r)
{
    for (int i = 0; i < OS_FDS; i++) {
        int saved;

        if (r->fds[i] == i || (r->fds[i] < 0 && fcntl(i, F_GETFD) < 0)) {
            continue;
        }
        saved = os_duplicate(i);
        if (saved < 0 && saved != -EBADF) {
            shell_error(sh, "%d: %s", i, strerror(-saved));
            redirection_undo(r);
            redirection_close(r);
            return false;
        }
        r->saved[i] = saved < 0 ? -1 : saved;
        if (r->fds[i] < 0) {
            (void)close(i);
        } else if (dup2(r->fds[i], i) < 0) {
            shell_error(sh, "%d: %s", i, strerror(errno));
            redirection_undo(r);
            redirection_close(r);
            return false;
        }
    }
    return true;
}

void redirection_undo(struct redirection *r)
{
    for (int i = 0; i < OS_FDS; i++) {
        if (r->saved[i] == NOT_TOUCHED) {
            continue;
        }
        if (r->saved[i] < 0) {
            (void)close(i);
        } else {
            (void)dup2(r->saved[i], i);
            (void)close(r->saved[i]);
        }
        r->saved[i] = NOT_TOUCHED;
    }
}
