// SPDX-License-Identifier: MIT
//
// A library of the outside project; the interface is in words/words.h. No state.

#include <words/words.h>

const char *words_greeting(void)
{
    return "Good morning";
}
