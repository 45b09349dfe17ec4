// SPDX-License-Identifier: MIT
//
// Inside of libc's descriptors. A *descriptor* is a number in the table (table.c); it refers to a
// *description* (an open file, an end of a pipe ...), which several descriptors may share.
//
// Invariants
//   D1  A description is freed, and its handle closed, when its last reference goes: one for each
//       descriptor, one for each call that is using it. So a close in one thread never pulls a
//       handle from under a read in another.
//   D2  handle and kind of a description never change while it has more than one reference.
//   D3  Names are __fd_*: a program may define anything else.
//
// Locks (all struct fd_lock, all leaves, except that a description's own lock may be held across a
// call of its server, never across anything of the table or the namespace): table (table.c),
// namespace with the current directory (namespace.c), one in each description that has state here.
//
// Calls return a value >= 0 or -errno and leave errno alone.

#ifndef FD_IMPL_H
#define FD_IMPL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zircon/types.h>

#pragma GCC visibility push(hidden)

#define FD_LIMIT 1024 // descriptors of a process: 0 ... FD_LIMIT - 1

// How long to wait for a server where its answer depends on nothing but itself.
#define FD_SERVER_TIMEOUT ZX_SEC(5)

// ---- lock.c -----------------------------------------------------------------------------------

// Zero-initialised is free. Not recursive. Needs no thread-local storage.
struct fd_lock {
    atomic_int state; // 0 free, 1 held, 2 held and somebody may be waiting
};

void __fd_lock(struct fd_lock *lock);
void __fd_unlock(struct fd_lock *lock);

// ---- description.c ----------------------------------------------------------------------------

struct file_attributes;
struct description;

// What a kind of description can do. No entry is NULL: __fd_no_* stand in. None of them checks
// whether the description is open for it, or a count of 0: the callers in io.c have.
struct fd_ops {
    long (*read)(struct description *d, void *data, size_t size);
    long (*write)(struct description *d, const void *data, size_t size);
    long (*read_at)(struct description *d, void *data, size_t size, uint64_t offset);
    long (*write_at)(struct description *d, const void *data, size_t size, uint64_t offset);
    long (*seek)(struct description *d, int64_t offset, int whence);
    long (*stat)(struct description *d, struct file_attributes *out);
    long (*truncate)(struct description *d, uint64_t size);
    long (*list)(struct description *d, void *entries, size_t size);          // getdents64
    long (*control)(struct description *d, unsigned request, void *argument); // ioctl
    // Signals of the handle to wait for, given the POLL* events wanted; 0: always ready.
    zx_signals_t (*poll_signals)(struct description *d, short events);
    // The POLL* bits that such signals mean; not limited to what was asked for.
    short (*poll_events)(struct description *d, zx_signals_t observed);
    // The last reference is gone: release what is the type's own. The caller closes the handle and
    // frees the description.
    void (*close)(struct description *d);
};

struct description {
    const struct fd_ops *ops;
    atomic_uint references;
    zx_handle_t handle;
    uint32_t kind;       // PA_FDIO_*; 0: lives in this process only
    atomic_uint flags;   // FD_READ ..., changed by fcntl
    struct fd_lock lock; // for the type's own state
};

#define FD_READ     1u // may be read
#define FD_WRITE    2u // may be written
#define FD_NONBLOCK 4u
#define FD_APPEND   8u  // asked for by fcntl: each write moves to the end first
#define FD_PATH     16u // opened for its name only (O_PATH)
#define FD_APPENDS  32u // opened with O_APPEND: its server moves to the end
#define FD_GIVEN    64u // came from elsewhere: only its server knows how it was opened

// A description with one reference, of `size` bytes of which struct description comes first; the
// rest is zero. Owns `handle` on success. NULL: no memory.
void *__fd_description_new(size_t size, const struct fd_ops *ops, zx_handle_t handle, uint32_t kind,
                           unsigned flags);

struct description *__fd_hold(struct description *d); // one more reference; returns d
void __fd_put(struct description *d);                 // one less; NULL is fine

long __fd_no_read(struct description *d, void *data, size_t size);                        // EINVAL
long __fd_no_write(struct description *d, const void *data, size_t size);                 // EINVAL
long __fd_no_read_at(struct description *d, void *data, size_t size, uint64_t offset);    // ESPIPE
long __fd_no_write_at(struct description *d, const void *data, size_t size, uint64_t at); // ESPIPE
long __fd_no_seek(struct description *d, int64_t offset, int whence);                     // ESPIPE
long __fd_no_truncate(struct description *d, uint64_t size);                              // EINVAL
long __fd_no_list(struct description *d, void *entries, size_t size);                     // ENOTDIR
long __fd_no_control(struct description *d, unsigned request, void *argument);            // ENOTTY
zx_signals_t __fd_no_poll_signals(struct description *d, short events);  // always ready
short __fd_no_poll_events(struct description *d, zx_signals_t observed); // POLLIN | POLLOUT
void __fd_no_close(struct description *d);

