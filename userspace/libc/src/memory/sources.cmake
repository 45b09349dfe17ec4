# SPDX-License-Identifier: MIT
# Memory of the process: mmap() and its relatives on VMOs, and malloc().
libc_sources(mmap.c allocator.c cache.c malloc.c free.c internal.c)
libc_calls("mmap 6" "munmap 2" "mprotect 3" "madvise 3" "mremap 5")
libc_replaces(
    src/malloc/mallocng/malloc.c "allocator.c includes it, and adds to it"
    src/malloc/lite_malloc.c "malloc.c, internal.c: there is one allocator"
    src/malloc/free.c "free.c: by way of the thread's cache"
)
