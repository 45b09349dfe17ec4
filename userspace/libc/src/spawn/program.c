// SPDX-License-Identifier: MIT
//
// Finding out what is to be loaded: the file that a path leads to, and behind a script (a file that
// begins with #!) the program that runs it, which may be a script in turn. The first line of a
// script is the absolute path of that program and at most one argument, which may contain blanks.

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawn_impl.h"
#include "vmo_map.h"

#include <zircon/errors.h>
#include <zircon/syscalls.h>

// The status for what open() and its like said.
static zx_status_t status_of(int error)
{
    switch (error) {
    case ENOENT: return ZX_ERR_NOT_FOUND;
    case ENOTDIR: return ZX_ERR_NOT_DIR;
    case EISDIR: return ZX_ERR_NOT_FILE;
    case EACCES: return ZX_ERR_ACCESS_DENIED;
    case ENAMETOOLONG: return ZX_ERR_BAD_PATH;
    case EMFILE: return ZX_ERR_NO_RESOURCES;
    case ENOMEM: return ZX_ERR_NO_MEMORY;
    case ETIMEDOUT: return ZX_ERR_TIMED_OUT;
    default: return ZX_ERR_IO;
    }
}

// Opens a file to be executed.
static zx_status_t open_file(const char *path, zx_handle_t *out, const char **out_reason)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *out_reason = "cannot be opened";
    if (fd < 0) {
        return status_of(errno);
    }
    zx_status_t status = fstat(fd, &info) == 0 ? ZX_OK : status_of(errno);

    if (status == ZX_OK && !S_ISREG(info.st_mode)) {
        *out_reason = "not a regular file";
        status = ZX_ERR_NOT_FILE;
    } else if (status == ZX_OK && (info.st_mode & 0111) == 0) {
        *out_reason = "not executable";
        status = ZX_ERR_ACCESS_DENIED;
    }
    if (status == ZX_OK) {
        int error = __fd_get_vmo(fd, PROT_READ | PROT_EXEC, false, out);

        status = error == 0 ? ZX_OK : status_of(error);
    }
    close(fd);
    return status;
}

// Cuts the first line of a script into *out_program and *out_argument (NULL: none), which lead into
// `line`. ZX_ERR_NOT_FOUND, the status of what is no program: no line end, or no absolute path.
static zx_status_t cut_line(char *line, size_t size, const char **out_program,
                            const char **out_argument, const char **out_reason)
{
    static const char blanks[] = " \t";
    char *end = memchr(line, '\n', size);

    *out_reason = "the first line of the script is too long";
    if (end == NULL && size > SPAWN_SCRIPT_LINE) {
        return ZX_ERR_NOT_FOUND;
    }
    // A file may end without a newline.
    end = end != NULL ? end : line + size;
    *end = '\0';
    while (end > line && strchr(blanks, end[-1]) != NULL) {
        *--end = '\0';
    }
    char *program = line + 2 + strspn(line + 2, blanks);
    char *argument = program + strcspn(program, blanks);

    *out_reason = "the script does not name an absolute path";
    if (program[0] != '/') {
        return ZX_ERR_NOT_FOUND;
    }
    *out_argument = NULL;
    if (argument[0] != '\0') {
        *argument++ = '\0';
        *out_argument = argument + strspn(argument, blanks);
    }
    *out_program = program;
    return ZX_OK;
}

