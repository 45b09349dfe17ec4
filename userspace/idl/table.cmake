# SPDX-License-Identifier: MIT
# The interface language. A protocol is a file of calls of these functions:
#
#   protocol(<name> ID <number> DOC "...")         first, once; one file a protocol, of its name
#   constant(<NAME> VALUE <C expression> [DOC "..."])
#   structure(<name> FIELDS "<name> <type>" ... [DOC "..."])
#   method(<name> ORDINAL <n> [DOC "..." ...] [REQUEST "<name> <type>" ...] [REPLY ...])
#
# Types: u8 u16 u32 u64 i8 i16 i32 i64; a structure's name; and in messages only: string[N] (at most
# N bytes, none of them NUL, not terminated), bytes[N], handle, `handle optional`. In structures
# only: u8[N], exactly N bytes. N is a number or a constant.
#
# On the wire (little endian, as every machine here):
#
#   header      16 bytes: u32 txid, u32 ordinal (ID << 16 | ORDINAL), i32 status, u32 reserved.
#               status is 0 in a request, reserved always
#   fixed part  the fields in order, each aligned to its size; a string or bytes field is its length
#               (u32) here, an optional handle 1 or 0 (u32), a handle nothing; then zeros up to a
#               multiple of 8
#   variable    what the lengths promised, in order, each padded with zeros to a multiple of 8
#
# and the message's handles in the order of the fields. A message is good if its size and its count
# of handles are exactly what fixed part and lengths ask for, no length exceeds its N and no string
# has a NUL. A reply whose status is not ZX_OK is a header alone.
#
# What is made of it, and who owns what, is said in the generated headers; the runtime is <ipc/ipc.h>.

set(protocols file terminal system manager devices host rtc entropy block serial watchdog)
