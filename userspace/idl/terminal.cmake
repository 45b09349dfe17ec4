# SPDX-License-Identifier: MIT
# What a terminal can do beyond `file`. A connection to a node of FILE_KIND_TERMINAL speaks both.

protocol(terminal ID 2 DOC "Terminals: modes, size, Ctrl-C")

constant(TERMINAL_NOW VALUE 0 DOC "When attributes change: the values of TCSANOW, TCSADRAIN, TCSAFLUSH")
constant(TERMINAL_DRAIN VALUE 1)
constant(TERMINAL_FLUSH VALUE 2 DOC "As DRAIN; and input not yet read is dropped")

constant(TERMINAL_QUEUE_INPUT VALUE 0 DOC "What to flush: the values of TCIFLUSH, TCOFLUSH, TCIOFLUSH")
constant(TERMINAL_QUEUE_OUTPUT VALUE 1)
constant(TERMINAL_QUEUE_BOTH VALUE 2)

structure(terminal_attributes
    DOC "The fields of struct termios, with the bits and the indices of <termios.h>"
    FIELDS "iflag u32" "oflag u32" "cflag u32" "lflag u32" "cc u8[32]")

method(get_attributes ORDINAL 1 DOC "The modes." REPLY "attributes terminal_attributes")
method(set_attributes ORDINAL 2
    DOC "Sets the modes. Bits that mean nothing here are kept and have no effect."
    REQUEST "when u32" "attributes terminal_attributes")
method(get_size ORDINAL 3 DOC "Size in characters; 0: not known." REPLY "columns u32" "rows u32")
method(set_size ORDINAL 4 DOC "Tells the size." REQUEST "columns u32" "rows u32")
method(set_foreground ORDINAL 5
    DOC "The job that Ctrl-C kills while ISIG is set; replaces the earlier one. Without a handle:"
        "none."
    REQUEST "job handle optional")
method(take_interrupt ORDINAL 6
    DOC "1 if Ctrl-C was typed since the last call. Clears FILE_SIGNAL_INTERRUPT."
    REPLY "interrupted u32")
method(flush ORDINAL 7 DOC "Drops input not yet read, output not yet written." REQUEST "queue u32")
