// SPDX-License-Identifier: MIT
//
// A tree of pseudo nodes: dir/inner, tty, service, mount.

#ifndef TEST_HOST_FILES_TREE_H
#define TEST_HOST_FILES_TREE_H

#include "tests.h"

// A terminal whose reads are answered when somebody writes.
struct device {
    struct vfs_node node;
    struct {
        struct vfs_connection *connection;
        struct ipc_request request;
    } waiting[32];
    unsigned count;
    unsigned dropped; // requests whose connection went
    bool released;
};

// A service, or a mount: keeps what it is handed.
struct hatch {
    struct vfs_node node;
    zx_handle_t object;
    struct ipc_request request;
    char path[64];
    uint32_t flags;
    bool defer;
};

struct tree {
    struct vfs_directory *root;
    struct device tty;
    struct hatch service;
    struct hatch mount;
};

// Makes the tree; gives the root, with one reference.
struct vfs_node *tree_make(struct tree *tree);
// To be called when no server has it any more: checks that everything was let go.
void tree_end(struct tree *tree);

#endif
