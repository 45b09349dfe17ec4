// SPDX-License-Identifier: MIT
//
// What a file descriptor is made of: handles in, handles out. For programs that start others
// (spawn, a shell), that serve descriptors or that speak more protocols over one than libc does.
//
// Every function is safe to call from any thread. A descriptor's *kind* is the type of the handle
// in a bootstrap message (<zircon/processargs.h>) that recreates it in another process:
//
//   PA_FDIO_REMOTE  channel that speaks protocol `file` (a file, a directory, a terminal, a service)
//   PA_FDIO_SOCKET  stream socket: an end of a pipe
//   PA_FDIO_LOGGER  debuglog: lines written become records of the log
//
// The argument of PA_HND(kind, argument) is the descriptor's number; with FD_ALSO_STDIO set in it,
// the receiver also makes it 0, 1 and 2, as far as those are not given.
#pragma once

#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

#define FD_ALSO_STDIO ((uint32_t)0x8000u)

// A handle that makes the same open file in another process: a shared offset, the same pipe. The
// descriptor stays open. The caller owns *out_handle; *out_kind is PA_FDIO_*. For a file this asks
// its server and waits up to 5 s.
// ZX_ERR_BAD_HANDLE: not open. ZX_ERR_NOT_SUPPORTED: cannot leave this process (an open "/").
// ZX_ERR_TIMED_OUT, ZX_ERR_PEER_CLOSED, ZX_ERR_IO: the server; others as the kernel says.
zx_status_t fd_clone(int fd, zx_handle_t *out_handle, uint32_t *out_kind);

// The same, and closes the descriptor, whatever the result. Where no other descriptor of this
// process shares the open file, no server is asked.
zx_status_t fd_transfer(int fd, zx_handle_t *out_handle, uint32_t *out_kind);

// Makes a descriptor of a handle, with the lowest free number. `handle` is consumed in every case.
// ZX_ERR_INVALID_ARGS: no such kind. ZX_ERR_NO_RESOURCES: every number is taken. ZX_ERR_NO_MEMORY.
zx_status_t fd_from_handle(zx_handle_t handle, uint32_t kind, int *out_fd);

// The handle inside: for waiting on it, or for calls of protocols that libc has no call for
// (<protocol/terminal.h>). It stays the descriptor's: do not close it, and do not use it after the
// descriptor is closed. ZX_ERR_BAD_HANDLE: not open. ZX_ERR_NOT_SUPPORTED: there is no handle in it.
zx_status_t fd_borrow_handle(int fd, zx_handle_t *out_handle, uint32_t *out_kind);

// The lowest open descriptor that is not below `from`, or -1: to go through all of them. With
// `inherited`, only those that a child gets: without FD_CLOEXEC.
int fd_next(int from, int inherited);

__END_CDECLS