// Puts the script's program and argument in front of argv; the script itself is called by its path,
// if it has one.
static zx_status_t prepend(struct spawn_program *program, const char *path, const char *script,
                           const char *argument)
{
    size_t more = argument != NULL ? 2 : 1;
    // A script without any arguments still has its name.
    size_t argc = program->argc != 0 ? program->argc : (path != NULL ? 1 : 0);
    const char **argv = calloc(argc + more + 1, sizeof(*argv));

    if (argv == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    argv[0] = script;
    if (argument != NULL) {
        argv[1] = argument;
    }
    memcpy(argv + more, program->argv, program->argc * sizeof(*argv));
    if (path != NULL) {
        argv[more] = path;
    }
    free(program->argv);
    program->argv = argv;
    program->argc = argc + more;
    return ZX_OK;
}

// Replaces a script by what runs it. *out_again: there was one. `path` is the script's, or NULL.
static zx_status_t follow_script(const char **path, unsigned level, struct spawn_loader *loader,
                                 struct spawn_program *program, enum spawn_stage *stage,
                                 const char **out_reason, bool *out_again)
{
    char line[SPAWN_SCRIPT_LINE + 1]; // with the newline
    const char *script, *argument;
    zx_handle_t file = ZX_HANDLE_INVALID;
    uint64_t size;
    zx_status_t status = zx_vmo_get_size(program->file, &size);

    *out_again = false;
    *out_reason = "cannot be read";
    size = size < sizeof(line) ? size : sizeof(line);
    if (status == ZX_OK) {
        status = zx_vmo_read(program->file, line, 0, (size_t)size);
    }
    if (status != ZX_OK || size < 2 || memcmp(line, "#!", 2) != 0) {
        return status;
    }
    if (level == SPAWN_SCRIPT_LEVELS) {
        *out_reason = "too many scripts that are run by scripts";
        *stage = SPAWN_SCRIPT_DEEP;
        return ZX_ERR_NOT_SUPPORTED;
    }
    char *kept = program->lines[level];

    // The VMO of a short file goes on with zeros.
    size = strnlen(line, (size_t)size);
    memcpy(kept, line, (size_t)size);
    status = cut_line(kept, (size_t)size, &script, &argument, out_reason);
    if (status != ZX_OK) {
        return status;
    }
    *stage = SPAWN_SCRIPT;
    *out_reason = "the program that the script names cannot be had";
    if (__spawn_loader_script(loader, script, &file) != ZX_OK) {
        // It may be in a file system that the loader service does not know.
        status = open_file(script, &file, out_reason);
        if (status != ZX_OK) {
            return status;
        }
    }
    zx_handle_close(program->file);
    program->file = file;
    status = prepend(program, *path, script, argument);
    *path = script;
    *stage = SPAWN_LOAD;
    *out_again = true;
    return status;
}

static zx_status_t copy_arguments(const struct spawn *what, struct spawn_program *out)
{
    const char *const only[] = {what->path, NULL};
    const char *const *argv = what->argv != NULL ? what->argv : only;

    while (argv[out->argc] != NULL) {
        out->argc++;
    }
    out->argv = calloc(out->argc + 1, sizeof(*out->argv));
    if (out->argv == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    memcpy(out->argv, argv, out->argc * sizeof(*argv));
    return ZX_OK;
}

zx_status_t __spawn_program_open(const struct spawn *what, struct spawn_loader *loader,
                                 struct spawn_program *out, enum spawn_stage *stage,
                                 const char **out_reason)
{
    const char *path = what->path;
    bool again = (what->flags & SPAWN_NO_SCRIPTS) == 0;
    zx_status_t status;

    out->file = ZX_HANDLE_INVALID;
    out->argv = NULL;
    out->argc = 0;
    *stage = SPAWN_OPEN;
    *out_reason = "no program is named";
    if (what->program != ZX_HANDLE_INVALID) {
        status = zx_handle_duplicate(what->program, ZX_RIGHT_SAME_RIGHTS, &out->file);
    } else {
        status = path != NULL ? open_file(path, &out->file, out_reason) : ZX_ERR_INVALID_ARGS;
    }
    if (status == ZX_OK) {
        *stage = SPAWN_LOAD;
        *out_reason = "no memory";
        status = copy_arguments(what, out);
    }
    for (unsigned level = 0; status == ZX_OK && again; level++) {
        status = follow_script(&path, level, loader, out, stage, out_reason, &again);
    }
    if (status != ZX_OK) {
        __spawn_program_close(out);
    }
    return status;
}

void __spawn_program_close(struct spawn_program *program)
{
    zx_handle_close(program->file);
    free(program->argv);
    program->file = ZX_HANDLE_INVALID;
    program->argv = NULL;
}
