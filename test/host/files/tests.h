// SPDX-License-Identifier: MIT
//
// The groups of this executable, and what they share: a server thread around a vfs, and clients of
// it.

#ifndef TEST_HOST_FILES_TESTS_H
#define TEST_HOST_FILES_TESTS_H

#include <stdatomic.h>

#include <lab/lab.h>

#include <protocol/file.h>
#include <protocol/manager.h>
#include <protocol/system.h>
#include <protocol/terminal.h>
#include <vfs/table.h>
#include <vfs/vfs.h>

#define FOREVER ZX_TIME_INFINITE

extern const struct CMUnitTest message_tests[];
extern const size_t message_test_count;
extern const struct CMUnitTest hostile_tests[];
extern const size_t hostile_test_count;
extern const struct CMUnitTest vfs_tests[];
extern const size_t vfs_test_count;
extern const struct CMUnitTest client_tests[];
extern const size_t client_test_count;
extern const struct CMUnitTest mutated_tests[];
extern const size_t mutated_test_count;
extern const struct CMUnitTest ramfs_tests[];
extern const size_t ramfs_test_count;
extern const struct CMUnitTest model_tests[];
extern const size_t model_test_count;
extern const struct CMUnitTest bootfs_tests[];
extern const size_t bootfs_test_count;
extern const struct CMUnitTest loader_tests[];
extern const size_t loader_test_count;

// ---- allocations of the code under test (alloc.c) -----------------------------------------------

// The k-th allocation from now on fails; 0: none.
void alloc_fail_at(unsigned k);
// True if it came.
bool alloc_failed(void);
// Allocations not freed.
long alloc_live(void);

// ---- a server on a thread of its own (server.c) -------------------------------------------------

struct server {
    struct vfs_loop *loop;
    struct vfs *vfs;
    struct vfs_node *root;
    struct vfs_watch stop_watch;
    zx_handle_t stop; // event
    zx_handle_t thread;
    zx_status_t ended;
    bool stopped; // the server's thread's own
    atomic_bool root_closed;
    atomic_uint connections; // as of the last turn of the loop
};

// Starts a server of `root` (its reference is taken). Gives the client's end of a root connection.
zx_handle_t server_start(struct server *server, struct vfs_node *root,
                         const struct vfs_limits *limits, uint32_t options);
// Its thread ends: what it used may be touched.
void server_join(struct server *server);
// Ends it and frees everything; checks that nothing the code under test allocated is left.
void server_stop(struct server *server);

// ---- clients ------------------------------------------------------------------------------------

// Opens a path; gives the client's end, or ZX_HANDLE_INVALID and the status.
zx_status_t try_open(zx_handle_t directory, const char *path, uint32_t flags, zx_handle_t *out);
// The same, asserts that it works.
zx_handle_t open_path(zx_handle_t directory, const char *path, uint32_t flags);
// Opens, expects this status.
void expect_open(zx_handle_t directory, const char *path, uint32_t flags, zx_status_t expected);

// Writes or reads everything; asserts that it works. Strings are terminated.
void write_text(zx_handle_t file, const char *text);
void expect_text(zx_handle_t file, const char *text);

// Makes a file with this content.
void make_file(zx_handle_t directory, const char *path, const char *text);

zx_status_t do_mkdir(zx_handle_t directory, const char *path);
zx_status_t do_unlink(zx_handle_t directory, const char *path);
zx_status_t do_rmdir(zx_handle_t directory, const char *path);
zx_status_t do_rename(zx_handle_t directory, const char *from, const char *to);
zx_status_t do_stat(zx_handle_t directory, const char *path, struct file_attributes *attributes);

// The names in a directory, in their order, joined by blanks. Rewinds first.
void list_names(zx_handle_t directory, char *names, size_t capacity);

#define expect_names(directory, expected)                \
    do {                                                 \
        char names_[8192];                               \
        list_names((directory), names_, sizeof(names_)); \
        assert_string_equal(names_, (expected));         \
    } while (0)

#endif
