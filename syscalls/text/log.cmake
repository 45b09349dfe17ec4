# SPDX-License-Identifier: MIT
# Texts about logs and traces. See ../reference.cmake for the words.
family_title("Logs, tracing, debug console")

describe(debuglog_create
    IS "Open the system's log"
    DOES "There is one log, of 128 KiB, in which old records make room for new ones. A readable handle begins with \
the oldest. The low 16 bits of `options` are put on each record that is written through it."
    ARGS "resource: the root resource, or 0."
    OPTIONS "ZX_LOG_FLAG_READABLE: it can be read, and the handle has READ."
        "ZX_LOG_FLAG_CONSOLE: with READABLE and a resource. While a driver has the console, what was not shown is \
read; it counts as shown when the next record is asked for. Else there is nothing to read."
    ERRORS "BAD_HANDLE: `resource` is neither 0 nor a handle of the caller."
           "WRONG_TYPE: `resource` is not the root resource."
           "@memory" "@out"
    COST "1" "handle_table" "O(1)"
    SEE debuglog_write debuglog_read)

describe(debuglog_write
    IS "Write a record to the log"
    DOES "The kernel adds the time and the koids of process and thread. Never blocks."
    ARGS "options: flags for the record, in 16 bits."
         "buffer_size: at most 224. 0 is fine."
    ERRORS "OUT_OF_RANGE: `buffer_size` is above 224."
           "INVALID_ARGS: `options` has more than 16 bits."
           "@handle"
           "INVALID_ARGS: `buffer` cannot be read."
    COST "0" "handle_table log" "O(n)"
    SEE debuglog_read)

describe(debuglog_read
    IS "Read a record of the log"
    ARGS "options: must be 0." "buffer: a `zx_log_record_t` and its text." "buffer_size: at least 256."
    RETURNS "Bytes of the record, a positive number."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@handle"
           "BUFFER_TOO_SMALL: `buffer_size` is below 256. The reference does not look."
           "BAD_STATE: the log was not opened for reading."
           "SHOULD_WAIT: there is no new record."
           "INVALID_ARGS: `buffer` cannot be written. The record is lost."
    NOTES "Only a `ZX_ERR_SHOULD_WAIT` clears READABLE, so read until then before waiting."
    COST "0" "handle_table object log" "O(n)"
    SEE debuglog_create)

describe(log_write
    IS "zx_debuglog_write with its arguments in another order"
    ERRORS "OUT_OF_RANGE: `len` is above 224."
           "INVALID_ARGS: `options` has more than 16 bits."
           "@handle"
           "INVALID_ARGS: `buffer` cannot be read."
    COST "0" "handle_table log" "O(n)"
    SEE debuglog_write)

describe(log_read
    IS "zx_debuglog_read with its arguments in another order"
    RETURNS "Bytes of the record, a positive number."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@handle"
           "BUFFER_TOO_SMALL: `len` is below 256."
           "BAD_STATE: the log was not opened for reading."
           "SHOULD_WAIT: there is no new record."
           "INVALID_ARGS: `buffer` cannot be written. The record is lost."
    COST "0" "handle_table object log" "O(n)"
    SEE debuglog_read)

describe(ktrace_read
    IS "Read the kernel's trace"
    ARGS "data: NULL asks how much there is." "offset: in bytes." "actual: bytes read, or bytes available."
    ERRORS "@handle" "INVALID_ARGS: an output cannot be written."
    SEE ktrace_control)

describe(ktrace_control
    IS "Start and stop the kernel's trace"
    DOES "`action` 1 starts it with the groups in `options` (0 for all), 2 stops it, 3 empties it, 4 gives the probe \
named in the 31 bytes at `ptr` a number. When the buffer is full, it stops by itself."
         "Recorded are names (group 0x001), the end of objects (0x002), switches and kernel waits (0x004), the life of \
processes and threads (0x008), the begin and end of system calls (not the end of those that do not return), \
interrupts and page faults (0x020), what calls on channels, ports and for one object do (0x010; a channel_read that \
asks for no sizes with those of its room) and probes (0x040)."
         "The buffer is made at the first start (boot option ktrace.bufsize: its MiB; 32, or a 16th of memory if \
that is less; 0: no trace), or at boot with that option or ktrace.grpmask, whose groups then record from the start."
    RETURNS "`ZX_OK`, the number of a probe, or an error."
    ERRORS "@handle" "INVALID_ARGS: unknown `action`, or `ptr` cannot be read."
           "NOT_SUPPORTED: there is no trace on this machine." "NO_MEMORY: there is no room for the buffer."
           "NO_RESOURCES: there are 256 probes."
    NOTES "The reference records at boot, without being asked."
    SEE ktrace_read ktrace_write)

describe(ktrace_write
    IS "Write a probe record to the kernel's trace"
    ERRORS "@handle"
           "INVALID_ARGS: `id` is above 0x7ff."
           "UNAVAILABLE: tracing or probes are off, or the buffer is full."
    SEE ktrace_control)

describe(mtrace_control
    IS "Control traces of the CPU on PCs"
    ERRORS "@handle" "INVALID_ARGS: always, on ARM64."
    SEE ktrace_control)

describe(debug_read
    IS "Read characters from the serial console"
    DOES "Blocks until the number of characters that `buffer_size` asks for is there. A carriage return becomes a \
newline."
    ARGS "buffer_size: how many, and how many there were."
    ERRORS "@handle"
           "INVALID_ARGS: `buffer_size` cannot be read."
           "NOT_SUPPORTED: there is no serial console, or a driver has it."
           "INVALID_ARGS: an output cannot be written."
    COST "-" "-" "O(n)"
    SEE debug_write)

describe(debug_write
    IS "Write to the serial console"
    DOES "For any process, past the log. What is beyond 256 bytes is dropped. While a driver has the console the text \
goes into the log, as a record that is shown as it is."
    ERRORS "INVALID_ARGS: `buffer` cannot be read."
    COST "0" "log_writer" "O(n)"
    SEE debuglog_write)

describe(debug_send_command
    IS "Run a line on the kernel's debug console"
    RETURNS "What the command returns, or an error."
    ARGS "buffer_size: at most 256."
    ERRORS "@resource"
           "INVALID_ARGS: `buffer_size` is above 256, or `buffer` cannot be read."
    COST "-" "-" "that of the command"
    SEE debug_write)
