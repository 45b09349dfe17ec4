# SPDX-License-Identifier: MIT
# Files, directories, terminals and pseudo files. See table.cmake for the words.
#
# A connection is one open description: a position, the access it was opened with, and the node.
# The server closes a connection whose client breaks the wire format so badly that no answer can be
# addressed (see <ipc/ipc.h>).
#
# Statuses of this protocol and the errno that a C library makes of each:
#
#   ZX_ERR_NOT_FOUND        ENOENT        nothing of that name
#   ZX_ERR_ALREADY_EXISTS   EEXIST        CREATE|EXCLUSIVE or make_directory of what is there
#   ZX_ERR_NOT_DIR          ENOTDIR       a component, or a directory operation's node, is none
#   ZX_ERR_NOT_FILE         EISDIR        a directory where a file is wanted (read, write, truncate,
#                                         open for writing, unlink without FILE_UNLINK_DIRECTORY,
#                                         rename of a file over a directory)
#   ZX_ERR_NOT_EMPTY        ENOTEMPTY     a directory that is to be removed or replaced
#   ZX_ERR_BAD_PATH         ENAMETOOLONG  a component longer than FILE_MAX_NAME, or a path deeper
#                                         than the server walks
#   ZX_ERR_NO_SPACE         ENOSPC        the file system's cap is reached
#   ZX_ERR_FILE_BIG         EFBIG         a file would grow beyond what the file system can hold
#   ZX_ERR_ACCESS_DENIED    EACCES        a mode bit forbids it
#   ZX_ERR_BAD_HANDLE       EBADF         not open for this (read without FILE_OPEN_READ ...)
#   ZX_ERR_NOT_SUPPORTED    ENOTSUP       the node, or the server, has no such operation (a C
#                                         library makes EROFS of it for operations that change a
#                                         directory, ESPIPE for seek, ENODEV for get_vmo)
#   ZX_ERR_IO_REFUSED       EROFS         it would change a read-only file system
#   ZX_ERR_INVALID_ARGS     EINVAL        flags, whence, a `..` component, rename below itself
#   ZX_ERR_UNAVAILABLE      EBUSY         in use: a mount point, a root, the current request's limit
#   ZX_ERR_SHOULD_WAIT      EAGAIN        too many answers outstanding on this connection
#   ZX_ERR_NO_RESOURCES     ENFILE        the server's connections are used up
#   ZX_ERR_NO_MEMORY        ENOMEM
#   ZX_ERR_PEER_CLOSED      EPIPE/EIO     the server is gone
#   ZX_ERR_TIMED_OUT        ETIMEDOUT
#   ZX_ERR_IO               EIO           a malformed answer, or a device's failure

protocol(file ID 1 DOC "Files, directories, terminals and pseudo files")

constant(FILE_MAX_DATA VALUE 16384 DOC "Most bytes of one read, write or read_directory")
constant(FILE_MAX_PATH VALUE 4095 DOC "Most bytes of a path in a message")
constant(FILE_MAX_NAME VALUE 255 DOC "Most bytes of a path's component")

constant(FILE_KIND_FILE VALUE 1 DOC "Kinds of node, in attributes and directory records")
constant(FILE_KIND_DIRECTORY VALUE 2)
constant(FILE_KIND_TERMINAL VALUE 3 DOC "The connection also speaks the protocol `terminal`")
constant(FILE_KIND_SERVICE VALUE 4 DOC "To open it connects to a service of its own protocol")
constant(FILE_KIND_DEVICE VALUE 5 DOC "A character device: no size, no position")

constant(FILE_OPEN_READ VALUE 0x1 DOC "Flags of open. Neither READ nor WRITE: for names only (O_PATH)")
constant(FILE_OPEN_WRITE VALUE 0x2)
constant(FILE_OPEN_CREATE VALUE 0x4 DOC "Make a file if there is none")
constant(FILE_OPEN_EXCLUSIVE VALUE 0x8 DOC "With CREATE: fail if there is something")
constant(FILE_OPEN_TRUNCATE VALUE 0x10 DOC "With WRITE: make it empty")
constant(FILE_OPEN_APPEND VALUE 0x20 DOC "Each write goes to the end")
constant(FILE_OPEN_DIRECTORY VALUE 0x40 DOC "Fail unless it is a directory")
constant(FILE_OPEN_FLAGS VALUE 0x7f DOC "All of them")

constant(FILE_SEEK_START VALUE 0 DOC "Whence: the values of SEEK_SET, SEEK_CUR, SEEK_END")
constant(FILE_SEEK_CURRENT VALUE 1)
constant(FILE_SEEK_END VALUE 2)

constant(FILE_UNLINK_DIRECTORY VALUE 1 DOC "Flag of unlink: remove an empty directory, and only that")

constant(FILE_VMO_READ VALUE 0x1 DOC "Flags of get_vmo: rights of the VMO's handle")
constant(FILE_VMO_WRITE VALUE 0x2)
constant(FILE_VMO_EXECUTE VALUE 0x4)
constant(FILE_VMO_PRIVATE VALUE 0x8 DOC "A copy on write: changes stay with the one who asked")
constant(FILE_VMO_FLAGS VALUE 0xf DOC "All of them")

