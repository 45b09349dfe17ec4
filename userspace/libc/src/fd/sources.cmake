# SPDX-License-Identifier: MIT
# Descriptors and paths: everything that has one.
libc_sources(control.c cwd.c description.c error.c faccessat.c handle.c init.c io.c listing.c local.c lock.c log.c
    mounts.c names.c namespace.c open.c path.c pipe.c place.c poll.c protocol.c protocol_message.c
    protocol_runtime.c protocol_server.c remote.c stat.c table.c terminal.c transfer.c)
libc_calls("openat 4" "close 1" "read 3" "write 3" "pread64 4" "pwrite64 4" "readv 3" "writev 3"
    "preadv 5" "pwritev 5" "lseek 3" "ftruncate 2" "truncate 2" "fsync 1" "fdatasync 1" "sync 0"
    "syncfs 1" "fadvise64 4" "getdents64 3"
    "fstat 2" "newfstatat 4" "faccessat 3" "faccessat2 4" "fchmod 2" "fchmodat 3" "fchown 3"
    "fchownat 5" "utimensat 4" "statfs 2" "fstatfs 2"
    "mkdirat 3" "unlinkat 3" "renameat 4" "renameat2 5" "readlinkat 4" "linkat 5" "symlinkat 3"
    "mknodat 4"
    "dup 1" "dup3 3" "pipe2 2" "fcntl 3" "flock 2" "ioctl 3"
    "getcwd 2" "chdir 1" "fchdir 1" "umask 1"
    "ppoll 5" "pselect6 6")

# protocol*.c compile the generated clients under names of our own.
list(APPEND libc_more_includes
    ${JACINTH_GEN} ${JACINTH_GEN}/include ${PROJECT_SOURCE_DIR}/userspace/lib/ipc/include)
set(headers ${JACINTH_GEN}/include/protocol/file.h ${JACINTH_GEN}/include/protocol/terminal.h
    ${PROJECT_SOURCE_DIR}/userspace/lib/ipc/include/ipc/ipc.h
    ${PROJECT_SOURCE_DIR}/userspace/lib/ipc/message.h)
add_custom_command(
    OUTPUT ${JACINTH_GEN}/libc/fd_names.h
    COMMAND ${JACINTH_PYTHON} ${libc_folder}/make_names.py ${JACINTH_GEN}/libc/fd_names.h ${headers}
    DEPENDS ${libc_folder}/make_names.py ${headers} VERBATIM COMMENT "")
list(APPEND libc_all_sources ${JACINTH_GEN}/libc/fd_names.h)

libc_replaces(src/unistd/faccessat.c "would start a process to ask as another user")
