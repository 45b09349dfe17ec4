// SPDX-License-Identifier: MIT
// musl's allocator as it is, without our warnings: it is not our code. The path starts in one of
// musl's folders that are in the search path.
#pragma GCC system_header
#include <../../src/malloc/mallocng/malloc.c>