// ---- table.c ----------------------------------------------------------------------------------

// The description of a descriptor, with a reference for the caller (__fd_put), or NULL.
struct description *__fd_get(int fd);

// Takes the lowest free number that is not below `from` out of circulation, until __fd_fill or
// __fd_release: what is about to be opened is sure to get a number, or nothing is opened.
// -EMFILE, -ENOMEM.
long __fd_reserve(int from);
void __fd_fill(int fd, struct description *d, bool close_on_exec); // consumes the reference
void __fd_release(int fd);

// __fd_reserve(from) and __fd_fill in one; on failure the reference is dropped.
long __fd_install(struct description *d, int from, bool close_on_exec);

// Makes `fd` refer to `d` (whose reference it consumes in every case), closing what it was before.
// -EBADF: no such number. -EBUSY: somebody is just opening it.
long __fd_replace(int fd, struct description *d, bool close_on_exec);

// Frees the number; the caller gets its reference. NULL: was not open.
struct description *__fd_remove(int fd);

long __fd_get_cloexec(int fd);           // 0, 1 or -EBADF
long __fd_set_cloexec(int fd, bool set); // 0 or -EBADF
int __fd_table_next(int from, bool inherited);

// ---- path.c -----------------------------------------------------------------------------------

// What the last component of a path was, and the slash behind it.
enum path_last { PATH_NAME, PATH_DOT, PATH_DOT_DOT, PATH_ROOT };

struct path_end {
    enum path_last last;
    bool slash;   // ends with a slash, or is `.` or `..`: must be a directory
    bool escaped; // a `..` went above the start
};

// Bytes that __fd_path_join needs for its result.
size_t __fd_path_room(const char *base, const char *path);

// Takes `path` (relative ones start at `base`, which is absolute and normalised) apart and writes
// the absolute path without `.`, `..`, double or trailing slashes into `out`. -ENOENT: empty.
// -ENAMETOOLONG: 4096 bytes or more, or a component above 255.
long __fd_path_join(const char *base, const char *path, char *out, struct path_end *end);

// If `path` is at or below `mount` (both absolute and normalised): what is left of it, without a
// leading slash. Otherwise NULL.
const char *__fd_path_below(const char *mount, const char *path);

// ---- namespace.c, place.c ---------------------------------------------------------------------

struct mount {
    atomic_uint references; // one is the namespace's
    zx_handle_t directory;
    _Atomic(uint64_t) device; // st_dev of what is in it; 0: not asked yet
    atomic_bool slow;         // its server let us wait in vain the last time
    char path[];              // absolute, normalised
};

void __fd_mount_put(struct mount *mount);

// The mount that `path` (absolute, normalised) lies in, with a reference, and the rest of the path;
// or NULL, and *out_above tells whether there are mounts below the path.
struct mount *__fd_mount_find(const char *path, const char **out_rest, bool *out_above);

// Copies what stands at `index` among the names directly below `path` (absolute, normalised) on the
// way to mounts, each name once. False: there are no more.
bool __fd_mount_name(const char *path, size_t index, char name[256]);

// Puts a mount with this directory (consumed) in the place of `old`, unless somebody else has put
// another there meanwhile. The one that is there now, with a reference; NULL: none, or no memory.
struct mount *__fd_mount_renew(struct mount *old, zx_handle_t directory);

long __fd_namespace_mount(const char *path, zx_handle_t directory); // consumes; 0 or -errno
long __fd_namespace_unmount(const char *path);                      // -ENOENT: not a mount
// All mounts, each with a reference for the caller, in a list from malloc. 0 or -ENOMEM.
long __fd_namespace_list(struct mount ***out, size_t *out_count);
void __fd_namespace_set_cwd(char *path); // absolute, normalised, from malloc: taken over

// The current directory, from malloc; NULL: no memory.
char *__fd_namespace_cwd(void);

// Where a path leads. One of: a server's directory and a path below it; a directory that exists
// only as the way to mounts; nothing.
struct place {
    zx_handle_t directory; // to send `rest` to; ZX_HANDLE_INVALID: no server
    const char *rest;      // without a leading slash; "": the directory itself
    size_t rest_size;
    bool mounts;    // no server: a directory that lists mounts
    bool mount_top; // the very root of a mount
    struct path_end end;
    char *path;   // absolute and normalised, from malloc; NULL if not known
    bool renewed; // see __fd_place_again()
    struct mount *mount;
    struct description *base; // what `dirfd` refers to
    char *text;               // what rest points into, if it is not `path`
};

