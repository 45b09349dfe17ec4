# SPDX-License-Identifier: MIT
# Blocks of a disk. Served by drivers of class disk: /svc/fs/device/disk0. Requests of a connection are
# carried out in any order, as many at a time as the device takes; answers come as they are done. What is
# written and not flushed may be lost with the power.

protocol(block ID 9 DOC "A block device")

constant(BLOCK_MAX_BUFFERS VALUE 8 DOC "Buffers that a connection may have")
constant(BLOCK_MAX_BUFFER_BYTES VALUE 1048576 DOC "Most bytes of one")
constant(BLOCK_MAX_REQUESTS VALUE 64 DOC "Requests of a connection without an answer yet")
constant(BLOCK_READ_ONLY VALUE 1 DOC "Flag of a device: writes are ZX_ERR_ACCESS_DENIED")

structure(block_info
    DOC "What a device is like"
    FIELDS
    "block_count u64"
    "block_size u32"    # bytes
    "max_transfer u32"  # most blocks of one request
    "flags u32"         # BLOCK_
    "reserved u32")

method(get_info ORDINAL 1 DOC "What the device is like." REPLY "info block_info")
method(attach ORDINAL 2
    DOC "Pins a VMO (READ, WRITE, MAP; whole pages) as a buffer of this connection, until it is detached"
        "or the connection closes. ZX_ERR_OUT_OF_RANGE: too large. ZX_ERR_NO_RESOURCES: one too many."
    REQUEST "vmo handle" REPLY "buffer u32")
method(detach ORDINAL 3
    DOC "Lets go of a buffer when the requests under way are done. ZX_ERR_NOT_FOUND: no such."
    REQUEST "buffer u32")
method(read ORDINAL 4
    DOC "Reads blocks into a buffer at a multiple of the block size. ZX_ERR_OUT_OF_RANGE: beyond the"
        "buffer, the device or max_transfer. ZX_ERR_NO_RESOURCES: too many requests. ZX_ERR_IO: the device"
        "could not; the buffer may hold anything."
    REQUEST "buffer u32" "count u32" "offset u64" "block u64")
method(write ORDINAL 5
    DOC "Writes blocks from a buffer; as above."
    REQUEST "buffer u32" "count u32" "offset u64" "block u64")
method(flush ORDINAL 6
    DOC "What was written, and answered, before is on the medium.")