constant(FILE_SET_MODE VALUE 0x1 DOC "Flags of set_attributes: which of them")
constant(FILE_SET_MTIME VALUE 0x2)

constant(FILE_SIGNAL_READABLE VALUE ZX_USER_SIGNAL_0
    DOC "On the client's end of a connection: a read would not wait")
constant(FILE_SIGNAL_WRITABLE VALUE ZX_USER_SIGNAL_1 DOC "A write would not wait")
constant(FILE_SIGNAL_INTERRUPT VALUE ZX_USER_SIGNAL_2
    DOC "On a terminal: Ctrl-C was typed; until terminal_take_interrupt")

structure(file_attributes
    DOC "What stat tells. mode: permission bits only (07777). Times: nanoseconds since 1970, UTC"
    FIELDS
    "kind u32"      # FILE_KIND_
    "mode u32"
    "size u64"      # bytes
    "storage u64"   # bytes of memory or disk that it takes
    "id u64"        # the same for the same node, unlike that of any other of the file system
    "links u32"     # 0: has no name any more
    "reserved u32"
    "mtime i64"
    "ctime i64")

structure(file_system
    DOC "The file system that a node belongs to"
    FIELDS
    "total u64"     # bytes it can hold; 0: not known
    "used u64"      # bytes in use
    "nodes u64"     # files and directories there are
    "id u64"        # the same for all nodes of it; unlike that of other file systems
    "name_max u32"
    "read_only u32")

structure(file_record
    DOC "Head of a record of read_directory; name_size bytes of name follow, padded to 8 with zeros"
    FIELDS "id u64" "kind u32" "name_size u32")

method(open ORDINAL 1
    DOC "Opens `path` below this directory (\"\": this node again, with a position of its own)"
        "and serves `object` as a connection to it. mode: of a file that CREATE makes."
        "Empty and `.` components are skipped, `..` is refused. Opening a service node for reading"
        "or writing hands `object` to that service."
    REQUEST "flags u32" "mode u32" "path string[FILE_MAX_PATH]" "object handle")
method(clone ORDINAL 2
    DOC "Serves `object` as one more connection to the same open description (the position is shared)."
    REQUEST "object handle")
method(describe ORDINAL 3
    DOC "What this is (FILE_KIND_) and the flags it was opened with."
    REPLY "kind u32" "flags u32")
method(stat ORDINAL 4
    DOC "Attributes of the node."
    REPLY "attributes file_attributes")
method(set_attributes ORDINAL 5
    DOC "Sets those named by `which` (FILE_SET_)."
    REQUEST "which u32" "mode u32" "mtime i64")
method(read ORDINAL 6
    DOC "At most `count` bytes (and FILE_MAX_DATA) at the position; none: the end. The answer comes"
        "when there is something."
    REQUEST "count u32" REPLY "data bytes[FILE_MAX_DATA]")
method(write ORDINAL 7
    DOC "Writes at the position (or the end, with APPEND); `written` may be less than given."
    REQUEST "data bytes[FILE_MAX_DATA]" REPLY "written u32")
method(read_at ORDINAL 8
    DOC "As read, at an offset; the position stays."
    REQUEST "offset u64" "count u32" REPLY "data bytes[FILE_MAX_DATA]")
method(write_at ORDINAL 9
    DOC "As write, at an offset; the position stays."
    REQUEST "offset u64" "data bytes[FILE_MAX_DATA]" REPLY "written u32")
method(seek ORDINAL 10
    DOC "Moves the position and tells it. On a directory: from FILE_SEEK_START to 0 (rewind) or to a"
        "position told before, or by 0."
    REQUEST "offset i64" "whence u32" REPLY "position u64")
method(truncate ORDINAL 11
    DOC "Makes the file `size` bytes long; what is new reads as zeros."
    REQUEST "size u64")
method(read_directory ORDINAL 12
    DOC "The next records (struct file_record, then the name); none: the end. `.` and `..` are not"
        "among them. What is added or removed meanwhile may or may not be seen; what stays is seen"
        "exactly once."
    REPLY "entries bytes[FILE_MAX_DATA]")
method(unlink ORDINAL 13
    DOC "Removes a name below this directory. The file lives until its last connection closes."
    REQUEST "flags u32" "path string[FILE_MAX_PATH]")
method(rename ORDINAL 14
    DOC "Renames below this directory; replaces a file, or an empty directory by a directory."
    REQUEST "from string[FILE_MAX_PATH]" "to string[FILE_MAX_PATH]")
method(make_directory ORDINAL 15
    DOC "Makes an empty directory."
    REQUEST "mode u32" "path string[FILE_MAX_PATH]")
method(get_vmo ORDINAL 16
    DOC "A VMO with the file's content, `size` bytes of it; what lies behind them in the last page"
        "is zero. Without PRIVATE it may be the file itself."
    REQUEST "flags u32" REPLY "vmo handle" "size u64")
method(query_file_system ORDINAL 17
    DOC "The file system that the node belongs to."
    REPLY "system file_system")
method(stat_path ORDINAL 18
    DOC "Attributes of what `path` names below this directory (\"\": itself), without opening it. What"
        "lies in another server behind a mount point is not reached: ZX_ERR_NOT_SUPPORTED."
    REQUEST "path string[FILE_MAX_PATH]" REPLY "attributes file_attributes")