// Finds the place; the caller releases it, also after an error. -ENOENT, -ENOTDIR, -EBADF,
// -ENAMETOOLONG, -ENOMEM.
long __fd_place_find(int dirfd, const char *path, struct place *out);
void __fd_place_release(struct place *place);

// Says whether what ended with `status` should be asked once more: the server of the place's mount
// has gone, and the service manager has given us a connection to its successor (/svc/fs/<mount>).
// At most once for a place.
bool __fd_place_again(struct place *place, zx_status_t status);

// The same for a mount: its successor, with a reference, or NULL.
struct mount *__fd_mount_successor(struct mount *mount);

// For an operation that changes the name itself: its error if there is no server for it.
long __fd_place_writable(const struct place *place);

// ---- the types --------------------------------------------------------------------------------

// remote.c: a connection that speaks protocol `file`. `path` (may be NULL) is from malloc and taken
// over on success. NULL: no memory; `handle` is then still the caller's.
struct description *__fd_remote_new(zx_handle_t handle, unsigned flags, char *path);
bool __fd_is_remote(const struct description *d);
const char *__fd_remote_path(const struct description *d);    // NULL: not known; lives as long as d
_Atomic(uint64_t) *__fd_remote_device(struct description *d); // st_dev; 0: not asked yet
long __fd_remote_kind(struct description *d); // FILE_KIND_* or -errno; asks the server once

// listing.c, terminal.c: parts of remote's operations.
struct listing {
    uint8_t *records; // FILE_MAX_DATA bytes, or NULL
    size_t at, size;
    int64_t index; // entries handed out since the start
};
long __fd_listing_read(struct description *d, struct listing *listing, void *entries, size_t size);
long __fd_listing_seek(struct description *d, struct listing *listing, int64_t offset, int whence);
long __fd_terminal_control(struct description *d, unsigned request, void *argument);

// Writes one struct dirent. Its size, or 0 if it does not fit into `room`.
size_t __fd_dirent_write(void *out, size_t room, uint64_t id, int64_t next, unsigned type,
                         const void *name, size_t name_size);
unsigned __fd_kind_to_mode(uint32_t kind); // FILE_KIND_* to S_IF*

// pipe.c: a stream socket.
struct description *__fd_pipe_new(zx_handle_t socket, unsigned flags);
// Adds what the socket's own signals say about its directions.
unsigned __fd_pipe_directions(zx_handle_t socket);

// log.c: the kernel's log, a record a line. The console: zx_debug_write, if there is no log.
struct description *__fd_log_new(zx_handle_t log);
struct description *__fd_console_new(void);
void __fd_log_flush(struct description *d); // a line that was not finished becomes a record

// local.c: no input and no end of output; a directory that lists mounts.
struct description *__fd_null_new(void);
struct description *__fd_mounts_new(char *path); // takes `path` over on success
bool __fd_is_mounts(const struct description *d);
const char *__fd_mounts_path(const struct description *d);

// A description of a handle that came from elsewhere (PA_FDIO_*). Consumes it in every case.
long __fd_from_handle(zx_handle_t handle, uint32_t kind, struct description **out); // 0, -errno

// The same open file for another process; *out_handle is the caller's. Flushes a line of the log.
zx_status_t __fd_clone_description(struct description *d, zx_handle_t *out_handle);
// The same for a channel that speaks protocol `file`.
zx_status_t __fd_clone_channel(zx_handle_t channel, zx_time_t deadline, zx_handle_t *out);

// ---- error.c ----------------------------------------------------------------------------------

// -errno for what a server of files answered. Whatever is no status of the protocol: -EIO.
long __fd_error(zx_status_t status);

// -errno for what the kernel answered about a handle of ours.
long __fd_kernel_error(zx_status_t status);

zx_time_t __fd_server_deadline(void);

// ---- init.c ------------------------------------------------------------------------------------

// Called by the start code: claims what is descriptors and mounts by zeroing both slots.
void __fd_init(uint32_t count, zx_handle_t *handles, uint32_t *info, uint32_t name_count,
               char **names);

// Called at the end of the process: writes what waits for the end of a line.
void __fd_exit(void);

// ---- others -----------------------------------------------------------------------------------

// open.c: opens the place with FILE_OPEN_* flags within the deadline; the caller owns *out.
long __fd_place_open(struct place *place, uint32_t flags, uint32_t mode, zx_handle_t *out);

// The directory at `path` below another one's connection; the caller owns *out.
zx_status_t __fd_open_directory(zx_handle_t start, const char *path, zx_handle_t *out);

// stat.c: the attributes of a place; answers for directories of mounts as well.
long __fd_place_stat(struct place *place, struct file_attributes *out);

extern atomic_uint __fd_umask; // cwd.c

#pragma GCC visibility pop

#endif
